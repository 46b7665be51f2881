"""Passes are described, registered and tested."""

import os
import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
BIN = pathlib.Path(os.environ.get("CONVOY_BIN", ROOT / "build" / "bin"))
PASS = re.compile(r'^def (\w+) : Pass<"([\w-]+)"', re.MULTILINE)


def passes():
    """(file, argument, text of the definition) of every pass."""
    for path in sorted((ROOT / "compiler").rglob("Passes.td")):
        text = path.read_text()
        starts = list(PASS.finditer(text))
        for match, end in zip(starts, [start.start() for start in starts[1:]] + [len(text)]):
            yield path.relative_to(ROOT), match.group(2), text[match.start():end]


def texts(folder, suffixes):
    return "\n".join(path.read_text(errors="replace") for path in sorted((ROOT / folder).rglob("*")) if path.suffix in suffixes)


class Passes(unittest.TestCase):
    def test_described(self):
        for path, name, text in passes():
            with self.subTest(path=str(path), name=name):
                self.assertIn("let summary = ", text)
                self.assertIn("let description = ", text)

    def test_listed_by_convoy_opt(self):
        listing = subprocess.run([BIN / "convoy-opt", "--help"], capture_output=True, text=True, check=True).stdout
        for path, name, _ in passes():
            with self.subTest(path=str(path), name=name):
                self.assertTrue(re.search(rf"--{name} +- +\S", listing), f"convoy-opt --help does not describe --{name}")

    def test_have_a_lit_test(self):
        runs = texts("test/compiler", (".mlir", ".test"))
        for path, name, _ in passes():
            with self.subTest(path=str(path), name=name):
                self.assertTrue(re.search(rf"RUN: .*{name}\b", runs), f"no lit test in test/compiler runs --{name}")


if __name__ == "__main__":
    unittest.main()
