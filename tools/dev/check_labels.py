#!/usr/bin/env python3
"""Compares the labels of the ops' rules (convolution_c4): each one stands in a description, in a verifier and in a test.

Usage: check_labels.py [ROOT]. Prints what is missing; exit status 1 if anything is.
"""

import pathlib
import re
import sys

LABEL = re.compile(r"\b[a-z][a-z_]*_c\d+\b")


def labels(files):
    return {label for file in files for label in LABEL.findall(file.read_text())}


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    described = labels((root / "dialects").rglob("*.td"))
    checked = labels((root / "dialects").rglob("*.cpp"))
    expected = re.compile(r"expected-error.*")
    tested = {
        label
        for file in (root / "test" / "dialects").rglob("*.mlir")
        for line in expected.findall(file.read_text())
        for label in LABEL.findall(line)
    }
    problems = [f"{label}: no description" for label in checked - described]
    problems += [f"{label}: no check" for label in described - checked]
    problems += [f"{label}: no test" for label in checked - tested]
    for problem in sorted(problems):
        print(problem)
    print(f"{len(checked)} labels, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
