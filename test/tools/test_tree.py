"""The tree as README.md tells it, and its layout as .clang-format wants it."""

import os
import pathlib
import re
import subprocess
import tempfile
import unittest

import numpy

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("CONVOY_BIN", ROOT / "build" / "bin"))
TOP_FOLDERS = ("dialects", "schedules", "compiler", "runtime", "tools", "test")


def tracked(*patterns):
    listing = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", *patterns], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in listing.stdout.splitlines() if (ROOT / name).is_file()]


class Readme(unittest.TestCase):
    def test_paths_exist(self):
        text = (ROOT / "README.md").read_text()
        for path in sorted(set(re.findall(rf"(?<![\w/])(?:{'|'.join(TOP_FOLDERS)})/[\w./-]*\w", text))):
            with self.subTest(path=path):
                self.assertTrue((ROOT / path).exists())

    def test_every_layer_is_in_the_table(self):
        text = (ROOT / "README.md").read_text()
        for folder in TOP_FOLDERS:
            self.assertIn(f"`{folder}/", text)


    def test_smallest_network(self):
        """The commands of the first example give the numbers that stand below them."""
        part = re.search(r"## The smallest network\n(.*?)\n## ", (ROOT / "README.md").read_text(), re.DOTALL)[1]
        network = (ROOT / "tools" / "networks" / "cross.textproto").read_text()
        written = re.findall(r"^    (.*)$", part, re.MULTILINE)
        self.assertIn("\n".join(line for line in network.splitlines() if not line.startswith("#")), "\n".join(written))
        with tempfile.TemporaryDirectory() as folder:
            for command in re.findall(r"^    build/bin/(convoy .*)$", part, re.MULTILINE):
                words = [str(ROOT / word) if word.startswith("tools/") else word for word in command.split()]
                words = [word.replace("=tools/", f"={ROOT}/tools/") for word in words]
                outcome = subprocess.run([BIN / words[0], *words[1:]], cwd=folder, capture_output=True, text=True)
                self.assertEqual(outcome.returncode, 0, outcome.stderr)
            result = numpy.load(pathlib.Path(folder) / "out" / "cross.npy")
        expected = [[float(number) for number in line.split()] for line in re.findall(r"^    ([\d ]+)$", part, re.MULTILINE)]
        numpy.testing.assert_array_equal(result.reshape(3, 3), expected)


class Layout(unittest.TestCase):
    def test_sources_are_formatted(self):
        sources = tracked("*.cpp", "*.c", "*.h")
        outcome = subprocess.run(["clang-format-22", "--dry-run", *sources], cwd=ROOT, capture_output=True, text=True)
        wrong = sorted({line.split(":")[0] for line in outcome.stderr.splitlines() if "clang-format-violations" in line})
        self.assertEqual([str(pathlib.Path(path).relative_to(ROOT)) for path in wrong], [])

    def test_sources_are_listed(self):
        """Each C++ and C source below a folder with a CMakeLists.txt is named by one."""
        for source in tracked("*.cpp", "*.c"):
            folder = next(parent for parent in source.parents if (parent / "CMakeLists.txt").exists())
            with self.subTest(source=str(source.relative_to(ROOT))):
                self.assertIn(str(source.relative_to(folder)), (folder / "CMakeLists.txt").read_text())


if __name__ == "__main__":
    unittest.main()
