"""tools/setup: lists are pinned, and a second run does nothing."""

import pathlib
import re
import subprocess
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
LISTS = ROOT / "tools" / "lists"


def lines(path):
    return [line for line in path.read_text().splitlines() if line and not line.startswith("#")]


class Setup(unittest.TestCase):
    def test_python_packages_are_pinned(self):
        for path in sorted(LISTS.glob("*.pip")):
            for line in lines(path):
                with self.subTest(path=path.name, line=line):
                    self.assertRegex(line, r"^[\w.-]+==[\w.]+$")

    def test_debian_packages(self):
        for path in sorted(LISTS.glob("*.apt")):
            for line in lines(path):
                with self.subTest(path=path.name, line=line):
                    self.assertRegex(line, r"^[a-z0-9.+-]+( >= [\w.:~+-]+)?$")

    def test_second_run_does_nothing(self):
        if not (ROOT / "build" / "venv" / "check.stamp").exists():
            self.skipTest("tools/setup has not made build/venv")
        start = time.monotonic()
        outcome = subprocess.run([ROOT / "tools" / "setup", "build", "check"], capture_output=True, text=True)
        self.assertEqual(outcome.returncode, 0, outcome.stderr)
        self.assertLess(time.monotonic() - start, 10)
        self.assertIsNone(re.search("apt-get|pip install", outcome.stdout), outcome.stdout)

    def test_unknown_group(self):
        outcome = subprocess.run([ROOT / "tools" / "setup", "everything"], capture_output=True, text=True)
        self.assertEqual(outcome.returncode, 2)


if __name__ == "__main__":
    unittest.main()
