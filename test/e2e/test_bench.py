"""The networks of shared/bench against ONNX Runtime, whole and layer by layer against the reference. Making them needs
PyTorch: `test/perf/networks.py --compile` leaves them in build/perf.

One input says little where float32 itself is at its end (EfficientNet-B0 with random weights: rounding grows a
thousandfold on its way through the squeeze-and-excitation gates, and ONNX Runtime with and without optimisations differ
by more than 1e-4): over several inputs, the judge is the network computed in float64."""
import tempfile
import unittest

try:
    import networks
    import numpy as np
    import onnx
    from exact import exact
except ModuleNotFoundError as missing:
    raise unittest.SkipTest(f"needs {missing.name}")

NAMES = ("convnext_tiny", "dcgan", "densenet121", "efficientnet_b0", "lenet", "lraspp", "mobilenet_v2", "mobilenet_v3_small",
         "resnet18", "resnet50", "shufflenet_v2_x1_0", "squeezenet1_1", "ssdlite320", "unet", "vgg16")


class Bench(unittest.TestCase):
    pass


def path_of(test, name):
    path = networks.ROOT / "build" / "perf" / f"{name}_b1.onnx"
    if not path.exists():
        test.skipTest(f"{path} is absent")
    return path


def agrees(name):
    def run(self):
        path = path_of(self, name)
        with tempfile.TemporaryDirectory() as folder:
            inputs = networks.random_inputs(onnx.load(path), ())
            got = networks.Module(path, folder).run(inputs)
        for output, expected in networks.reference(path, inputs).items():
            self.assertLess(networks.largest_difference(got[output], expected), 1e-4, output)
    return run


def error_of(got, true):
    """The largest over the outputs, relative to each one's largest value."""
    return float(np.max([np.abs(got[name] - true[name]).max() / np.abs(true[name]).max() for name in true]))


def exactness(name, seeds):
    """How far from the truth Convoy is, beside ONNX Runtime: over several inputs, as errors of one are a matter of luck."""
    def run(self):
        path = path_of(self, name)
        model, mine, peers = onnx.load(path), [], []
        with tempfile.TemporaryDirectory() as folder:
            module = networks.Module(path, folder)
            for seed in range(seeds):
                inputs = networks.random_inputs(model, (), seed)
                true = exact(model, inputs)
                mine.append(error_of(module.run(inputs), true))
                peers.append(error_of(networks.reference(path, inputs), true))
        figures = f"Convoy {mine}, ONNX Runtime {peers}"
        self.assertLess(np.mean(mine), 1.25 * np.mean(peers), figures)
        for seed in range(seeds):
            self.assertLess(mine[seed], max(1e-4, peers[seed]), figures)
    return run


def sizes(name):
    """The same network with symbolic batch, height and width: one module, two sizes."""
    def run(self):
        model = onnx.load(path_of(self, name))
        for dim, symbol in zip(model.graph.input[0].type.tensor_type.shape.dim, ("n", None, "h", "w")):
            if symbol:
                dim.dim_param = symbol
        del model.graph.value_info[:]
        model.graph.output[0].type.tensor_type.ClearField("shape")
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/{name}.onnx"
            onnx.save(model, path)
            module = networks.Module(path, folder)
            for extents in ((1, 64, 96), (2, 96, 128)):
                inputs = networks.random_inputs(model, extents)
                got = module.run(inputs)
                for output, expected in networks.reference(path, inputs).items():
                    self.assertLess(networks.largest_difference(got[output], expected), 1e-4, f"{output} of {extents}")
    return run


def layers(name):
    def run(self):
        networks.convoy("check", path_of(self, name), "--quiet")
    return run


for network in NAMES:
    setattr(Bench, f"test_{network}", agrees(network))
    if network != "vgg16":  # the reference takes minutes
        setattr(Bench, f"test_layers_of_{network}", layers(network))

for network, seeds in (("efficientnet_b0", 4), ("mobilenet_v2", 2), ("mobilenet_v3_small", 2), ("shufflenet_v2_x1_0", 2)):
    setattr(Bench, f"test_exactness_of_{network}", exactness(network, seeds))

for network in ("convnext_tiny", "densenet121", "mobilenet_v2", "resnet18", "unet"):
    setattr(Bench, f"test_sizes_of_{network}", sizes(network))

if __name__ == "__main__":
    unittest.main()
