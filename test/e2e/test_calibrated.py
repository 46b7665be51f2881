"""Networks quantised after training (--dtype=i8): what is left of their accuracy, beside ONNX Runtime's static quantisation."""
import pathlib
import re
import tempfile
import unittest

try:
    import numpy as np
    import onnx
    import onnx.version_converter
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper
    from onnxruntime import quantization
    import networks
    from PIL import Image
except ModuleNotFoundError as missing:
    raise unittest.SkipTest(f"needs {missing.name}")

CIFAR = networks.SHARED / "datasets" / "cifar10"
MEAN, DEVIATION = (np.array(numbers, np.float32).reshape(3, 1, 1) for numbers in ((.485, .456, .406), (.229, .224, .225)))


def cifar(name):
    """Pictures as ResNet-20 wants them, and their classes."""
    rows = np.fromfile(CIFAR / name, np.uint8).reshape(-1, 3073)
    return (rows[:, 1:].reshape(-1, 3, 32, 32).astype(np.float32) / 255 - MEAN) / DEVIATION, rows[:, 0]


def session(path):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


class Samples(quantization.CalibrationDataReader):
    def __init__(self, name, samples):
        self.left = iter([{name: sample[None]} for sample in samples])

    def get_next(self):
        return next(self.left, None)


def quantised_by_runtime(model, name, samples, folder):
    """ONNX Runtime's static quantisation, as its documentation advises for x86-64 with VNNI: u8 x s8, per channel."""
    prepared, result = folder / "prepared.onnx", folder / "quantised.onnx"
    # Scales per channel came with opset 13.
    network = onnx.load(model)
    if max(entry.version for entry in network.opset_import) < 13:
        network, model = onnx.version_converter.convert_version(network, 13), folder / "newer.onnx"
        onnx.save(network, model)
    quantization.shape_inference.quant_pre_process(model, prepared, skip_symbolic_shape=True)
    quantization.quantize_static(prepared, result, Samples(name, samples), per_channel=True,
                                 activation_type=quantization.QuantType.QUInt8, weight_type=quantization.QuantType.QInt8)
    return result


def error(got, expected):
    """Relative, of all numbers together."""
    return float(np.linalg.norm(got - expected) / np.linalg.norm(expected))


