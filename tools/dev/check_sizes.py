#!/usr/bin/env python3
"""Checks the sizes that keep the tree readable, and prints what exceeds them.

Sources: at most 600 lines, headers 250. Functions: at most 100 lines, 90 % of them at most 40. Folders: at most 15 code
files. C and C++ functions are found by clang-format's layout: a head that starts at the margin (or, in a class, at two
spaces) and ends in `{`, down to the `}` at the same margin.
"""

import argparse
import ast
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SOURCE_LINES, HEADER_LINES, FUNCTION_LINES, USUAL_FUNCTION_LINES, FOLDER_FILES = 600, 250, 100, 40, 15
SOURCES = (".c", ".cpp", ".py", ".td", ".cmake")
NOT_FUNCTIONS = re.compile(r"\s*(namespace|using|typedef|extern|return|if|for|while|switch|do|else|case|default)\b")


def tracked():
    listing = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in listing.stdout.splitlines() if (ROOT / name).is_file()]


def is_python(path):
    return path.suffix == ".py" or (path.suffix == "" and path.read_bytes()[:30].startswith(b"#!/usr/bin/env python3"))


def python_functions(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, node.lineno, node.end_lineno - node.lineno + 1


def c_functions(path):
    lines = path.read_text(errors="replace").splitlines()
    for margin in ("", "  "):
        head = None
        for number, line in enumerate(lines):
            at_margin = line.startswith(margin) and len(line) > len(margin) and not line[len(margin)].isspace()
            if head is None:
                if at_margin and not NOT_FUNCTIONS.match(line) and "(" in line and line[len(margin)] not in "})/#*":
                    body = opening(lines, number)
                    head = number if body else None
            elif line == margin + "}" or line == margin + "};":
                name = re.search(r"([\w:~]+)\s*\(", lines[head])
                yield (name.group(1) if name else lines[head].strip()), head + 1, number - head + 1
                head = None


def opening(lines, number):
    """Whether the declaration that begins at this line opens a body rather than ending in `;`."""
    for line in lines[number:number + 12]:
        code = line.split("//")[0].rstrip()
        if code.endswith("{"):
            return "= {" not in code and not code.endswith("({")
        if code.endswith((";", "}")) or not code:
            return False
    return False


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--longest", type=int, default=0, metavar="N", help="also print the N longest functions")
    options = parser.parse_args()
    problems, functions, folders = [], [], {}
    for path in tracked():
        name = path.relative_to(ROOT)
        header = path.suffix in (".h", ".hpp")
        if not header and path.suffix not in SOURCES and not is_python(path):
            continue
        lines = len(path.read_text(errors="replace").splitlines())
        limit = HEADER_LINES if header else SOURCE_LINES
        if lines > limit:
            problems.append(f"{name}: {lines} lines, at most {limit}")
        if name.parts[0] != "test":
            folders[name.parent] = folders.get(name.parent, 0) + 1
        found = python_functions(path) if is_python(path) else c_functions(path) if path.suffix in (".c", ".cpp", ".h") else []
        functions += [(length, f"{name}:{line}", function) for function, line, length in found]
    problems += [f"{place}: function {function} has {length} lines, at most {FUNCTION_LINES}"
                 for length, place, function in sorted(functions, reverse=True) if length > FUNCTION_LINES]
    problems += [f"{folder}: {count} code files, at most {FOLDER_FILES}" for folder, count in sorted(folders.items()) if count > FOLDER_FILES]
    usual = sum(length <= USUAL_FUNCTION_LINES for length, _, _ in functions) / max(1, len(functions))
    if usual < 0.9:
        problems.append(f"{usual:.1%} of the functions have at most {USUAL_FUNCTION_LINES} lines, want 90 %")
    print("\n".join(problems + [f"{len(functions)} functions, {usual:.1%} of at most {USUAL_FUNCTION_LINES} lines"]))
    for length, place, function in sorted(functions, reverse=True)[:options.longest]:
        print(f"  {length:4} {place} {function}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
