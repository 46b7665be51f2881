"""Cases of test/schedules on an OpenCL device: ops against ONNX Runtime and NumPy, in the best schedule for a GPU.

Those that no test beside this file covers: everything with updates (scatter, scan, places of extrema), symbols, integers, casts, NaN.
"""

import contextlib
import importlib
import pathlib
import sys
import unittest

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent.parent
sys.path.insert(0, str(ROOT / "test" / "schedules"))
import cases

CHOSEN = [
    ("test_elementwise", "Elementwise", "test_one_operand"),
    ("test_elementwise", "Elementwise", "test_integers"),
    ("test_families", "Families", "test_families"),
    ("test_move", "Move", "test_indexed"),
    ("test_windows", "Pool", "test_nan_and_integers"),
    ("test_windows", "Reduce", "test_arguments"),
    ("test_windows", "Reduce", "test_scan"),
    ("test_windows", "Softmax", "test_softmax"),
]


def missing_device():
    """Why there is no OpenCL device; empty if there is one."""
    x = np.ones(8, np.float32)
    relu = cases.Case("relu", "elementwise", [x], x, function="relu")
    return " ".join(what for _, what in cases.run([relu], "opencl"))


@contextlib.contextmanager
def on_device():
    cases.DEFAULT_TARGET = "opencl"
    try:
        yield
    finally:
        cases.DEFAULT_TARGET = "host"


class CasesOnDevice(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        missing = missing_device()
        if "no OpenCL device" in missing:
            raise unittest.SkipTest(missing)

    def test_cases(self):
        for module, group, name in CHOSEN:
            with self.subTest(f"{group}.{name}"), on_device():
                getattr(getattr(importlib.import_module(module), group)(name), name)()


if __name__ == "__main__":
    unittest.main()
