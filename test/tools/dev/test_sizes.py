"""The tree keeps the sizes that tools/dev/check_sizes.py knows, and the check notices what exceeds them."""

import importlib.util
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
SCRIPT = ROOT / "tools" / "dev" / "check_sizes.py"


def load():
    spec = importlib.util.spec_from_file_location("check_sizes", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Sizes(unittest.TestCase):
    def test_tree(self):
        outcome = subprocess.run([sys.executable, SCRIPT], capture_output=True, text=True)
        self.assertEqual(outcome.returncode, 0, outcome.stdout + outcome.stderr)

    def test_functions_are_measured(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "a.cpp"
            path.write_text("namespace a {\nint f(int x,\n      int y) {\n  return x;\n}\nint g(int);\n"
                            "struct S {\n  int h() {\n    return 1;\n  }\n};\n} // namespace a\n")
            self.assertEqual([(name, length) for name, _, length in load().c_functions(path)], [("f", 4), ("h", 3)])


if __name__ == "__main__":
    unittest.main()
