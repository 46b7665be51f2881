"""The `light` networks of the ONNX project: the structure of well-known networks, with constant weights. One by one, since
some are large once compiled."""
import tempfile
import unittest

try:
    import networks
    import onnx
except ModuleNotFoundError as missing:
    raise unittest.SkipTest(f"needs {missing.name}")

NAMES = ("bvlc_alexnet", "densenet121", "inception_v1", "inception_v2", "resnet50", "shufflenet", "squeezenet", "vgg19",
         "zfnet512")


class Light(unittest.TestCase):
    pass


def check(name):
    def run(self):
        path = networks.SHARED / "suites" / "onnx-backend" / "light" / f"light_{name}.onnx"
        if not path.exists():
            self.skipTest(f"{path} is absent")
        with tempfile.TemporaryDirectory() as folder:
            inputs = networks.random_inputs(onnx.load(path), ())
            got = networks.Module(path, folder).run(inputs)
        for output, expected in networks.reference(path, inputs).items():
            self.assertLess(networks.largest_difference(got[output], expected), 1e-4, output)
    return run


for network in NAMES:
    setattr(Light, f"test_{network}", check(network))

if __name__ == "__main__":
    unittest.main()
