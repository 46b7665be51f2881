"""Real ONNX networks, compiled and run, against the recorded outputs of other programs and against ONNX Runtime."""
import json
import pathlib
import re
import tempfile
import unittest

try:
    import numpy as np
    import onnx
    import networks
except ModuleNotFoundError as missing:
    raise unittest.SkipTest(f"needs {missing.name}")

TOLERANCE = 1e-4


class Onnx(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def agree(self, got, expected):
        self.assertEqual(sorted(got), sorted(expected))
        for name in expected:
            self.assertLess(networks.largest_difference(got[name], expected[name]), TOLERANCE, name)

    def compare_with_runtime(self, path, sizes):
        module = networks.Module(path, self.folder)
        model = onnx.load(path)
        for seed, extents in enumerate(sizes):
            inputs = networks.random_inputs(model, extents, seed)
            with self.subTest(f"{path.stem} {extents}"):
                self.agree(module.run(inputs), networks.reference(path, inputs))

    def test_goldens(self):
        folder = networks.SHARED / "onnx"
        if not folder.exists():
            self.skipTest(f"{folder} is absent")
        for path in sorted(folder.glob("*.golden.json")):
            golden = json.loads(path.read_text())
            name = path.name.removesuffix(".golden.json")
            absolute, relative = map(float, re.match(r"abs (\S+) \+ rel (\S+)", golden["tolerance"]).groups())
            with self.subTest(name):
                module = networks.Module(folder / f"{name}.onnx", self.folder)
                got = module.run({entry["name"]: np.load(folder / entry["file"]) for entry in golden["inputs"]})
                for entry in golden["outputs"]:
                    expected = np.load(folder / entry["file"])
                    np.testing.assert_allclose(got[networks.file_name(entry["name"])], expected, relative, absolute)

    def test_mnist(self):
        path = networks.SHARED / "onnx" / "mnist-8.onnx"
        if not path.exists():
            self.skipTest(f"{path} is absent")
        module = networks.Module(path, self.folder)
        for folder in sorted(path.parent.glob("mnist-8.test_data_set_*")):
            read = lambda name: onnx.numpy_helper.to_array(onnx.load_tensor(str(folder / name)))
            with self.subTest(folder.name):
                got = module.run({"Input3": read("input_0.pb")})
                np.testing.assert_allclose(got["Plus214_Output_0"], read("output_0.pb"), 1e-4, 1e-3)

    def test_same_network_simplified(self):
        for name in ("ultraface-slim-320", "ultraface-RFB-320"):
            path = networks.SHARED / "onnx" / f"{name}-simplified.onnx"
            if not path.exists():
                self.skipTest(f"{path} is absent")
            self.compare_with_runtime(path, [()])

    def test_batches_and_sizes(self):
        """Symbolic dimensions: one module, several sizes."""
        folder = networks.SHARED / "onnx"
        if not folder.exists():
            self.skipTest(f"{folder} is absent")
        self.compare_with_runtime(folder / "resnet20_cifar10.onnx", [(1,), (3,)])
        self.compare_with_runtime(folder / "espcn_superres_x3.onnx", [(1, 17, 31), (2, 40, 24)])
        self.compare_with_runtime(folder / "taef2_decoder.onnx", [(1, 8, 8), (2, 8, 12)])

    def test_text_recognition(self):
        path = networks.DOWNLOADED / "text_recognizer.onnx"
        if not path.exists():
            self.skipTest(f"{path} is absent; tools/setup demo brings it")
        self.compare_with_runtime(path, [(1, 48, 64), (2, 48, 120)])

    def test_text_detection(self):
        """On a page of text: noise has none, and ONNX Runtime's sigmoid is wrong by 6e-8 where that is all there is."""
        path, page = networks.DOWNLOADED / "text_detector.onnx", networks.DOWNLOADED / "page.png"
        if not path.exists() or not page.exists():
            self.skipTest(f"{path} or {page} is absent; tools/setup demo brings them")
        module = networks.Module(path, self.folder)
        for height, width in ((96, 160), (160, 128)):
            inputs = {"x": networks.picture(page, height, width)}
            with self.subTest(f"{height}x{width}"):
                expected = networks.reference(path, inputs)
                self.assertGreater(max(output.max() for output in expected.values()), 0.5)
                self.agree(module.run(inputs), expected)


if __name__ == "__main__":
    unittest.main()
