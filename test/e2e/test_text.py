"""Networks in words, with weights of every format, against PyTorch's recorded answers."""
import json
import pathlib
import re
import struct
import tempfile
import unittest

try:
    import numpy as np
    import onnx
    import networks
except ModuleNotFoundError as missing:
    raise unittest.SkipTest(f"needs {missing.name}")

NETWORKS = networks.ROOT / "tools" / "networks"
GOLDEN = pathlib.Path(__file__).parent / "golden"
TOLERANCE = 1e-5

LENET = """
input { name: "x" shape: "N, 1, 32, 32" }
layer { name: "conv1" convolution { filters: 6 kernel: 5 } }
layer { activation { function: "relu" } }
layer { pool { kind: AVERAGE kernel: 2 } }
layer { name: "conv2" convolution { filters: 16 kernel: 5 } }
layer { activation { function: "relu" } }
layer { pool { kind: AVERAGE kernel: 2 } }
layer { flatten {} }
layer { name: "linear1" dense { units: 120 } }
layer { activation { function: "relu" } }
layer { name: "linear2" dense { units: 84 } }
layer { activation { function: "relu" } }
layer { name: "linear3" dense { units: 10 } tensors: "classifier.4" }
weights { ignore: "feature_extractor." ignore: "classifier." }
"""

# Initialisers of another network, bound one by one.
BOUND = """
input { name: "x" shape: "2, 64" }
layer {
  name: "fc" dense { units: 10 }
  bind { key: "weight" value: "linear.weight" } bind { key: "bias" value: "linear.bias" }
}
weights { ignore: "onnx::" }
"""


def write_safetensors(path, tensors):
    header, at = {}, 0
    for name, array in tensors.items():
        header[name] = {"dtype": "F32", "shape": array.shape, "data_offsets": [at, at + array.nbytes]}
        at += array.nbytes
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(array.tobytes() for array in tensors.values()))


def residual_network(tensors):
    """The README's network as an ONNX model."""
    node, nodes = onnx.helper.make_node, []
    nodes.append(node("Conv", ["input", "conv1.weight"], ["x0"], pads=[1, 1, 1, 1]))
    for i in range(3):
        name = f"stage.{i}"
        nodes += [node("Conv", [f"x{i}", f"{name}.conv.weight", f"{name}.conv.bias"], [f"c{i}"], pads=[1, 1, 1, 1]),
                  node("BatchNormalization", [f"c{i}", *(f"{name}.norm.{role}" for role in ROLES)], [f"n{i}"]),
                  node("Add", [f"n{i}", f"x{i}"], [f"a{i}"]), node("Relu", [f"a{i}"], [f"x{i + 1}"])]
    nodes += [node("GlobalAveragePool", ["x3"], ["pooled"]), node("Flatten", ["pooled"], ["flat"]),
              node("Gemm", ["flat", "linear.weight", "linear.bias"], ["linear"], transB=1)]
    value = lambda name, *shape: onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)
    graph = onnx.helper.make_graph(nodes, "residual", [value("input", "N", 3, 32, 32)], [value("linear", "N", 10)],
                                   [onnx.numpy_helper.from_array(array, name) for name, array in tensors.items()])
    return onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)


ROLES = ("weight", "bias", "running_mean", "running_var")


