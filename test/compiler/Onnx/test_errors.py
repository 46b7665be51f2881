"""Each mistake that a model can have gives a diagnostic that names file and node, and exit code 1."""
import tempfile
import unittest

import numpy as np
from onnx import TensorProto, helper

import models
from models import BOOL, FLOAT, INT64, graph, ints, model, node, tensor, value, weights


def conv(weight=(8, 4, 3, 3), **attributes):
    return model(node("Conv", "x w", **attributes), [weights("w", *weight)])


def one(op, initializers=(), inputs="x", opset=17, shape=(1, 4, 6, 6), dtype=FLOAT, **attributes):
    return model(node(op, inputs, **attributes), initializers, [value("x", shape, dtype)], opset=opset)


def runtime(op, inputs, **attributes):
    """A quantised operator of ONNX Runtime's own domain."""
    built = helper.make_node(op, inputs.split(), ["y"], name=f"my_{op}", domain="com.microsoft", **attributes)
    return model(built, [tensor("s", 0.1), tensor("z", 3, np.uint8)], [value("x", (1, 4, 6, 6), TensorProto.UINT8)],
                 opsets=[helper.make_opsetid("com.microsoft", 1)])


def raw_tensor(name, dims, data, dtype=FLOAT):
    result = TensorProto(name=name, dims=dims, data_type=dtype)
    result.raw_data = data
    return result


def external(**entries):
    result = TensorProto(name="w", dims=[4], data_type=FLOAT, data_location=TensorProto.EXTERNAL)
    for key, text in entries.items():
        result.external_data.add(key=key, value=text)
    return model(node("Add", "x w"), [result], [value("x", (4,))])


def without(build, change):
    built = build
    change(built)
    return built


def recursive_function():
    body = [helper.make_node("f", ["a"], ["b"], domain="local")]
    function = helper.make_function("local", "f", ["a"], ["b"], body, [helper.make_opsetid("local", 1)])
    return model(helper.make_node("f", ["x"], ["y"], name="call", domain="local"), functions=[function],
                 opsets=[helper.make_opsetid("local", 1)])


def doubling_functions(levels=24):
    names, opsets = [f"f{i}" for i in range(levels)], [helper.make_opsetid("", 17), helper.make_opsetid("local", 1)]
    bodies = [[helper.make_node(next_name, ["a"], ["t"], domain="local"), helper.make_node(next_name, ["t"], ["b"], domain="local")]
              for next_name in names[1:]] + [[helper.make_node("Relu", ["a"], ["b"])]]
    functions = [helper.make_function("local", name, ["a"], ["b"], body, opsets) for name, body in zip(names, bodies)]
    return model(helper.make_node("f0", ["x"], ["y"], name="call", domain="local"), functions=functions,
                 opsets=[helper.make_opsetid("local", 1)])


def call(inputs, outputs, body_output="b"):
    body = [helper.make_node("Relu", ["a"], [body_output])]
    function = helper.make_function("local", "f", ["a"], ["b"], body, [helper.make_opsetid("", 17)])
    return model(helper.make_node("f", inputs, outputs, name="call", domain="local"), functions=[function],
                 opsets=[helper.make_opsetid("local", 1)])


def condition(initializers=(), inputs=None, then_outputs=("t",)):
    then_branch = graph([node("Relu", "x", "t")], outputs=then_outputs)
    else_branch = graph([node("Neg", "x", "e")], outputs=["e"])
    return model(node("If", "c", then_branch=then_branch, else_branch=else_branch), initializers,
                 [value("x")] + (inputs or []))


NO_SHAPE = helper.make_tensor_value_info("x", FLOAT, None)
SEQUENCE = helper.make_tensor_sequence_value_info("x", FLOAT, None)

