"""A command that a signal ends leaves nothing in the folder of temporary files, and nothing beside its output."""
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
CONVOY = pathlib.Path(os.environ.get("CONVOY_BIN", ROOT / "build" / "bin")) / "convoy"
# Takes a while to compile, and has weights of its own.
NETWORK = """
input { name: "x" shape: "1, 16, 64, 64" }
layer { name: "c${i}" repeat: 12 convolution { filters: ${16 + 8 * i} kernel: 3 padding: 1 } }
"""


def weights():
    """Zeros for the convolutions, as safetensors."""
    import json

    header, offset, channels = {}, 0, 16
    for i in range(12):
        filters = 16 + 8 * i
        for name, shape in ((f"c{i}.weight", [filters, channels, 3, 3]), (f"c{i}.bias", [filters])):
            size = 4 * shape[0] * (shape[1] * 9 if len(shape) > 1 else 1)
            header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [offset, offset + size]}
            offset += size
        channels = filters
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + bytes(offset)


class Interrupt(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "net.textproto").write_text(NETWORK)
        (self.folder / "net.safetensors").write_bytes(weights())
        self.temporary, self.out = self.folder / "temporary", self.folder / "out"
        self.temporary.mkdir(), self.out.mkdir()

    def end(self, number, *arguments):
        """Starts the command, ends it once it has made its folder, and gives how it ended."""
        environment = dict(os.environ, TMPDIR=str(self.temporary), XDG_CACHE_HOME=str(self.folder / f"cache{number}"))
        process = subprocess.Popen([CONVOY, *arguments, "--weights", self.folder / "net.safetensors"], env=environment,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        until = time.monotonic() + 30
        while not any(self.temporary.glob("convoy-*/*")) and process.poll() is None and time.monotonic() < until:
            time.sleep(0.002)
        self.assertTrue(any(self.temporary.iterdir()), "the command made no folder")
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
        return process.returncode, errors.decode()

    def gone(self, name, *arguments):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(f"{name} {number.name}"):
                code, errors = self.end(number, name, self.folder / "net.textproto", *arguments)
                self.assertEqual(code, -number, errors)
                self.assertEqual(list(self.temporary.iterdir()), [])
                self.assertEqual(list(self.out.iterdir()), [])

    def test_compile(self):
        self.gone("compile", "-o", self.out / "net.so")

    def test_run(self):
        self.gone("run", "--output", self.out / "results", "--seed", "1", "--runs", "1000000")

    def test_bench(self):
        self.gone("bench", "--runs", "1000000")

    def test_check(self):
        self.gone("check")


if __name__ == "__main__":
    unittest.main()
