"""Quantised networks compute in integers: equal to the last bit to NumPy, and as near to ONNX Runtime as its own modes."""
import pathlib
import tempfile
import unittest

try:
    import numpy as np
    import onnx
    import onnxruntime
    from onnx import TensorProto, helper
    import networks
    from quantised import Network, convolved, requantised
except ModuleNotFoundError as missing:
    raise unittest.SkipTest(f"needs {missing.name}")


def runtime(model, inputs, level):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.graph_optimization_level = level
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return dict(zip([output.name for output in session.get_outputs()], session.run(None, inputs)))


class Quantised(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_model(self, model, inputs, *options):
        path = self.folder / "network.onnx"
        onnx.save(model, path)
        return networks.Module(path, self.folder, *options).run(inputs)

    def judge(self, network, *results, floats=False, names=()):
        """Exactly NumPy's numbers, and at most one step from ONNX Runtime, in few elements."""
        model, expected = network.model(*results, floats=floats)
        steps = dict(zip(expected, (result.scale if floats else 1 for result in results)))
        got = self.run_model(model, {"x": network.input})
        levels = onnxruntime.GraphOptimizationLevel
        theirs = [runtime(model, {"x": network.input}, level) for level in (levels.ORT_ENABLE_ALL, levels.ORT_DISABLE_ALL)]
        names = dict(zip(expected, list(names) or expected))
        for name, numbers in expected.items():
            with self.subTest(f"{names[name]} {network.dtype.__name__}"):
                np.testing.assert_array_equal(got[name], numbers)
                apart = [np.abs(np.rint((numbers.astype(float) - other[name]) / steps[name])) for other in theirs]
                self.assertLessEqual(apart[0].max(), 1)
                # Where its modes agree, so do we, but for a thousandth.
                self.assertLessEqual(np.count_nonzero(np.minimum(*apart)), numbers.size // 1000)

    def test_convolutions(self):
        """Scales, biases, padding with the zero point, bounds, groups: all in one network for each type."""
        cases = {
            "plain": dict(),
            "per tensor": dict(per_channel=False),
            "no bias": dict(bias=None),
            "float bias": dict(bias="float"),
            "one by one": dict(kernel=1, pads=(0, 0, 0, 0)),
            "stride": dict(kernel=5, pads=(2, 1, 0, 2), stride=2),
            "relu": dict(activation="relu"),
            "relu6": dict(activation="relu6", bias="float"),
            "groups": dict(groups=2),
            "depthwise": dict(groups=8, outputs=8),
            "bounded depthwise": dict(groups=8, outputs=8, activation="relu", bias=None),
            "unsigned weights": dict(unsigned=True, per_channel=False),
            "many channels": dict(outputs=72),
        }
        for seed, activations in enumerate(("u8", "i8")):
            network = Network((2, 8, 9, 7), activations, seed)
            results = [network.conv(network.first, **{"outputs": 6, **case}) for case in cases.values()]
            self.judge(network, *results, names=cases)

    def test_transposed_convolutions(self):
        """Of numbers whose zero point is 0 in integers, of others in floats."""
        cases = {
            "two by two": dict(),
            "overlapping": dict(kernel=4, pads=(1, 1, 1, 1)),
            "per tensor, float bias": dict(kernel=3, pads=(0, 1, 1, 0), per_channel=False, bias="float"),
            "many channels": dict(outputs=72, bias=None),
        }
        for seed, activations in enumerate(("u8", "i8")):
            network = Network((2, 8, 9, 7), activations, seed)
            x = network.quantised("x", network.input, np.float32(0.02), 0)
            results = [network.conv_transposed(x, **{"outputs": 6, **case}) for case in cases.values()]
            self.judge(network, *results, names=cases)
            types = self.types_of(network.model(*results)[0])
            self.assertEqual(types.count(f"{activations} x i8 -> {activations}"), len(cases), types)
        network = Network((1, 4, 6, 6), "u8", 5)
        model, _ = network.model(network.conv_transposed(network.first, 4))
        self.assertNotIn("u8 x i8", self.types_of(model))

    def test_linear(self):
        for seed, activations in enumerate(("u8", "i8")):
            network = Network((5, 37), activations, seed)
            cases = (dict(), dict(bias="float"), dict(bias=None, per_channel=False), dict(gemm=False))
            self.judge(network, *[network.linear(network.first, 19, **case) for case in cases], names=map(str, cases))

    def test_pools(self):
        """Results as floats: ONNX Runtime turns i8 inside of a network into u8, which decides ties of averages."""
        for seed, activations in enumerate(("u8", "i8")):
            for kind in ("max_pool", "scaled_max_pool", "average_pool", "global_average"):
                with self.subTest(f"{kind} {activations}"):
                    network = Network((1, 12, 10, 14), activations, seed)
                    self.judge(network, getattr(network, kind)(network.first), floats=True)

    def test_residual_network(self):
        """Convolutions, a residual, a concat, pools and a linear layer in one network; every tensor is compared."""
        for seed, activations in enumerate(("u8", "i8")):
            network = Network((1, 3, 16, 16), activations, seed)
            stem = network.conv(network.first, 16, activation="relu")
            wide = network.conv(network.conv(stem, 16, groups=16, activation="relu6"), 16, kernel=1, pads=(0, 0, 0, 0), bias="float")
            sum_ = network.add(wide, stem, relu=True)
            joined = network.concat(network.max_pool(sum_), network.average_pool(stem))
            last = network.linear(network.flatten(network.global_average(network.conv(joined, 20, stride=2))), 10)
            with self.subTest(activations):
                model, expected = network.model(stem, wide, sum_, joined, last)
                got = self.run_model(model, {"x": network.input})
                for name, numbers in expected.items():
                    np.testing.assert_array_equal(got[name], numbers, name)

    def operator(self, kind, inputs, constants, result, **attributes):
        """The output of one operator whose other inputs are constants."""
        tensors = [onnx.numpy_helper.from_array(array, f"c{i}") for i, array in enumerate(constants)]
        names = list(inputs) + [tensor.name for tensor in tensors]
        values = [helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)
                  for name, array in inputs.items()]
        output = helper.make_tensor_value_info("y", helper.np_dtype_to_tensor_dtype(result.dtype), result.shape)
        graph = helper.make_graph([helper.make_node(kind, names, ["y"], **attributes)], "g", values, [output], tensors)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        np.testing.assert_array_equal(self.run_model(model, inputs)["y"], result)
        return self.types_of(model)

    def test_operators_on_integers(self):
        random = np.random.default_rng(7)
        x = random.integers(0, 256, (2, 6, 9, 8)).astype(np.uint8)
        weight = random.integers(-128, 128, (10, 6, 3, 3)).astype(np.int8)
        scale, zeros = random.uniform(0.001, 0.01, 10).astype(np.float32), np.zeros(10, np.int8)
        bias, zero = random.integers(-9000, 9000, 10).astype(np.int32), np.uint8(131)
        sums = convolved(x.astype(np.int64) - 131, weight, (1, 0, 1, 2), 1, 1)
        y = requantised(sums + bias.reshape(-1, 1, 1), (np.float32(0.02) * scale / np.float32(0.5)).reshape(-1, 1, 1), 77, np.uint8)
        types = self.operator("QLinearConv", {"x": x}, [np.float32(0.02), zero, weight, scale, zeros, np.float32(0.5), np.uint8(77), bias],
                              y, pads=[1, 0, 1, 2])
        self.assertIn("u8 x i8 -> u8", types)
        types = self.operator("ConvInteger", {"x": x}, [weight, zero], sums.astype(np.int32), pads=[1, 0, 1, 2])
        self.assertIn("u8 x i8 -> i32", types)
        left, right = random.integers(-128, 128, (7, 13)).astype(np.int8), random.integers(0, 256, (13, 5)).astype(np.uint8)
        product = (left.astype(np.int64) + 3) @ (right.astype(np.int64) - 128)
        types = self.operator("MatMulInteger", {"x": left}, [right, np.int8(-3), np.uint8(128)], product.astype(np.int32))
        self.assertIn("i8 x i8 -> i32", types)
        # A zero point that is no middle, and one that is an input: integers all the same.
        product = (left.astype(np.int64) + 3) @ (right.astype(np.int64) - 9)
        self.operator("MatMulInteger", {"x": left}, [right, np.int8(-3), np.uint8(9)], product.astype(np.int32))
        types = self.operator("QLinearMatMul", {"x": left}, [np.float32(0.02), np.int8(-3), (right.astype(np.int16) - 128).astype(np.int8),
                            np.float32(0.01), np.int8(0), np.float32(0.3), np.int8(-20)],
                            requantised((left.astype(np.int64) + 3) @ (right.astype(np.int64) - 128),
                                        np.float32(0.02) * np.float32(0.01) / np.float32(0.3), -20, np.int8))
        self.assertIn("i8 x i8 -> i8", types)

    def test_operators_of_onnx_runtime(self):
        """The domain com.microsoft, which ONNX Runtime's quantiser writes: all in one network, against ONNX Runtime."""
        random, tensors, nodes = np.random.default_rng(9), [], []

        def constant(array):
            tensors.append(onnx.numpy_helper.from_array(np.asarray(array), f"c{len(tensors)}"))
            return tensors[-1].name

        scales = lambda *pairs: [constant(kind(value)) for scale, zero in pairs
                                 for kind, value in ((np.float32, scale), (np.uint8, zero))]

        def node(kind, inputs, **attributes):
            nodes.append(helper.make_node(kind, inputs, [f"{kind}_out"], domain="com.microsoft", **attributes))

        a, b = ["a", *scales((0.021371, 119))], ["b", *scales((0.013193, 131))]
        node("QLinearAdd", a + b + scales((0.030413, 127)))
        node("QLinearMul", a + b + scales((0.027, 120)))
        node("QLinearLeakyRelu", a + scales((0.019, 60)), alpha=0.1)
        node("QLinearSigmoid", a + scales((1 / 256, 0)))
        node("QLinearAveragePool", a + scales((0.02, 118)), kernel_shape=[3, 3], strides=[2, 2])
        node("QLinearGlobalAveragePool", a + scales((0.011, 125)))
        node("QLinearConcat", scales((0.022, 124)) + a + b, axis=1)
        node("QLinearSoftmax", a + scales((1 / 256, 0)), axis=-1, opset=13)
        weight, bias = random.integers(-127, 128, (8, 5)).astype(np.int8), random.integers(-900, 900, 5).astype(np.int32)
        node("QGemm", ["g", *scales((0.021, 119)), constant(weight), constant(np.float32(0.01)), constant(np.int8(0)), constant(bias),
                       *scales((0.12, 128))])
        inputs = {name: random.integers(0, 256, shape).astype(np.uint8) for name, shape in
                  (("a", (1, 6, 9, 8)), ("b", (1, 6, 9, 8)), ("g", (7, 8)))}
        graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info(name, TensorProto.UINT8, array.shape)
                                               for name, array in inputs.items()],
                                  [helper.make_tensor_value_info(n.output[0], TensorProto.UINT8, None) for n in nodes], tensors)
        opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
        got, expected = self.run_model(model, inputs), runtime(model, inputs, onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL)
        for name, numbers in expected.items():
            with self.subTest(name):
                apart = np.abs(got[name].astype(int) - numbers.astype(int))
                self.assertLessEqual(apart.max(), 1)
                self.assertLessEqual(np.count_nonzero(apart), numbers.size // 100)

    def test_dynamic_quantisation(self):
        """The zero point of the left factor is known only when the network runs."""
        random = np.random.default_rng(8)
        x, weight = random.standard_normal((6, 24), np.float32), random.integers(-127, 128, (24, 10)).astype(np.int8)
        nodes = [helper.make_node("DynamicQuantizeLinear", ["x"], ["q", "s", "z"]),
                 helper.make_node("MatMulInteger", ["q", "w", "z"], ["i"]), helper.make_node("Cast", ["i"], ["f"], to=TensorProto.FLOAT),
                 helper.make_node("Mul", ["s", "ws"], ["t"]), helper.make_node("Mul", ["f", "t"], ["y"])]
        tensors = [onnx.numpy_helper.from_array(weight, "w"), onnx.numpy_helper.from_array(np.float32(0.02), "ws")]
        graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
                                  [helper.make_tensor_value_info("y", TensorProto.FLOAT, (6, 10))], tensors)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        expected = runtime(model, {"x": x}, onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL)["y"]
        np.testing.assert_allclose(self.run_model(model, {"x": x})["y"], expected, 1e-6, 1e-6)
        self.assertIn("u8 x i8", self.types_of(model))

    def test_constant_network(self):
        path = networks.SHARED / "onnx" / "qdq_conv_small.onnx"
        if not path.exists():
            self.skipTest(f"{path} is absent")
        got, expected = networks.Module(path, self.folder).run({}), networks.reference(path, {})
        for name in expected:
            np.testing.assert_allclose(got[name], expected[name], 1e-5, 1e-5)

    def test_float_result(self):
        """Without a quantize behind them sums are dequantised, and a float bias is added to that."""
        network = Network((1, 8, 6, 6), "u8", 3)
        weight, numbers, scale = network.weight((5, 8, 1, 1), True, 0)
        bias = network.random.standard_normal(5).astype(np.float32)
        name = network.node("Conv", [network.first.name, weight, network.constant(bias)])
        graph = helper.make_graph(network.nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, (1, 8, 6, 6))],
                                  [helper.make_tensor_value_info(name, TensorProto.FLOAT, (1, 5, 6, 6))], network.tensors)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        sums = np.einsum("nchw,oc->nohw", network.first.centred(), numbers[:, :, 0, 0].astype(np.int64))
        expected = (sums.astype(np.float32) * (network.first.scale * scale).reshape(-1, 1, 1)) + bias.reshape(-1, 1, 1)
        np.testing.assert_array_equal(self.run_model(model, {"x": network.input})[name], expected)

    def one_convolution(self, weight_scale, bias, *bounds):
        """A quantised convolution [8 -> channels of the scale], a bias as floats or as integers with their scale, bounds."""
        network = Network((1, 8, 6, 6), "u8", 3)
        random, count = network.random, len(weight_scale)
        weight = random.integers(-127, 128, (count, 8, 3, 3)).astype(np.int8)
        weight[weight_scale < 1e-6] = 0
        scale, zeros = network.constant(weight_scale, "s"), network.constant(np.zeros(count, np.int8), "z")
        weight = network.node("DequantizeLinear", [network.constant(weight, "w"), scale, zeros], axis=0)
        bias = [network.constant(array, "b") for array in bias]
        bias = network.node("DequantizeLinear", bias, axis=0) if len(bias) > 1 else bias[0]
        name = network.node("Conv", [network.first.name, weight, bias], pads=[1, 1, 1, 1])
        if bounds:
            name = network.node("Clip", [name, *[network.constant(np.float32(bound)) for bound in bounds]])
        end = network.pair(name, 0.04, 100)
        graph = helper.make_graph(network.nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, network.shape)],
                                  [helper.make_tensor_value_info(end, TensorProto.FLOAT, None)], network.tensors)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        self.assertIn("u8 x i8", self.types_of(model))
        got = self.run_model(model, {"x": network.input})[end]
        expected = runtime(model, {"x": network.input}, onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL)[end]
        apart = np.rint(np.abs(got - expected) / 0.04)
        self.assertLessEqual(apart.max(), 1)
        self.assertLessEqual(np.count_nonzero(apart), apart.size // 100)

    def test_channels_without_weights(self):
        """Of scales next to nothing, or nothing: their biases, in units of these scales, would be beyond 32 bits."""
        for count in (8, 80):
            random = np.random.default_rng(4)
            scale = random.uniform(0.001, 0.005, count).astype(np.float32)
            scale[2], scale[5] = 1e-12, 0
            floats = random.uniform(0.5, 3, count).astype(np.float32)
            with self.subTest(f"{count} floats"):
                self.one_convolution(scale, [floats])
            with self.subTest(f"{count} integers"):
                self.one_convolution(scale, [np.int32(floats / 0.001), np.full(count, 0.001, np.float32)])

    def test_bounds_that_cross(self):
        """The upper one wins."""
        scale = np.full(6, 0.002, np.float32)
        self.one_convolution(scale, [np.ones(6, np.float32)], 0.9, 0.3)

    def types_of(self, model):
        """Lines of `inspect` for its layers."""
        path = self.folder / "network.onnx"
        onnx.save(model, path)
        return networks.convoy("inspect", path)

    def test_what_cannot_be_fused_stays_float(self):
        """A weight whose zero point is no middle, a zero point that is an input: floats, and inspect says so."""
        network = Network((1, 4, 6, 6), "u8", 5)
        weight = network.constant(network.random.integers(0, 255, (4, 4, 3, 3)).astype(np.uint8))
        weight = network.node("DequantizeLinear", [weight, network.constant(np.float32(0.01)), network.constant(np.uint8(100))])
        name = network.node("Conv", [network.first.name, weight], pads=[1, 1, 1, 1])
        end = network.pair(name, np.float32(0.2), 9)
        graph = helper.make_graph(network.nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, (1, 4, 6, 6))],
                                  [helper.make_tensor_value_info(end, TensorProto.FLOAT, (1, 4, 6, 6))], network.tensors)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        got = self.run_model(model, {"x": network.input})[end]
        expected = runtime(model, {"x": network.input}, onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL)[end]
        self.assertLessEqual(np.abs(got - expected).max(), 0.2001)
        self.assertRegex(self.types_of(model), r" f32 .*conv_")
        integers = Network((1, 4, 6, 6), "u8", 5)
        model, _ = integers.model(integers.conv(integers.first, 4))
        self.assertIn("u8 x i8 -> u8", self.types_of(model))

    def test_scale_that_is_no_number(self):
        network = Network((1, 4, 6, 6), "u8", 5)
        model, _ = network.model(network.conv(network.first, 4))
        next(tensor for tensor in model.graph.initializer if tensor.name.startswith("s")).raw_data = np.float32(np.inf).tobytes()
        path = self.folder / "network.onnx"
        onnx.save(model, path)
        with self.assertRaisesRegex(AssertionError, "a scale is infinite"):
            networks.convoy("compile", path, "-o", self.folder / "network.so")
        self.assertFalse((self.folder / "network.so").exists())


if __name__ == "__main__":
    unittest.main()