class Text(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write(self, text):
        path = self.folder / "network.textproto"
        path.write_text(text)
        return path

    def shared(self, name):
        path = networks.SHARED / name
        if not path.exists():
            self.skipTest(f"{path} is absent")
        return path

    def agree(self, got, expected):
        self.assertLess(networks.largest_difference(got, expected), TOLERANCE)

    def golden(self, name):
        """Input and output of a shared network."""
        facts = json.loads(self.shared(f"{name}.golden.json").read_text())
        folder = self.shared(f"{name}.golden.json").parent
        return [np.load(folder / facts[key][0]["file"]) for key in ("inputs", "outputs")]

    def test_cross(self):
        module = networks.Module(NETWORKS / "cross.textproto", self.folder)
        got = module.run({"image": np.arange(1, 26, dtype=np.float32).reshape(1, 1, 5, 5)})
        np.testing.assert_array_equal(got["cross"][0, 0], [[35, 40, 45], [60, 65, 70], [85, 90, 95]])

    def test_readme(self):
        """The example of blocks, with and without a prefix before its tensors' names."""
        part = re.search(r"## Networks in words\n(.*?)\n## ", (networks.ROOT / "README.md").read_text(), re.DOTALL)[1]
        text = "".join(re.findall(r"^    .*\n", part, re.MULTILINE))
        random = np.random.default_rng(3)
        draw = lambda *shape: random.standard_normal(shape, np.float32) / np.float32(np.sqrt(np.prod(shape[1:])))
        tensors = {"conv1.weight": draw(16, 3, 3, 3), "linear.weight": draw(10, 16), "linear.bias": draw(10)}
        for i in range(3):
            tensors |= {f"stage.{i}.conv.weight": draw(16, 16, 3, 3), f"stage.{i}.conv.bias": draw(16)}
            tensors |= {f"stage.{i}.norm.{role}": draw(16) for role in ROLES[:3]}
            tensors[f"stage.{i}.norm.running_var"] = 1 + np.abs(draw(16))
        image = random.standard_normal((2, 3, 32, 32), np.float32)
        onnx.save(residual_network(tensors), self.folder / "residual.onnx")
        expected = networks.reference(self.folder / "residual.onnx", {"input": image})["linear"]
        for prefix, rules in ("", ""), ("backbone.", 'weights { prefix: "backbone." }'):
            with self.subTest(prefix):
                write_safetensors(self.folder / "w.safetensors", {prefix + name: t for name, t in tensors.items()})
                module = networks.Module(self.write(text + rules), self.folder, "--weights", self.folder / "w.safetensors")
                self.agree(module.run({"input": image})["linear"], expected)

    def test_efficientnet_lite0(self):
        weights = networks.DOWNLOADED / "efficientnet_lite0.pth"
        if not weights.exists():
            self.skipTest(f"{weights} is absent; tools/setup demo brings it")
        module = networks.Module(NETWORKS / "efficientnet_lite0.textproto", self.folder, "--weights", weights)
        noise = np.random.default_rng(7).standard_normal((1, 3, 224, 224), np.float32)
        self.agree(module.run({"input": noise})["_fc"], np.load(GOLDEN / "efficientnet_lite0.npy"))
        for picture, label, probability in ("chelsea", 285, 0.381), ("coffee", 967, 0.779), ("motorcycle_left", 665, 0.309):
            path = networks.DOWNLOADED / f"{picture}.png"
            said = networks.convoy("run", module.path, f"--input=input={path}", "--preprocess=imagenet", "--top=1")
            self.assertEqual(said.split()[:2], [str(label), f"{probability:.3f}"], picture)

    def test_resnet20_in_two_formats(self):
        """Tensors named with and without DataParallel's prefix; a batch of any size."""
        image, expected = self.golden("onnx/resnet20_cifar10")
        text = (NETWORKS / "resnet20_cifar10.textproto").read_text()
        for name, prefix in ("resnet20_cifar10.th", "module."), ("resnet20_cifar10.safetensors", ""):
            with self.subTest(name):
                path = self.write(text.replace('prefix: ""', f'prefix: "{prefix}"'))
                module = networks.Module(path, self.folder, "--weights", self.shared(f"pytorch/{name}"))
                self.agree(module.run({"input": image})["linear"], expected)
                self.agree(module.run({"input": image[:3]})["linear"], expected[:3])

    def test_lenet_from_zip(self):
        image, expected = self.golden("pytorch/lenet_traced")
        path = self.write(LENET)
        module = networks.Module(path, self.folder, "--weights", self.shared("pytorch/lenet_state.pt"))
        self.agree(next(iter(module.run({"x": image}).values())), expected)

    def test_initialisers_of_onnx(self):
        model = self.shared("onnx/resnet20_cifar10.onnx")
        tensors = {t.name: onnx.numpy_helper.to_array(t) for t in onnx.load(model).graph.initializer}
        module = networks.Module(self.write(BOUND), self.folder, "--weights", model)
        x = np.random.default_rng(1).standard_normal((2, 64), np.float32)
        expected = x.astype(np.float64) @ tensors["linear.weight"].T.astype(np.float64) + tensors["linear.bias"]
        self.agree(module.run({"x": x})["fc"], expected.astype(np.float32))


if __name__ == "__main__":
    unittest.main()
