#!/usr/bin/env python3
"""Runs the unittest modules test/**/test_*.py, prints what was skipped and why, and writes the counts as JSON.

Kept apart from tools/check because it runs under the interpreter of the virtual environment.
"""

import argparse
import importlib.util
import json
import pathlib
import sys
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


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--filter", default="", help="only files whose path contains this")
    parser.add_argument("--output", help="file for the counts")
    options = parser.parse_args()
    suite = unittest.TestSuite()
    broken = 0
    for path in sorted((ROOT / "test").rglob("test_*.py")):
        if options.filter not in str(path.relative_to(ROOT)):
            continue
        try:
            suite.addTest(load(path))
        except unittest.SkipTest as reason:
            suite.addTest(unittest.FunctionTestCase(lambda reason=reason: (_ for _ in ()).throw(reason), description=str(path)))
        except Exception as error:  # a module that does not load is a failed test, not an end of the run
            print(f"{path.relative_to(ROOT)} does not load: {error!r}")
            broken += 1
    result = unittest.TextTestRunner(resultclass=Result, verbosity=1, stream=sys.stdout).run(suite)
    for test, reason in result.skipped:
        print(f"skipped: {test}: {reason}")
    counts = {"passed": result.passed, "failed": len(result.failures) + len(result.errors) + broken, "skipped": len(result.skipped)}
    if options.output:
        pathlib.Path(options.output).write_text(json.dumps(counts))
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
