"""Pools, reductions, softmax, resizing and movement on random shapes, layouts and attributes, against ONNX Runtime and NumPy.

A failing case names the seed: CONVOY_TEST_SEED=SEED repeats it. CONVOY_TEST_COUNT says how many cases of each family run.
"""

import os
import random
import sys
import unittest
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from cases import LAYOUTS, Case, Judged, onnx_answer

SEED = int(os.environ.get("CONVOY_TEST_SEED", 2026))
COUNT = int(os.environ.get("CONVOY_TEST_COUNT", 8))
AVX2 = "x86-64-linux-avx-avx2-f16c-fma-sse41"


class Generator:
    """Random choices, the same for the same seed."""

    def __init__(self, seed):
        self.pick = random.Random(seed)
        self.numbers = np.random.default_rng(seed)

    def between(self, least, most):
        return self.pick.randint(least, most)

    def image(self):
        shape = (self.between(1, 2), self.between(1, 50), self.between(3, 17), self.between(3, 17))
        return self.numbers.uniform(-2, 2, shape).astype(np.float32)

    def layout(self):
        name = self.pick.choice(sorted(LAYOUTS))
        return name, LAYOUTS[name]

    def case(self, number, family, op, inputs, expected, **attributes):
        name, layout = self.layout()
        shapes = " ".join(str(a.shape) for a in inputs)
        title = f"CONVOY_TEST_SEED={SEED} {family} {number}: {op} {shapes} {name} {attributes}"
        tolerance = attributes.pop("tolerance", 2e-5)
        return Case(title, op, inputs, np.ascontiguousarray(expected), layout=layout, tolerance=tolerance, **attributes)


class Random(Judged):
    def family(self, make, salt):
        """Cases of one family, every fourth on AVX2."""
        cases = []
        for number in range(COUNT):
            cases.append(make(Generator(SEED * 1000003 + salt * 100003 + number), number))
        self.judge(cases[::4], AVX2)
        self.judge([case for number, case in enumerate(cases) if number % 4])

    def test_pool(self):
        def make(g, number):
            x, kind = g.image(), g.pick.choice(["max", "average"])
            window = [g.between(1, 3), g.between(1, 3)]
            strides = [g.between(1, 3), g.between(1, 3)]
            pads = [g.between(0, w - 1) for w in window + window]
            attributes = {"window": window, "strides": strides, "pads": pads}
            if kind == "max":
                expected = onnx_answer("MaxPool", [x], kernel_shape=window, strides=strides, pads=pads)
                return g.case(number, "pool", "pool", [x], expected, kind=kind, dilations=[1, 1], **attributes)
            include = g.between(0, 1)
            expected = onnx_answer(
                "AveragePool", [x], kernel_shape=window, strides=strides, pads=pads, count_include_pad=include
            )
            return g.case(
                number, "pool", "pool", [x], expected, kind=kind, dilations=[1, 1], count_include_pad=include, **attributes
            )

        self.family(make, 1)

    def test_reduce(self):
        def make(g, number):
            x = g.image()
            axes = sorted(g.pick.sample(range(4), g.between(1, 3)))
            kind, apply = g.pick.choice([("mean", np.mean), ("sum", np.sum), ("max", np.max), ("min", np.min)])
            keep = g.between(0, 1)
            expected = apply(x.astype(np.float64), tuple(axes), keepdims=bool(keep)).astype(np.float32)
            return g.case(number, "reduce", "reduce", [x], expected, kind=kind, axes=axes, keep_dims=keep)

        self.family(make, 2)

    def test_softmax(self):
        def make(g, number):
            x, axis, log = 4 * g.image(), g.between(0, 3), g.between(0, 1)
            expected = onnx_answer("LogSoftmax" if log else "Softmax", [x], axis=axis)
            return g.case(number, "softmax", "softmax", [x], expected, axis=axis, log=log)

        self.family(make, 3)

    def test_resize(self):
        def make(g, number):
            x, mode = g.image(), g.pick.choice(["nearest", "linear", "cubic"])
            sizes = [g.between(2, 30), g.between(2, 30)]
            coordinates = g.pick.choice(["half_pixel", "align_corners", "asymmetric", "pytorch_half_pixel"])
            if mode == "nearest":  # Elsewhere pixels lie halfway between two but for rounding, which nobody promises.
                sizes, coordinates = [g.between(1, 3) * extent for extent in x.shape[2:]], "half_pixel"
            expected = onnx_answer(
                "Resize",
                [x, None, None, np.array(list(x.shape[:2]) + sizes, np.int64)],
                mode=mode,
                coordinate_transformation_mode=coordinates,
                nearest_mode="round_prefer_floor",
            )
            return g.case(
                number, "resize", "resize", [x], expected, axes=[2, 3], mode=mode, coordinates=coordinates,
                nearest="round_prefer_floor", tolerance=5e-5,
            )

        self.family(make, 4)

    def test_movement(self):
        def make(g, number):
            x = g.image()
            kind = g.pick.choice(["transpose", "concat", "slice", "pad"])
            if kind == "transpose":
                permutation = g.pick.sample(range(4), 4)
                return g.case(number, "move", kind, [x], x.transpose(permutation), permutation=permutation, tolerance=0)
            axis = g.between(0, 3)
            if kind == "concat":
                shape = list(x.shape)
                shape[axis] = g.between(1, 20)
                y = g.numbers.uniform(-2, 2, shape).astype(np.float32)
                return g.case(number, "move", kind, [x, y], np.concatenate([x, y], axis), axis=axis, tolerance=0)
            if kind == "slice":
                start, step = g.between(0, x.shape[axis] - 1), g.between(1, 3)
                index = [slice(None)] * 4
                index[axis] = slice(start, None, step)
                return g.case(
                    number, "move", kind, [x], x[tuple(index)], axes=[axis], starts=[start], steps=[step], tolerance=0
                )
            pads = [g.between(0, 2) for _ in range(8)]
            mode, numpy_mode = g.pick.choice([("constant", "constant"), ("edge", "edge")])
            extra = {"constant_values": 1.5} if mode == "constant" else {}
            expected = np.pad(x, list(zip(pads[:4], pads[4:])), numpy_mode, **extra)
            return g.case(number, "move", kind, [x], expected, pads=pads, mode=mode, value=1.5, tolerance=0)

        self.family(make, 5)

    def test_elementwise(self):
        def make(g, number):
            x = g.image()
            y = g.numbers.uniform(-2, 2, [d if g.between(0, 1) else 1 for d in x.shape]).astype(np.float32)
            function, apply = g.pick.choice([("add", np.add), ("sub", np.subtract), ("mul", np.multiply), ("max", np.maximum)])
            if y.shape == (1, 1, 1, 1):
                y = y.repeat(x.shape[1], 1)
            return g.case(number, "elementwise", "elementwise", [x, y], apply(x, y), function=function, tolerance=1e-6)

        self.family(make, 6)


if __name__ == "__main__":
    unittest.main()
