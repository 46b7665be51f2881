"""What was an attribute in an old opset and is an input in a new one imports to the same network."""
import re
import tempfile
import unittest

import models
from models import INT64, ints, model, node, tensor, value


def old(op, opset, inputs="x", outputs="y", **attributes):
    return model(node(op, inputs, outputs, **attributes), opset=opset)


def new(op, opset, inputs, initializers, outputs="y", **attributes):
    return model(node(op, inputs, outputs, **attributes), initializers, opset=opset)


PAIRS = {
    "squeeze": (old("Squeeze", 11, axes=[0]), new("Squeeze", 13, "x a", [ints("a", [0])])),
    "unsqueeze": (old("Unsqueeze", 11, axes=[0, -1]), new("Unsqueeze", 13, "x a", [ints("a", [0, 5])])),
    "slice": (old("Slice", 9, starts=[1, -3], ends=[3, 1000], axes=[1, 2]),
              new("Slice", 10, "x s e a", [ints("s", [1, -3]), ints("e", [3, 1000]), ints("a", [1, 2])])),
    "slice_axes": (old("Slice", 9, starts=[0, 1], ends=[1, 3]),
                   new("Slice", 13, "x s e a t", [ints("s", [0, 1]), ints("e", [1, 3]), ints("a", [0, 1]), ints("t", [1, 1])])),
    "clip": (old("Clip", 10, min=0.0, max=6.0), new("Clip", 11, "x l h", [tensor("l", 0), tensor("h", 6)])),
    "clip_low": (old("Clip", 6, min=0.0), new("Clip", 13, "x l", [tensor("l", 0)])),
    "pad": (old("Pad", 10, pads=[0, 0, 1, 2, 0, 0, 3, 4], value=1.5),
            new("Pad", 11, "x p v", [ints("p", [0, 0, 1, 2, 0, 0, 3, 4]), tensor("v", 1.5)])),
    "reduce_sum": (old("ReduceSum", 12, axes=[2, 3], keepdims=0), new("ReduceSum", 13, "x a", [ints("a", [-1, -2])], keepdims=0)),
    "reduce_max": (old("ReduceMax", 17, axes=[1]), new("ReduceMax", 18, "x a", [ints("a", [1])])),
    "reduce_all": (old("ReduceMean", 17), new("ReduceMean", 18, "x", [])),
    "split": (old("Split", 12, outputs="y z", axis=1, split=[1, 3]), new("Split", 13, "x s", [ints("s", [1, 3])], "y z", axis=1)),
    "split_equal": (old("Split", 12, outputs="y z", axis=1), new("Split", 18, "x", [], "y z", axis=1, num_outputs=2)),
    "upsample": (old("Upsample", 7, scales=[1.0, 1.0, 2.0, 3.0]), new("Upsample", 9, "x s", [tensor("s", [1, 1, 2, 3])])),
    "resize": (new("Upsample", 9, "x s", [tensor("s", [1, 1, 2, 3])]), new("Resize", 10, "x s", [tensor("s", [1, 1, 2, 3])])),
    "resize_asymmetric": (new("Resize", 10, "x s", [tensor("s", [1, 1, 2, 3])]),
                          new("Resize", 13, "x _ s", [tensor("s", [1, 1, 2, 3])], nearest_mode="floor",
                              coordinate_transformation_mode="asymmetric")),
    "resize_axes": (new("Resize", 13, "x _ _ s", [ints("s", [1, 4, 9, 8])]),
                    new("Resize", 18, "x _ _ s", [ints("s", [9, 8])], axes=[2, 3])),
    "dropout": (old("Dropout", 7, ratio=0.3), new("Dropout", 13, "x r t", [tensor("r", 0.3), tensor("t", False, bool)])),
    "top_k": (old("TopK", 7, outputs="y i", k=2, axis=1), new("TopK", 11, "x k", [ints("k", [2])], "y i", axis=1)),
    "softmax_last": (old("Softmax", 11, axis=3), old("Softmax", 13)),
    "bias_axis": (model(node("Add", "x w", broadcast=1, axis=1), [tensor("w", [1, 2, 3, 4])], opset=6),
                  model([node("Reshape", "w s", "r"), node("Add", "x r")], [tensor("w", [1, 2, 3, 4]), ints("s", [4, 1, 1])])),
}


def imported(built):
    """The module without names of constants; those of rank 0 and of one element look the same."""
    with tempfile.TemporaryDirectory() as folder:
        process = models.import_bytes(folder, built.SerializeToString())
    if process.returncode:
        raise AssertionError(process.stderr)
    text = re.sub(r"<\[?([-0-9.e+]+)\]?> : tensor<(1x)?", r"<\1> : tensor<", process.stdout)
    return re.sub(r'tensor<1xf32>', "tensor<f32>", text)


class Opsets(unittest.TestCase):
    def test_pairs(self):
        for name, (before, after) in PAIRS.items():
            with self.subTest(name):
                self.assertEqual(imported(before), imported(after))

    def test_softmax_flattens_until_opset_12(self):
        before, after = imported(old("Softmax", 12)), imported(old("Softmax", 13, axis=1))
        self.assertIn("(tensor<1x144xf32>) -> tensor<1x144xf32>", before)
        self.assertIn("(tensor<1x4x6x6xf32>) -> tensor<1x4x6x6xf32>", after)


if __name__ == "__main__":
    unittest.main()
