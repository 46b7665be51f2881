"""The same input gives the same bits: on any number of threads, run after run, and beside other sessions and networks
that share the threads; in f32, bf16 and i8. And threads are shared: none is added, and nobody waits longer than in turns."""
import json
import pathlib
import subprocess
import tempfile
import unittest

try:
    import networks
    import numpy as np
except ModuleNotFoundError as missing:
    raise unittest.SkipTest(f"needs {missing.name}")

PROGRAM = networks.CONVOY.parent.parent / "test" / "bin" / "sessions_check"
BENCH = networks.ROOT / "build" / "perf"
SIZES = {
    "resnet20_cifar10": (networks.SHARED / "onnx" / "resnet20_cifar10.onnx", "input", (1, 3, 32, 32)),
    "mobilenet_v3_small": (BENCH / "mobilenet_v3_small_b1.onnx", "input", (1, 3, 224, 224)),
}


class Sessions(unittest.TestCase):
    def compiled(self, folder, name, dtype):
        path, given, shape = SIZES[name]
        if not path.exists():
            self.skipTest(f"{path} is absent")
        options = ["--dtype", dtype, "--shape", f"{given}={'x'.join(map(str, shape))}"]
        if dtype == "i8":
            samples = pathlib.Path(folder, name + "_samples")
            samples.mkdir(exist_ok=True)
            np.save(samples / "a.npy", np.random.default_rng(1).standard_normal(shape, np.float32))
            options += ["--calibrate", samples]
        output = pathlib.Path(folder, f"{name}_{dtype}.so")
        networks.convoy("compile", path, "-o", output, *options)
        return output

    def test_bits_and_shared_threads(self):
        """Two networks and three types in one process, each alone on 1, 2, 3 and 5 threads, then two sessions of each at once."""
        wanted = [("resnet20_cifar10", "f32"), ("resnet20_cifar10", "i8"), ("mobilenet_v3_small", "i8")]
        if "avx512_bf16" in pathlib.Path("/proc/cpuinfo").read_text():
            wanted.append(("mobilenet_v3_small", "bf16"))
        else:
            print("test_sessions: bf16 left out: this processor has no products of bf16")
        with tempfile.TemporaryDirectory() as folder:
            modules = [self.compiled(folder, name, dtype) for name, dtype in wanted]
            done = subprocess.run([PROGRAM, *modules], capture_output=True, text=True, timeout=240)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.expect_shared(json.loads(done.stdout))

    def expect_shared(self, seen):
        # Callers, the main thread, and the pool's own, of which one is whoever runs a session.
        self.assertLessEqual(seen["threads"], seen["callers"] + 1 + seen["pool"] - 1, seen)
        # Generous: other programs may run, and sessions in turns use all cores too.
        self.assertLess(seen["together"], 2 * seen["alone"] + 0.1, seen)

    def test_other_bits_are_seen(self):
        """A module written by hand that gives something else in each run, and the one that does not."""
        modules = PROGRAM.parent.parent / "modules"
        done = subprocess.run([PROGRAM, modules / "drifting.so"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("other bits", done.stderr)
        done = subprocess.run([PROGRAM, modules / "small.so"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    unittest.main()
