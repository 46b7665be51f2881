"""tools/dev/new_op.py puts all five pieces of an op into a tree, or leaves the tree alone."""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]


class NewOp(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.tree = pathlib.Path(holder.name)
        for folder in ("dialects", "schedules", "compiler/Frontend"):
            shutil.copytree(ROOT / folder, self.tree / folder)

    def add(self, *arguments):
        command = [sys.executable, ROOT / "tools" / "dev" / "new_op.py", "--root", self.tree, *arguments]
        return subprocess.run(command, capture_output=True, text=True)

    def test_five_pieces(self):
        outcome = self.add("hard_shift", "--onnx", "HardShift")
        self.assertEqual(outcome.returncode, 0, outcome.stderr)
        for path, text in {
            "dialects/cnn/CnnOps.td": 'def Cnn_HardShiftOp : Cnn_Op<"hard_shift">',
            "dialects/cnn/rules/HardShift.cpp": "HardShiftOp::inferFacts",
            "dialects/cnn/CMakeLists.txt": "rules/HardShift.cpp",
            "schedules/move/HardShift.cpp": "Func hardShift(const OpContext &context)",
            "schedules/Families.cpp": 'registry.algorithms["hard_shift"] = hardShift;',
            "compiler/Frontend/Onnx/Operators/Movement.cpp": '{"HardShift", 6, 1, 1, importHardShift},',
            "test/e2e/ops/test_hard_shift.py": "say with NumPy what hard_shift computes",
        }.items():
            with self.subTest(path=path):
                self.assertIn(text, (self.tree / path).read_text())

    def test_op_that_exists(self):
        self.assertEqual(self.add("hard_shift", "--onnx", "HardShift").returncode, 0)
        before = (self.tree / "dialects/cnn/CnnOps.td").read_text()
        outcome = self.add("hard_shift", "--onnx", "HardShift")
        self.assertEqual(outcome.returncode, 1)
        self.assertIn("is there already", outcome.stderr)
        self.assertEqual((self.tree / "dialects/cnn/CnnOps.td").read_text(), before)

    def test_name_that_is_no_mnemonic(self):
        outcome = self.add("HardShift", "--onnx", "HardShift")
        self.assertEqual(outcome.returncode, 1)
        self.assertIn("is no mnemonic", outcome.stderr)


if __name__ == "__main__":
    unittest.main()