class Calibrated(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def samples(self, array, name="samples"):
        (self.folder / name).mkdir(exist_ok=True)
        np.save(self.folder / name / "x.npy", array)
        return self.folder / name

    def module(self, model, samples, *options):
        return networks.Module(model, self.folder, "--dtype=i8", f"--calibrate={samples}", *options)

    def test_resnet20(self):
        """Top-1 on 1000 test pictures within half a point of f32; on all 4744 that calibration hasn't seen, nearer to f32
        than ONNX Runtime with the same 256, by classes and by scores."""
        path = networks.SHARED / "onnx" / "resnet20_cifar10.onnx"
        if not path.exists() or not CIFAR.exists():
            self.skipTest(f"{path} or {CIFAR} is absent")
        (train, train_classes), (test, test_classes) = cifar("train_4000.bin"), cifar("test_1000.bin")
        seen, pictures = train[:256], np.concatenate([test, train[256:]])
        classes = np.concatenate([test_classes, train_classes[256:]])
        right = session(path).run(None, {"input": pictures})[0]
        theirs = session(quantised_by_runtime(path, "input", seen, self.folder)).run(None, {"input": pictures})[0]
        got = self.module(path, self.samples(seen)).run({"input": pictures})["logits"]
        top = lambda scores, count=None: float((scores.argmax(1) == classes)[:count].mean())
        same = lambda scores: float((scores.argmax(1) == right.argmax(1)).mean())
        print(f"top-1 of 1000: f32 {top(right, 1000):.4f}, i8 {top(got, 1000):.4f}, ONNX Runtime's {top(theirs, 1000):.4f}; of "
              f"{len(classes)}: {top(right):.4f}, {top(got):.4f}, {top(theirs):.4f}; classes as f32: {same(got):.4f}, "
              f"{same(theirs):.4f}; error of scores: {error(got, right):.4f}, {error(theirs, right):.4f}")
        self.assertLessEqual(top(right, 1000) - top(got, 1000), 0.005)
        self.assertGreaterEqual(top(got), top(theirs))
        self.assertGreater(same(got), same(theirs))
        self.assertLess(error(got, right), error(theirs, right))

    def test_scales(self):
        """A small network: scales by NumPy's formulas, and the results of ONNX Runtime with a network of just these scales."""
        random = np.random.default_rng(4)
        weights = [random.standard_normal(shape).astype(np.float32) / 4 for shape in ((8, 3, 3, 3), (5, 8, 1, 1))]
        samples = random.standard_normal((4, 3, 10, 12)).astype(np.float32)

        def model(quantised):
            """conv, relu, conv; with `quantised`, scale and zero point of both inputs, in the form of QDQ."""
            nodes, tensors = [], []

            def add(kind, inputs, result, **attributes):
                nodes.append(helper.make_node(kind, inputs, [result], result, **attributes))
                return result

            def constant(array, name):
                tensors.append(numpy_helper.from_array(np.asarray(array), name))
                return name

            def activation(name, i):
                if not quantised:
                    return name
                scale, zero = constant(quantised[i][0], f"s{i}"), constant(quantised[i][1], f"z{i}")
                return add("DequantizeLinear", [add("QuantizeLinear", [name, scale, zero], f"q{i}"), scale, zero], f"d{i}")

            def weight(array, i):
                if not quantised:
                    return constant(array, f"w{i}")
                scale = np.abs(array).reshape(len(array), -1).max(1) / np.float32(127)
                numbers = np.rint(array / scale.reshape(-1, 1, 1, 1)).astype(np.int8)
                return add("DequantizeLinear", [constant(numbers, f"w{i}"), constant(scale, f"ws{i}"),
                                                constant(np.zeros(len(array), np.int8), f"wz{i}")], f"wd{i}", axis=0)

            inner = add("Relu", [add("Conv", [activation("x", 0), weight(weights[0], 0)], "c0", pads=[1, 1, 1, 1])], "inner")
            add("Conv", [activation(inner, 1), weight(weights[1], 1)], "y")
            value = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
            outputs = [value("y", [1, 5, 10, 12])] + ([] if quantised else [value("inner", [1, 8, 10, 12])])
            graph = helper.make_graph(nodes, "g", [value("x", [1, 3, 10, 12])], outputs, tensors)
            return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)

        plain = self.folder / "plain.onnx"
        onnx.save(model(None), plain)
        floats = session(plain)
        seen = [samples, np.concatenate([floats.run(["inner"], {"x": sample[None]})[0] for sample in samples])]
        scales = []
        for values in seen:
            low, high = min(values.min(), 0), max(values.max(), 0)
            scale = np.float32((np.float64(high) - low) / 255)
            scales.append((scale, np.uint8(np.rint(-low / scale))))
        # The output `inner` would stay f32: what is compiled has one output.
        only = onnx.load(plain)
        del only.graph.output[1]
        onnx.save(only, plain)
        flags = ["--calibration=minmax", "--bias-correction=off"]
        module = self.module(plain, self.samples(samples), *flags)
        networks.convoy("compile", plain, "-o", self.folder / "x.mlir", "--stop-after=network", "--dtype=i8",
                        f"--calibrate={self.folder / 'samples'}", *flags)
        text = (self.folder / "x.mlir").read_text()
        constants = dict(re.findall(r"(%\d+) = cnn.constant dense<(\S+)> : tensor<(?:f32|ui8)>", text))
        found = [(float(constants[scale]), int(constants[zero])) for scale, zero in
                 re.findall(r"cnn.quantize %\w+, (%\d+), (%\d+) : .*-> tensor<\S+xui8>", text)]
        for (scale, zero), (their_scale, their_zero) in zip(found, scales, strict=True):
            self.assertAlmostEqual(scale / their_scale, 1, delta=1e-5)
            self.assertEqual(zero, their_zero)
        onnx.save(model([(np.float32(scale), np.uint8(zero)) for scale, zero in found]), self.folder / "qdq.onnx")
        for sample in samples:
            expected = session(self.folder / "qdq.onnx").run(None, {"x": sample[None]})[0]
            got = module.run({"x": sample[None]})["y"]
            self.assertLess(error(got, expected), 1e-3)  # one step apart now and then
            self.assertLess(error(got, floats.run(["y"], {"x": sample[None]})[0]), 0.03)

    def test_photographs(self):
        """EfficientNet-Lite0, calibrated with other pictures: the five likeliest classes of three photographs stay."""
        weights, pictures = networks.DOWNLOADED / "efficientnet_lite0.pth", networks.SHARED / "images"
        if not weights.exists() or not pictures.exists():
            self.skipTest(f"{weights} (tools/setup demo) or {pictures} is absent")
        network = networks.ROOT / "tools" / "networks" / "efficientnet_lite0.textproto"
        kept, options = {}, ["--weights", weights]
        for name, flags in (("f32", []), ("i8", ["--dtype=i8", f"--calibrate={self.photographs(pictures)}", "--preprocess=imagenet"])):
            networks.convoy("compile", network, "-o", self.folder / f"{name}.so", *options, *flags)
            for photograph in ("chelsea", "coffee", "motorcycle_left"):
                lines = networks.convoy("run", self.folder / f"{name}.so", "--preprocess=imagenet", "--top=5",
                                        f"--input=input={networks.DOWNLOADED / photograph}.png").splitlines()
                kept.setdefault(photograph, []).append([line.split()[0] for line in lines[:5]])
        for photograph, (right, got) in kept.items():
            self.assertEqual(right[0], got[0], photograph)
            self.assertEqual(set(right), set(got), photograph)

    def photographs(self, pictures):
        folder = self.folder / "photographs"
        folder.mkdir()
        for picture in pictures.glob("*.jpg"):
            (folder / picture.name).symlink_to(picture)
        return folder

    def judge(self, name, samples, inputs, tolerance, *options):
        """Results of a network beside f32, and beside ONNX Runtime's of the same samples."""
        path = networks.SHARED / "onnx" / f"{name}.onnx"
        if not path.exists():
            self.skipTest(f"{path} is absent")
        source = next(iter(inputs))
        right = networks.reference(path, inputs)
        got = self.module(path, self.samples(samples), *options).run(inputs)
        theirs = networks.reference(quantised_by_runtime(path, source, samples, self.folder), inputs)
        errors = {output: (error(got[output], right[output]), error(theirs[output], right[output])) for output in right}
        print(f"{name}:", ", ".join(f"{output}: error {ours:.4f}, ONNX Runtime's {other:.4f}"
                                    for output, (ours, other) in errors.items()))
        for output, (ours, other) in errors.items():
            self.assertLess(ours, tolerance, output)
            self.assertLess(ours, 1.1 * other, output)

    def test_faces(self):
        """A detector with two outputs, calibrated with two pictures of crowds and judged by a third."""
        folder = networks.SHARED / "images"
        if not folder.exists():
            self.skipTest(f"{folder} is absent")
        faces = [np.asarray(Image.open(folder / f"faces_{i}.jpg").convert("RGB").resize((320, 240)), np.float32) for i in (10, 27, 1)]
        faces = np.stack([(face.transpose(2, 0, 1) - 127) / 128 for face in faces])
        self.judge("ultraface-RFB-320", faces[:2], {"input": faces[2:]}, 0.1)

    def test_keywords(self):
        numbers = np.random.default_rng(2).random((9, 1960), np.float32)
        self.judge("micro_kws_m_static_fp32", numbers[:8], {"serving_default_input:0": numbers[8:]}, 0.1)

    def test_super_resolution(self):
        numbers = np.random.default_rng(2).random((3, 1, 24, 32), np.float32)
        self.judge("espcn_superres_x3", numbers[:2], {"_ppp5_expanded": numbers[2:]}, 0.1)


if __name__ == "__main__":
    unittest.main()
