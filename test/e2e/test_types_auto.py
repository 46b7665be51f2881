"""--dtype=auto and compile --report: what is chosen, what is reported, and what can't be asked."""
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

# Two layers and a pool: as small as a network can be that has something to choose.
NETWORK = """
input { name: "x" shape: "1, 16, 24, 24" }
layer { name: "a" convolution { filters: 32 kernel: 3 padding: 1 bias: false } }
layer { activation { function: "relu" } }
layer { name: "b" convolution { filters: 32 kernel: 1 bias: false } }
"""


def write_network(folder):
    """The network, its weights, and samples."""
    random = np.random.default_rng(3)
    path = pathlib.Path(folder, "two.textproto")
    shapes = {"a.weight": (32, 16, 3, 3), "b.weight": (32, 32, 1, 1)}
    tensors = ""
    for name, shape in shapes.items():
        values = ", ".join(f"{value:.4f}" for value in random.standard_normal(shape).ravel() / 12)
        tensors += f'tensor {{ name: "{name}" shape: "{", ".join(map(str, shape))}" values: [{values}] }}\n'
    path.write_text(NETWORK + tensors)
    samples = pathlib.Path(folder, "samples")
    samples.mkdir()
    np.save(samples / "x.npy", random.standard_normal((1, 16, 24, 24), np.float32))
    return path, samples


class Auto(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.network, self.samples = write_network(self.folder)

    def report(self, *options):
        networks.convoy("compile", self.network, "-o", self.folder / "out.so", "--report", self.folder / "report", *options)
        page = (self.folder / "report" / "index.html").read_text()
        report = json.loads((self.folder / "report" / "report.json").read_text())
        for layer in report["layers"]:
            self.assertIn(layer["layer"], page)
        return report

    def refused(self, *options):
        done = subprocess.run([networks.CONVOY, "compile", self.network, "-o", self.folder / "out.so", *map(str, options)],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertFalse((self.folder / "out.so").exists())
        return done.stderr

    def expect_choice(self, report):
        chosen = [tried for tried in report["tried"] if tried["chosen"]]
        self.assertEqual(len(chosen), 1)
        self.assertLessEqual(chosen[0]["error"], report["error_budget"])
        for tried in report["tried"]:
            if tried["error"] <= report["error_budget"]:
                self.assertLessEqual(chosen[0]["milliseconds"], tried["milliseconds"], report["tried"])

    def test_fastest_within_the_budget(self):
        report = self.report("--dtype=auto", "--calibrate", self.samples)
        self.expect_choice(report)
        self.assertEqual([layer["layer"] for layer in report["layers"]], ["a", "b"])
        self.assertGreater(report["milliseconds"], 0)
        self.assertTrue(all(launch["us"] > 0 for launch in report["launches"]))

    def test_no_error_is_allowed(self):
        report = self.report("--dtype=auto", "--calibrate", self.samples, "--error-budget=0")
        self.expect_choice(report)
        self.assertEqual({layer["type"] for layer in report["layers"]}, {"f32"})

    def test_kept_layers_stay(self):
        report = self.report("--dtype=auto", "--calibrate", self.samples, "--error-budget=0.5", "--keep-f32=a")
        self.assertEqual(report["layers"][0]["type"], "f32")

    def test_report_of_one_type(self):
        report = self.report("--dtype=i8", "--calibrate", self.samples)
        self.assertEqual({layer["type"] for layer in report["layers"]}, {"i8"})
        self.assertTrue(all(0 < layer["error"] < 0.05 for layer in report["layers"]))
        report = self.report()
        self.assertEqual({(layer["type"], layer["error"]) for layer in report["layers"]}, {("f32", 0)})

    def test_report_for_another_machine(self):
        report = self.report("--target=x86-64-linux-sse41", "--dtype=i8", "--calibrate", self.samples)
        self.assertIn("sse41", report["unmeasured"])
        self.assertEqual(report["launches"], [])
        self.assertEqual(len(report["layers"]), 2)

    def test_report_where_no_folder_can_be(self):
        (self.folder / "file").write_text("")
        done = subprocess.run([networks.CONVOY, "compile", self.network, "-o", self.folder / "out.so", "--report",
                               self.folder / "file" / "report"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("Not a directory", done.stderr)

    def test_refused(self):
        auto = ("--dtype=auto", "--calibrate", self.samples)
        self.assertIn("this machine, which is no", self.refused(*auto, "--target=x86-64-linux-sse41"))
        self.assertIn("from 0 to less than 1", self.refused(*auto, "--error-budget=2"))
        self.assertIn("from 0 to less than 1", self.refused(*auto, "--error-budget=nan"))
        self.assertIn("goes with --dtype=auto", self.refused("--error-budget=0.1"))
        self.assertIn("--calibrate=FOLDER", self.refused("--dtype=auto"))
        self.network.write_text(self.network.read_text().replace("1, 16, 24, 24", "N, 16, 24, 24"))
        self.assertIn("give them by --shape", self.refused(*auto))
        networks.convoy("run", self.network, *auto, "--shape", "x=1x16x24x24")


if __name__ == "__main__":
    unittest.main()
