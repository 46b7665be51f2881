#!/usr/bin/env python3
"""Lists which ops of the cnn dialect models from outside judge, and which nothing judges.

    tools/dev/judges.py            (build the target onnx-import first)

The judges are the cases of the ONNX backend suite, which test/onnx_backend compares with the suite's own answers, and
the networks of shared/models with recorded outputs. Each is imported, and the ops that it becomes are counted.
Elementwise ops count by function, pools and reductions by kind.
"""

import argparse
import collections
import concurrent.futures
import importlib.util
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PYTHON = ROOT / "build" / "venv" / "bin" / "python3"
IMPORT = ROOT / "build" / "test" / "bin" / "onnx-import"
SHARED = pathlib.Path(os.environ.get("CONVOY_SHARED", ROOT.parent / "shared"))
OP = re.compile(r'\bcnn\.(\w+)(?: "(\w+)"| (?!%)([a-z]\w*)(?= ))?')
# Made by the compiler, never by an importer: the network around them judges them.
INTERNAL = {"relayout", "requantize"}


def known():
    """The name of everything that should have a judge."""
    ops = re.findall(r'^def Cnn_\w+Op : Cnn_Op<"(\w+)"', (ROOT / "dialects/cnn/CnnOps.td").read_text(), re.MULTILINE)
    result = set(ops) - {"elementwise", "library_call"} - INTERNAL
    for op, table, macro in (("elementwise", "Elementwise.def", "CONVOY_ELEMENTWISE"), ("library_call", "Library.def", "CONVOY_LIBRARY")):
        names = re.findall(rf"^{macro}\((\w+),", (ROOT / "dialects/cnn" / table).read_text(), re.MULTILINE)
        result |= {f"{op} {name}" for name in names}
    return result


def name_of(match):
    return f"{match[1]} {match[2]}" if match[1] in ("elementwise", "library_call") else match[1]


def imported(model):
    """The ops that a model becomes; empty if it can't be imported."""
    with tempfile.TemporaryDirectory() as folder:
        output = pathlib.Path(folder) / "model.mlir"
        outcome = subprocess.run([IMPORT, model, "-o", output], capture_output=True, text=True)
        if outcome.returncode != 0:
            return set()
        return {name_of(match) for match in OP.finditer(output.read_text())}


def backend_cases(folder):
    """The suite's cases as test/onnx_backend prepares them; of cases with the same operators and keywords, the
    first three."""
    spec = importlib.util.spec_from_file_location("cases", ROOT / "test" / "onnx_backend" / "cases.py")
    cases = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(cases)
    seen = collections.Counter()
    for name in cases.names():
        nodes = cases.onnx.load(cases.SUITE / name / "model.onnx").graph.node
        operators = frozenset((node.op_type, *(attribute.s for attribute in node.attribute if attribute.s)) for node in nodes)
        seen[operators] += 1
        if seen[operators] > 3:
            continue
        try:
            cases.prepare(name, folder / name)
        except Exception:  # sequences and other inputs that no compiled network has
            continue
        yield name, folder / name / "model.onnx"


def networks():
    for golden in sorted((SHARED / "models" / "onnx").glob("*.golden.json")):
        model = golden.with_name(golden.name.replace(".golden.json", ".onnx"))
        if model.exists():
            yield model.name, model


def main():
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    if pathlib.Path(sys.prefix).resolve() != (ROOT / "build" / "venv").resolve() and PYTHON.exists():
        os.execv(PYTHON, [PYTHON, *sys.argv])
    if not IMPORT.exists():
        sys.exit("judges: build/test/bin/onnx-import is not built")
    judged = collections.defaultdict(list)
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        models = list(networks()) + list(backend_cases(pathlib.Path(folder)))
        for (name, _), ops in zip(models, pool.map(lambda model: imported(model[1]), models)):
            for op in ops:
                judged[op].append(name)
    missing = sorted(known() - judged.keys())
    for op in sorted(known() & judged.keys()):
        print(f"{op:32} {len(judged[op]):5}   {judged[op][0]}")
    for op in missing:
        print(f"{op:32}   no judge")
    print(f"{len(known()) - len(missing)} of {len(known())} have a judge, in {len(models)} models")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
