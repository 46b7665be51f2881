"""The networks of shared/bench against ONNX Runtime, whole and layer by layer against the reference. Making them needs
PyTorch: `test/perf/networks.py --compile` leaves them in build/perf."""
import tempfile
import unittest

try:
    import networks
    import onnx
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

for network in ("convnext_tiny", "densenet121", "mobilenet_v2", "resnet18", "unet"):
    setattr(Bench, f"test_sizes_of_{network}", sizes(network))

if __name__ == "__main__":
    unittest.main()
