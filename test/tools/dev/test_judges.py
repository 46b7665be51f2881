"""Every op of the cnn dialect is judged by models from outside, but for those of which ONNX has no like."""

import pathlib
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
WITHOUT = {"elementwise identity", "elementwise not_equal"}


class Judges(unittest.TestCase):
    def test_every_op_has_one(self):
        if not (ROOT / "build" / "test" / "bin" / "onnx-import").exists():
            self.skipTest("build/test/bin/onnx-import is not built")
        outcome = subprocess.run([ROOT / "tools" / "dev" / "judges.py"], capture_output=True, text=True)
        missing = {line.removesuffix("no judge").strip() for line in outcome.stdout.splitlines() if line.endswith("no judge")}
        self.assertIn("have a judge", outcome.stdout, outcome.stderr)
        self.assertEqual(missing, WITHOUT)


if __name__ == "__main__":
    unittest.main()