# case: (model, text of the diagnostic)
CASES = {
    # The file.
    "opset_too_new": (one("Relu", opset=99), "opset 99 isn't supported"),
    "opset_too_old": (one("Relu", opset=5), "opset 5 isn't supported"),
    "no_graph": (without(one("Relu"), lambda m: m.ClearField("graph")), "the model has no graph"),
    "no_opset": (without(one("Relu"), lambda m: m.ClearField("opset_import")), "which isn't imported"),
    "no_output": (model(node("Relu"), outputs=()), "the graph has no output"),
    "output_missing": (model(node("Relu"), outputs=("z",)), "output 'z' is produced by no node"),
    "output_type": (without(one("Relu"), lambda m: m.graph.output[0].CopyFrom(value("y", None, INT64))),
                    "is declared with elements of type 'i64'"),
    # Inputs.
    "input_sequence": (model(node("Relu"), inputs=[SEQUENCE]), "input 'x' isn't a tensor"),
    "input_without_shape": (model(node("Relu"), inputs=[NO_SHAPE]), "has no shape; give one with --shape x="),
    "input_string": (one("Relu", dtype=TensorProto.STRING), "element type STRING isn't supported"),
    "input_type_unknown": (one("Relu", dtype=99), "element type 99 doesn't exist"),
    "input_huge": (one("Relu", shape=(1 << 30, 1 << 30)), "has impossible dimensions"),
    "input_dimension_negative": (one("Relu", shape=(1, -3, 4)), "dimension 1 is -3; a name, nothing or -1 stands for"),
    "input_dimension_huge": (one("Relu", shape=(1 << 40,)), "dimension 0 has 1099511627776 elements"),
    "input_twice": (model(node("Relu"), inputs=[value("x"), value("x")]), "two inputs of the name 'x'"),
    # Tensors.
    "tensor_short": (one("Add", [raw_tensor("w", [4], b"1234")], "x w"), "needs 16 bytes, the model has 4"),
    "tensor_huge": (one("Add", [raw_tensor("w", [1 << 60, 1 << 60], b"")], "x w"), "has impossible dimensions"),
    "tensor_big": (one("Add", [raw_tensor("w", [1 << 40], b"")], "x w"), "needs 4398046511104 bytes"),
    "tensor_negative": (one("Add", [raw_tensor("w", [-1], b"")], "x w"), "has impossible dimensions"),
    "tensor_type": (one("Add", [raw_tensor("w", [1], b"1", TensorProto.FLOAT8E4M3FN)], "x w"), "FLOAT8E4M3FN"),
    "tensor_twice": (one("Add", [weights("w", 6), weights("w", 6)], "x w"), "two tensors, or a tensor and an input"),
    "tensor_segment": (one("Add", [without(weights("w", 6), lambda t: t.segment.__setattr__("begin", 0))], "x w"),
                       "cut into segments"),
    "external_absent": (external(location="nothing.bin"), "has external data in 'nothing.bin', which can't be read"),
    "external_absolute": (external(location="/etc/passwd"), "isn't a path inside the model's folder"),
    "external_outside": (external(location="../../../../../../etc/passwd"), "isn't a file inside the model's folder"),
    "external_offset": (external(location="model.onnx", offset="9999999"), "lies at bytes 9999999"),
    "external_overflow": (external(location="model.onnx", offset="18446744073709551610"), "lies at bytes"),
    "external_length": (external(location="model.onnx", length="8"), "needs 16 bytes, its external data has 8"),
    "external_number": (external(location="model.onnx", offset="zero"), "offset 'zero' isn't a number"),
    "external_nameless": (external(), "isn't a path inside the model's folder"),
    # The graph.
    "cycle": (model([node("Add", "x b", "a", "first"), node("Relu", "a", "b", "second"), node("Neg", "b", "y")]),
              "the graph has a cycle"),
    "input_absent": (one("Add", inputs="x w"), "input 'w' is neither an input of the graph"),
    "input_misspelt": (model([node("Relu", "x", "hidden"), node("Neg", "hiden")]), "did you mean 'hidden'?"),
    "value_twice": (model([node("Relu"), node("Neg")]), "output 'y' has the name of another value"),
    "operator_misspelt": (one("Sigmod"), "operator 'Sigmod' (opset 17) isn't supported; did you mean 'Sigmoid'?"),
    "operator_unknown": (one("Frobnicate"), "operator 'Frobnicate' (opset 17) isn't supported"),
    "operator_domain": (model(helper.make_node("FusedConv", ["x"], ["y"], name="my_Fused", domain="com.microsoft")),
                        "operator 'FusedConv' of domain 'com.microsoft' isn't supported"),
    "operator_too_old": (one("Gelu", opset=17), "'Gelu' isn't part of opset 17: it is from opset 20 on"),
    "operator_too_new": (one("Upsample", opset=10, scales=[1.0] * 4), "it is from opset 7 to 9"),
    "operator_sequence": (one("SplitToSequence"), "it works on sequences"),
    "operator_loop": (one("Loop", body=graph([node("Relu", "x", "z")], outputs=["z"])), "it runs a subgraph"),
    "attribute_misspelt": (conv(dilation=[1, 1]), "Conv (opset 17): has no attribute 'dilation'; did you mean 'dilations'?"),
    "attribute_kind": (conv(strides=2), "attribute 'strides' must be integers, it is an integer"),
    "inputs_few": (one("Add"), "Add (opset 17): takes 2 inputs, the node has 1"),
    "inputs_many": (one("Relu", inputs="x x"), "takes 1 inputs, the node has 2"),
    "inputs_left_out": (model(node("Add", "_ x")), "takes 2 inputs, the node has 1"),
    "output_unsupported": (model([node("MaxPool", "x", "p i", kernel_shape=[2, 2]), node("Neg", "i")]),
                           "output 1 of operator 'MaxPool' isn't supported"),
    "graph_output_unsupported": (model(node("MaxPool", "x", "y i", kernel_shape=[2, 2]), outputs=("y", "i")),
                                 "output 'i' can't be given: output 1 of operator 'MaxPool'"),
    # Functions and conditions.
    "function_recursive": (recursive_function(), "nested more than 32 deep"),
    "function_bomb": (doubling_functions(), "more than 200000 nodes, its functions inlined"),
    "function_inputs": (call(["x", "x"], ["y"]), "function 'f' has 1 inputs and 1 outputs, the node has 2 and 1"),
    "function_output": (call(["x"], ["y"], "other"), "no node of the body of 'f' produces its output 'b'"),
    "if_unknown": (condition(inputs=[value("c", (), BOOL)]), "the condition isn't known when the model is compiled"),
    "if_branch": (condition([tensor("c", True, bool)], then_outputs=()), "a branch is missing or has too few outputs"),
    # Convolution and pooling.
    "conv_channels": (conv((8, 3, 3, 3)), "convolution_c4"),
    "conv_rank": (conv((8, 4, 3)), "the input has 4 dimensions, the weight 3"),
    "conv_flat": (one("Conv", [weights("w", 8, 4)], "x w", shape=(1, 4)), "the input must have at least 3 dimensions"),
    "conv_kernel_shape": (conv(kernel_shape=[5, 5]), "attribute 'kernel_shape' [5, 5] differs from the weight's [3, 3]"),
    "conv_strides": (conv(strides=[1]), "attribute 'strides' has 1 numbers where the input asks for 2"),
    "conv_zero_stride": (conv(strides=[0, 1]), "must be positive"),
    "conv_auto_pad": (conv(auto_pad="SOME"), "attribute 'auto_pad' is 'SOME'"),
    "conv_same_symbolic": (model(node("Conv", "x w", auto_pad="SAME_UPPER", strides=[2, 2]), [weights("w", 8, 4, 3, 3)],
                                 [value("x", (1, 4, "h", "w_"))]), "give the input's shape with --shape"),
    "conv_transpose_output_shape": (one("ConvTranspose", [weights("w", 4, 8, 3, 3)], "x w", output_shape=[7]),
                                    "attribute 'output_shape' has 1 numbers for 2 spatial dimensions"),
    "conv_transpose_symbolic": (model(node("ConvTranspose", "x w", output_shape=[7, 7]), [weights("w", 4, 8, 3, 3)],
                                      [value("x", (1, 4, "h", "w_"))]), "attribute 'output_shape' needs a known extent"),
    "pool_no_kernel": (one("MaxPool"), "attribute 'kernel_shape' is missing"),
    "pool_kernel": (one("MaxPool", kernel_shape=[2]), "attribute 'kernel_shape' has 1 numbers for 2 spatial dimensions"),
    "pool_window": (one("MaxPool", kernel_shape=[9, 9]), "pool_c4"),
    # Products.
    "gemm_rank": (one("Gemm", [weights("w", 4, 4)], "x w"), "both factors must have 2 dimensions"),
    "matmul_inner": (one("MatMul", [weights("w", 5, 4)], "x w"), "matmul_c2"),
    "matmul_scalar": (one("MatMul", [tensor("w", 1)], "x w"), "scalars have no matrix product"),
    "einsum_terms": (one("Einsum", equation="abcd,ab->cd"), "another number of terms"),
    "einsum_three": (one("Einsum", inputs="x x x", equation="abcd,abcd,abcd->a"), "more than two factors"),
    "einsum_diagonal": (one("Einsum", equation="abcc->a"), "letters that repeat within a term"),
    "einsum_letters": (one("Einsum", equation="abc->a"), "another number of letters"),
    "einsum_output": (one("Einsum", equation="abcd->z"), "the output has a letter that no input has"),
    # Elementwise.
    "broadcast": (one("Add", [weights("w", 5)], "x w"), "elementwise_c4"),
    "types_differ": (one("Add", [ints("w", [1])], "x w"), "elementwise_c5"),
    "type_unfit": (one("Sqrt", dtype=INT64), "elementwise_c5"),
    "mod_float": (one("Mod", inputs="x x"), "need attribute 'fmod' = 1"),
    "bit_shift": (one("BitShift", inputs="x x", direction="UP", dtype=TensorProto.UINT8), "must be LEFT or RIGHT"),
    "cast_type": (one("Cast", to=TensorProto.STRING), "element type STRING isn't supported"),
    "dropout_training": (one("Dropout", [tensor("r", 0.5), tensor("t", True, bool)], "x r t"), "dropping elements"),
    "legacy_axis": (model(node("Add", "x w", broadcast=1, axis=3), [weights("w", 6, 6)], opset=6), "axis 3"),
    # Normalisation.
    "batch_norm_training": (one("BatchNormalization", [weights(n, 4) for n in "sbmv"], "x s b m v", training_mode=1),
                            "training_mode isn't supported"),
    "batch_norm_rank": (one("BatchNormalization", [weights(n, 4, 1) for n in "sbmv"], "x s b m v"), "must have 1 dimension"),
    "batch_norm_spatial": (one("BatchNormalization", [weights(n, 4) for n in "sbmv"], "x s b m v", opset=7, spatial=0),
                           "statistics per element"),
    "group_norm": (one("GroupNormalization", [weights("s", 3), weights("b", 3)], "x s b", opset=18, num_groups=3),
                   "attribute 'num_groups' is 3, which doesn't divide the channels"),
    "lrn_size": (one("LRN"), "attribute 'size' must be positive"),
    "lp_norm": (one("LpNormalization", p=3), "attribute 'p' is 3, not 1 or 2"),
    "softmax_axis": (one("Softmax", axis=4), "axis 4 isn't one of the 4 dimensions"),
    # Reduction.
    "reduce_axes_unknown": (model(node("ReduceSum", "x a"), inputs=[value("x"), value("a", (1,), INT64)]),
                            "input 'axes' must be known when the model is compiled"),
    "reduce_axis_twice": (one("ReduceMax", axes=[1, -3]), "axis -3 is given twice"),
    "cumsum_axis": (one("CumSum", [ints("a", [0, 1])], "x a"), "input 'axis' must have one element, it has 2"),
    # Movement.
    "reshape_count": (one("Reshape", [ints("s", [5, -1])], "x s"), "reshape_c1"),
    "reshape_unknown": (model(node("Reshape", "x s"), inputs=[value("x"), value("s", (2,), INT64)]), "reshape_c2"),
    "squeeze": (one("Squeeze", [ints("a", [1])], "x a"), "dimension 1 has 4 elements"),
    "unsqueeze_axes": (one("Unsqueeze", opset=11), "'axes' is missing"),
    "transpose": (one("Transpose", perm=[0, 1]), "transpose_c1"),
    "concat_axis": (one("Concat", inputs="x x"), "attribute 'axis' is missing"),
    "concat_shape": (one("Concat", [weights("w", 1, 4, 5, 6)], "x w", axis=1), "concat_c2"),
    "tile": (one("Tile", [ints("r", [1, 2])], "x r"), "must have one number per dimension, 4"),
    "depth_to_space": (one("DepthToSpace", blocksize=3), "which 9 doesn't divide"),
    "depth_to_space_mode": (one("DepthToSpace", blocksize=2, mode="ABC"), "not DCR or CRD"),
    "space_to_depth": (one("SpaceToDepth"), "a positive 'blocksize'"),
    "slice_missing": (one("Slice"), "inputs 'starts' and 'ends' are missing"),
    "slice_counts": (one("Slice", [ints("s", [0, 0]), ints("e", [1, 1]), ints("a", [0])], "x s e a"), "one number per axis"),
    "slice_attributes": (one("Slice", opset=9, starts=[0]), "attributes 'starts' and 'ends'"),
    "slice_step": (one("Slice", [ints("s", [0]), ints("e", [1]), ints("a", [0]), ints("t", [0])], "x s e a t"), "slice_c2"),
    "split_sum": (model(node("Split", "x s", "y z", axis=1), [ints("s", [1, 2])]), "the parts have 3 elements together"),
    "split_outputs": (model(node("Split", "x s", "y z", axis=1), [ints("s", [1, 1, 2])]), "splits into 3 parts"),
    "split_num_outputs": (model(node("Split", "x", "y z", num_outputs=9), opset=18), "attribute 'num_outputs' differs"),
    "split_negative": (model(node("Split", "x s", "y z", axis=1), [ints("s", [-1, 5])]), "a part of -1 elements"),
    "split_symbolic": (model(node("Split", "x", "y z"), inputs=[value("x", ("n", 4))]), "must be known to split it"),
    "pad_mode": (one("Pad", [ints("p", [0] * 8)], "x p", mode="mirror"), "attribute 'mode' is 'mirror'"),
    "pad_missing": (one("Pad"), "input 'pads' is missing"),
    "pad_attribute": (one("Pad", opset=10), "attribute 'pads' is missing"),
    "pad_axes": (one("Pad", [ints("p", [1, 1]), tensor("v", 0), ints("a", [2, 3])], "x p v a", opset=18), "two numbers per axis"),
    "pad_count": (one("Pad", [ints("p", [1, 1])], "x p"), "pad_c1"),
    "eye_like": (one("EyeLike"), "the input must have 2 dimensions"),
    "trilu": (one("Trilu", shape=(4,)), "the input must have at least 2 dimensions"),
    # Indices.
    "gather_axis": (one("Gather", [ints("i", [0])], "x i", axis=7), "axis 7 isn't one of the 4 dimensions"),
    "gather_float": (one("Gather", [tensor("i", [0])], "x i"), "gather_c2"),
    "scatter_reduction": (one("ScatterND", [ints("i", [[0]]), weights("u", 1, 4, 6, 6)], "x i u", reduction="avg"),
                          "attribute 'reduction' is 'avg'"),
    "one_hot": (one("OneHot", [ints("d", 3), tensor("v", [0, 1, 2])], "x d v"), "must have 2 elements, off and on"),
    # Sources.
    "constant_empty": (model([node("Constant", "", "c"), node("Add", "x c")]), "Constant (opset 17): has no value"),
    "constant_string": (model([node("Constant", "", "c", value_string="a"), node("Add", "x c")]), "strings aren't supported"),
    "constant_of_shape": (model([node("ConstantOfShape", "s", "c", value=tensor("v", [1, 2])), node("Add", "x c")],
                                [ints("s", [6])]), "attribute 'value' must have one element, it has 2"),
    # Resize.
    "resize_nothing": (one("Resize"), "has neither 'scales' nor 'sizes'"),
    "resize_mode": (one("Resize", [tensor("s", [1, 1, 2, 2])], "x _ s", mode="sinc"), "attribute 'mode' is 'sinc'"),
    "resize_crop": (one("Resize", [tensor("s", [1, 1, 2, 2])], "x _ s",
                        coordinate_transformation_mode="tf_crop_and_resize"), "'tf_crop_and_resize' isn't supported"),
    "resize_nearest": (one("Resize", [tensor("s", [1, 1, 2, 2])], "x _ s", nearest_mode="any"), "nearest_mode 'any'"),
    "resize_scale": (one("Resize", [tensor("s", [1, 1, -2, 2])], "x _ s"), "isn't a positive number"),
    "resize_scales": (one("Resize", [tensor("s", [2, 2])], "x _ s"), "there are 2 scales for 4 dimensions"),
    "resize_sizes": (one("Resize", [ints("s", [2, 2])], "x _ _ s"), "must have one number per dimension, 4"),
    "resize_size": (one("Resize", [ints("s", [1, 4, 0, 2])], "x _ _ s"), "size 0 isn't positive"),
    "resize_aspect": (model(node("Resize", "x _ _ s", keep_aspect_ratio_policy="not_larger", axes=[2, 3]),
                            [ints("s", [9, 9])], [value("x", (1, 4, "h", "w"))], opset=18), "keep_aspect_ratio_policy needs"),
    # Quantisation and library functions.
    "quantize_blocks": (one("QuantizeLinear", [tensor("s", [[1.0]])], "x s", opset=21, block_size=2), "scales in blocks"),
    "quantize_scale": (one("QuantizeLinear", [tensor("s", [[1, 2], [3, 4]])], "x s"), "scales in blocks aren't supported"),
    "quantize_infinite": (one("QuantizeLinear", [tensor("s", np.inf)], "x s"), "QuantizeLinear (opset 17): a scale is infinite"),
    "quantize_negative": (one("QuantizeLinear", [tensor("s", -0.5)], "x s"), "QuantizeLinear (opset 17): a scale is negative"),
    "quantize_zeros": (one("QuantizeLinear", [tensor("s", [1, 2, 3, 4]), tensor("z", [3, 3, 3], np.uint8)], "x s z"),
                       "scale and zero point must broadcast to [1, 4, 6, 6], but one has the shape [1, 3, 1, 1]"),
    "dequantize_nan": (one("DequantizeLinear", [tensor("s", [1, 1, np.nan, 1])], "x s", dtype=TensorProto.UINT8),
                       "a scale is not a number"),
    "dequantize_wide": (one("DequantizeLinear", [tensor("s", 1)], "x s", dtype=INT64), "quantised numbers of type 'i64'"),
    "quantize_wide": (one("QuantizeLinear", [tensor("s", 1), ints("z", 0)], "x s z"), "quantisation to 'i64' isn't supported"),
    "runtime_channels_last": (runtime("QLinearGlobalAveragePool", "x s z s z", channels_last=1), "'channels_last' isn't supported"),
    "runtime_concat": (runtime("QLinearConcat", "s z x s z x", axis=1), "each operand must have a scale and a zero point"),
    "runtime_softmax": (runtime("QLinearSoftmax", "x s z s z", axis=1, opset=12), "only the last dimension is supported"),
    "top_k": (model(node("TopK", "x", "y i"), opset=11), "input 'K' is missing"),
}


