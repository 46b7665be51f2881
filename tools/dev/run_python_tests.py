#!/usr/bin/env python3
"""Runs the unittest modules test/**/test_*.py, prints what was skipped and why, and writes the counts as JSON.

Kept apart from tools/check because it runs under the interpreter of the virtual environment.
"""

import argparse
import concurrent.futures
import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


class Result(unittest.TextTestResult):
    """Also counts what passed, with subtests as cases of their own."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.passed = 0
        self.subtests_failed = 0
        self.had_subtests = False

    def startTest(self, test):
        super().startTest(test)
        self.had_subtests = False

    def addSuccess(self, test):
        super().addSuccess(test)
        if not self.had_subtests:
            self.passed += 1

    def addSubTest(self, test, subtest, error):
        super().addSubTest(test, subtest, error)
        self.had_subtests = True
        if error is None:
            self.passed += 1


def load(path):
    name = "_".join(path.relative_to(ROOT).with_suffix("").parts)
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    before = set(sys.modules)
    sys.path.insert(0, str(path.parent))
    try:
        spec.loader.exec_module(module)
    finally:
        # Folders may have helper modules of the same name.
        sys.path.remove(str(path.parent))
        for helper in set(sys.modules) - before:
            if str(getattr(sys.modules[helper], "__file__", None) or "").startswith(str(ROOT / "test")):
                del sys.modules[helper]
    return unittest.defaultTestLoader.loadTestsFromModule(module)


def run_file(path, output):
    """All tests of one file, in this process."""
    try:
        suite = load(path)
    except unittest.SkipTest as reason:
        print(f"skipped: {path.relative_to(ROOT)}: {reason}")
        counts = {"passed": 0, "failed": 0, "skipped": 1}
    except Exception as error:  # a module that does not load is a failed test, not an end of the run
        print(f"{path.relative_to(ROOT)} does not load: {error!r}")
        counts = {"passed": 0, "failed": 1, "skipped": 0}
    else:
        result = unittest.TextTestRunner(resultclass=Result, verbosity=0, stream=sys.stdout).run(suite)
        for test, reason in result.skipped:
            print(f"skipped: {test}: {reason}")
        counts = {"passed": result.passed, "failed": len(result.failures) + len(result.errors), "skipped": len(result.skipped)}
    pathlib.Path(output).write_text(json.dumps(counts))


def run_apart(path):
    """All tests of one file, in a process of their own; a process that dies is a failed test."""
    with tempfile.TemporaryDirectory() as folder:
        counts = pathlib.Path(folder) / "counts.json"
        start = time.monotonic()
        outcome = subprocess.run([sys.executable, __file__, "--file", path, "--output", counts], stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, text=True, errors="replace")
        print(f"{path.relative_to(ROOT)}: {time.monotonic() - start:.1f} s", flush=True)
        if counts.exists():
            found = json.loads(counts.read_text())
        else:
            found = {"passed": 0, "failed": 1, "skipped": 0}
        if found["failed"] or found["skipped"] or not counts.exists():
            print(outcome.stdout, flush=True)
        return found


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--filter", default="", help="only files whose path contains this")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)), help="files at once")
    parser.add_argument("--output", help="file for the counts")
    parser.add_argument("--file", type=pathlib.Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.file:
        run_file(options.file, options.output)
        return 0
    paths = [path for path in sorted((ROOT / "test").rglob("test_*.py")) if options.filter in str(path.relative_to(ROOT))]
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for found in pool.map(run_apart, paths):
            for kind in counts:
                counts[kind] += found[kind]
    print(f"Python tests: {counts}")
    if options.output:
        pathlib.Path(options.output).write_text(json.dumps(counts))
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
