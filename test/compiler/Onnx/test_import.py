"""What stands in an imported module: names, types, weights, and how the graph around nodes is resolved."""
import pathlib
import re
import tempfile
import unittest

import numpy as np
import onnx
from onnx import TensorProto, helper

import models
from models import BOOL, FLOAT, INT64, graph, ints, model, node, tensor, value, weights


class Import(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def imported(self, built, *arguments):
        process = models.import_bytes(self.folder.name, built.SerializeToString(), *arguments)
        self.assertEqual(process.returncode, 0, process.stderr)
        return process.stdout

    def operations(self, built, *arguments):
        """Names of the ops without sources."""
        names = re.findall(r'= cnn\.(\w+)(?: "(\w+)")?', self.imported(built, *arguments))
        return [function or op for op, function in names if op not in ("weight", "constant")]

    def test_signature(self):
        text = self.imported(model(node("Relu"), inputs=[value("x", ("n", 3, "?", "?"))]))
        self.assertIn('%arg0: tensor<?x3x?x?xf32> {cnn.dims = ["n", "", "", ""], cnn.name = "x"}', text)
        self.assertIn('-> (tensor<?x3x?x?xf32> {cnn.name = "y"})', text)
        self.assertIn('cnn.weights = "model.onnx.safetensors"', text)

    def test_shape_fixes_a_name_everywhere(self):
        inputs = [value("x", ("n", "c")), value("z", ("n", "c"))]
        text = self.imported(model(node("Add", "x z"), inputs=inputs), "--shape=x=2x-1")
        self.assertEqual(text.count('tensor<2x?xf32> {cnn.dims = ["", "c"]'), 2)

    def test_weights_are_named_and_constants_are_not(self):
        built = model([node("Conv", "x w b", "c"), node("Reshape", "c s", "r"), node("Mul", "r scale")],
                      [weights("w", 8, 4, 1, 1), weights("b", 8), ints("s", [0, -1]), tensor("scale", 2), weights("unused", 99)])
        text = self.imported(built)
        self.assertRegex(text, r'cnn.weight <"w", 0x[0-9a-f]{16}> : tensor<8x4x1x1xf32>')
        self.assertRegex(text, r'cnn.weight <"b", 0x[0-9a-f]{16}> : tensor<8xf32>')
        self.assertIn("cnn.constant dense<[0, -1]> : tensor<2xi64>", text)
        self.assertIn("cnn.constant dense<2.000000e+00> : tensor<f32>", text)
        self.assertNotIn("unused", text)
        data = (pathlib.Path(self.folder.name) / "model.onnx.safetensors").read_bytes()
        self.assertIn(np.frombuffer(built.graph.initializer[0].raw_data, np.uint8).tobytes(), data)

    def test_initializer_that_is_an_input_too(self):
        text = self.imported(model(node("Add", "x w"), [weights("w", 6)], [value("x"), value("w", (6,))]))
        self.assertNotIn("%arg1", text)

    def test_tensor_types(self):
        for name, kind, data in (("f16", TensorProto.FLOAT16, [15360]), ("i8", TensorProto.INT8, [-3]),
                                 ("ui8", TensorProto.UINT8, [200]), ("i1", TensorProto.BOOL, [1]),
                                 ("bf16", TensorProto.BFLOAT16, [16256]), ("i16", TensorProto.INT16, [-3])):
            with self.subTest(name):
                constant = TensorProto(name="c", dims=[1], data_type=kind, int32_data=data)
                self.assertIn(f"tensor<1x{name}>", self.imported(model(node("Identity", "c"), [constant])))

    def test_constants(self):
        for name, expected in (("value_float", "dense<1.500000e+00> : tensor<f32>"), ("value_int", "dense<7> : tensor<i64>"),
                               ("value_floats", "cnn.weight"), ("value_ints", "dense<[1, 2]> : tensor<2xi64>"),
                               ("value", "dense<5> : tensor<1xi64>")):
            content = {"value_float": 1.5, "value_int": 7, "value_floats": [1.0, 2.0], "value_ints": [1, 2],
                       "value": ints("", [5])}[name]
            with self.subTest(name):
                self.assertIn(expected, self.imported(model(node("Constant", "", "y", **{name: content}))))

    def test_nodes_in_any_order(self):
        built = model([node("Neg", "a", "y"), node("Relu", "x", "a")])
        self.assertEqual(self.operations(built), ["relu", "neg"])

    def test_shapes_resolve(self):
        built = model([node("Shape", "x", "s"), node("Gather", "s zero", "n"), node("Unsqueeze", "n first", "u"),
                       node("Concat", "u rest", "shape", axis=0), node("Reshape", "x shape", "y")],
                      [ints("zero", 0), ints("first", [0]), ints("rest", [-1])], [value("x", ("n", 4, 6, 6))])
        self.assertIn("-> tensor<?x144xf32>\n    return", self.imported(built))

    def test_float_scales_from_concat(self):
        built = model([node("Concat", "a b", "s", axis=0), node("Upsample", "x s")],
                      [tensor("a", [1, 1]), tensor("b", [2.5, 2])], opset=9)
        self.assertIn("scales = array<f64: 2.500000e+00, 2.000000e+00>", self.imported(built))

    def test_same_padding(self):
        text = self.imported(model(node("Conv", "x w", auto_pad="SAME_LOWER", strides=[2, 2]), [weights("w", 8, 4, 3, 3)],
                                   [value("x", (1, 4, 6, 6))]))
        self.assertIn("pads = array<i64: 1, 1, 0, 0>", text)
        text = self.imported(model(node("Conv", "x w", auto_pad="SAME_UPPER"), [weights("w", 8, 4, 4, 4)],
                                   [value("x", (1, 4, "h", "w"))]))
        self.assertIn("pads = array<i64: 1, 1, 2, 2>", text)

    def test_quantisation_has_ops_of_its_own(self):
        """Zero points that are all alike become one; operators on integers become float ones between these ops."""
        built = model([node("QuantizeLinear", "x s z", "q"), node("DequantizeLinear", "w t u", "d", axis=0),
                       node("QLinearConv", "q s z w t u s z", "y")],
                      [tensor("s", 0.5), tensor("z", 3, np.uint8), tensor("w", np.zeros((70, 4, 1, 1)), np.int8),
                       tensor("t", np.full(70, 0.5)), tensor("u", np.zeros(70), np.int8)], outputs=("y", "d"))
        text = self.imported(built)
        self.assertIn("(tensor<1x4x6x6xf32>, tensor<f32>, tensor<ui8>) -> tensor<1x4x6x6xui8>", text)
        self.assertIn("(tensor<70x4x1x1xi8>, tensor<70x1x1x1xf32>, tensor<i8>) -> tensor<70x4x1x1xf32>", text)
        self.assertEqual([op for op in self.operations(built) if op != "reshape"],
                         ["quantize", "dequantize", "dequantize", "dequantize", "convolution", "quantize"])

    def test_batch_norm_is_arithmetic(self):
        built = model(node("BatchNormalization", "x s b m v"), [weights(n, 4) for n in "sbmv"])
        self.assertEqual(self.operations(built),
                         ["add", "sqrt", "div", "mul", "sub", "reshape", "mul", "reshape", "add"])

    def test_function_with_attribute_reference(self):
        leaky = helper.make_node("LeakyRelu", ["a"], ["b"])
        reference = onnx.AttributeProto(name="alpha", type=onnx.AttributeProto.FLOAT, ref_attr_name="slope")
        leaky.attribute.append(reference)
        function = helper.make_function("local", "f", ["a"], ["b"], [leaky], [helper.make_opsetid("", 17)], ["slope"])
        calls = [helper.make_node("f", ["x"], ["h"], domain="local", slope=0.25),
                 helper.make_node("f", ["h"], ["y"], domain="local")]
        text = self.imported(model(calls, functions=[function], opsets=[helper.make_opsetid("local", 1)]))
        self.assertIn("parameters = array<f64: 2.500000e-01>", text)
        self.assertRegex(text, r"parameters = array<f64: 0\.00999")

    def test_constant_of_a_function_is_one_weight(self):
        body = [helper.make_node("Constant", [], ["c"], value_floats=[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]),
                helper.make_node("Constant", [], ["d"], value=weights("", 6)),
                helper.make_node("Add", ["a", "c"], ["s"]), helper.make_node("Add", ["s", "d"], ["b"])]
        function = helper.make_function("local", "f", ["a"], ["b"], body, [helper.make_opsetid("", 17)])
        calls = [helper.make_node("f", ["x"], ["h"], domain="local"), helper.make_node("f", ["h"], ["y"], domain="local")]
        text = self.imported(model(calls, functions=[function], opsets=[helper.make_opsetid("local", 1)]))
        self.assertEqual(text.count("cnn.weight <"), 2)
        self.assertEqual(text.count('"add"'), 4)

    def test_if_takes_the_branch(self):
        for condition, expected in ((True, ["relu"]), (False, ["neg", "abs"])):
            then_branch = graph([node("Relu", "x", "t")], outputs=["t"])
            else_branch = graph([node("Neg", "x", "n"), node("Abs", "n", "e")], outputs=["e"])
            built = model(node("If", "c", then_branch=then_branch, else_branch=else_branch), [tensor("c", condition, bool)])
            self.assertEqual(self.operations(built), expected)

    def test_if_of_a_shape(self):
        then_branch = graph([node("Relu", "x", "t")], outputs=["t"])
        else_branch = graph([node("Neg", "x", "e")], outputs=["e"])
        built = model([node("Shape", "x", "s"), node("Gather", "s one", "c"), node("Equal", "c four", "is_four"),
                       node("If", "is_four", then_branch=then_branch, else_branch=else_branch)],
                      [ints("one", 1), ints("four", 4)], [value("x", ("n", 4))])
        self.assertIn("relu", self.operations(built))
        self.assertNotIn("neg", self.operations(built))

    def test_external_data(self):
        values = np.arange(12, dtype=np.float32)
        (pathlib.Path(self.folder.name) / "data.bin").write_bytes(b"\0" * 16 + values.tobytes())
        external = TensorProto(name="w", dims=[2, 6], data_type=FLOAT, data_location=TensorProto.EXTERNAL)
        for key, text in (("location", "data.bin"), ("offset", "16"), ("length", "48")):
            external.external_data.add(key=key, value=text)
        self.imported(model(node("Add", "x w"), [external], [value("x", (2, 6))]))
        self.assertIn(values.tobytes(), (pathlib.Path(self.folder.name) / "model.onnx.safetensors").read_bytes())

    def test_no_weight_file_is_left_by_a_failure(self):
        built = model([node("Add", "x w", "a"), node("Sigmod", "a")], [weights("w", 6)])
        process = models.import_bytes(self.folder.name, built.SerializeToString())
        self.assertEqual(process.returncode, 1)
        self.assertEqual([path.name for path in pathlib.Path(self.folder.name).iterdir()], ["model.onnx"])


if __name__ == "__main__":
    unittest.main()