class Errors(unittest.TestCase):
    def check(self, name, built, expected, *arguments):
        with tempfile.TemporaryDirectory() as folder:
            data = built if isinstance(built, bytes) else built.SerializeToString()
            process = models.import_bytes(folder, data, *arguments)
        with self.subTest(name):
            self.assertEqual(process.returncode, 1, process.stderr)
            self.assertIn(expected, process.stderr)
            self.assertIn('loc("model.onnx', process.stderr)

    def test_models(self):
        for name, (built, expected) in CASES.items():
            self.check(name, built, expected)

    def test_files(self):
        data = one("Relu").SerializeToString()
        self.check("empty", b"", "the file isn't an ONNX model")
        self.check("text", b"layer { name: 'conv1' }", "the file isn't an ONNX model")
        self.check("cut", data[:-9], "it is damaged or cut off")
        nested = b""
        for _ in range(100):
            nested = b"\x3a" + _varint(len(nested)) + nested
        self.check("deep", b"\x08\x08" + nested, "onnx")

    def test_options(self):
        self.check("unknown", one("Relu"), "the model's inputs are 'x'", "--shape=data=1x4x6x6")
        self.check("rank", one("Relu"), "--shape gives 2 dimensions, input 'x' has 4", "--shape=x=1x4")
        self.check("differs", one("Relu"), "--shape asks for 5 elements in dimension 1, the model has 4", "--shape=x=1x5x6x6")
        twice = model(node("Relu"), inputs=[value("x", ("n", "n"))])
        self.check("conflict", twice, "--shape makes dimension 'n' both 2 and 3", "--shape=x=2x3")

    def test_output_shape(self):
        """The nodes decide; a declaration that contradicts them gets a warning, one that says less does not."""
        for shape, warns in (((1, 4, 6, 5), True), ((4, 6, 6), True), ((1, 4, 6, 6), False), ((1, 4, "h", -1), False)):
            built = one("Relu")
            built.graph.output[0].CopyFrom(value("y", shape))
            with tempfile.TemporaryDirectory() as folder, self.subTest(str(shape)):
                process = models.import_bytes(folder, built.SerializeToString())
                self.assertEqual(process.returncode, 0, process.stderr)
                self.assertEqual("output 'y' is declared as" in process.stderr, warns, process.stderr)

    def test_unknown_extents(self):
        with tempfile.TemporaryDirectory() as folder:
            process = models.import_bytes(folder, one("Relu", shape=(-1, 3)).SerializeToString())
        self.assertEqual(process.returncode, 0, process.stderr)
        self.assertIn("tensor<?x3xf32>", process.stdout)

    def test_absent_file(self):
        process = models.run_import("no/such/model.onnx")
        self.assertEqual(process.returncode, 1)
        self.assertIn("can't read 'no/such/model.onnx'", process.stderr)


def _varint(number):
    result = b""
    while number > 127:
        result += bytes([number & 127 | 128])
        number >>= 7
    return result + bytes([number])


if __name__ == "__main__":
    unittest.main()
