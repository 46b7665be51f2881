"""Every family over symbols, and on AVX2, against ONNX Runtime and NumPy."""

import sys
import unittest
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from cases import LAYOUTS, Case, Judged, onnx_answer, values


class Families(Judged):
    """Every family: on heights and widths that are not known when compiled, and in vectors of AVX2."""

    AVX2 = "x86-64-linux-avx-avx2-f16c-fma-sse41"

    def test_families(self):
        self.judge(self.families({1: 13, 2: 11, 3: 7, 4: 6, 5: 26, 6: 22}))

    def test_known_extents_on_avx2(self):
        self.judge(self.families({}), self.AVX2)

    def families(self, symbols):
        x, cases = values(2, 20, 13, 11), []
        for name in ("last", "rows", "halo"):
            layout = LAYOUTS[name]
            pool = {"window": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1], "dilations": [1, 1]}
            onnx_pool = {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]}
            scaled = lambda mode: onnx_answer("Resize", [x, None, np.array([1, 1, 2, 2], np.float32)], mode=mode)
            for op, expected, extra in (
                ("pool", onnx_answer("MaxPool", [x], **onnx_pool), {"kind": "max", **pool}),
                ("pool", onnx_answer("AveragePool", [x], **onnx_pool), {"kind": "average", **pool}),
                ("reduce", x.mean((2, 3), keepdims=True), {"kind": "mean", "axes": [2, 3]}),
                ("reduce", x.max(1, keepdims=True), {"kind": "max", "axes": [1]}),
                ("reduce", x.sum(3, keepdims=True), {"kind": "sum", "axes": [3]}),
                ("softmax", onnx_answer("Softmax", [x], axis=1), {"axis": 1}),
                ("softmax", onnx_answer("Softmax", [x], axis=3), {"axis": 3}),
                ("resize", scaled("nearest"), {"mode": "nearest", "axes": [2, 3]}),
                ("resize", scaled("linear"), {"mode": "linear", "axes": [2, 3]}),
                ("transpose", x.transpose(0, 2, 3, 1).copy(), {"permutation": [0, 2, 3, 1]}),
            ):
                cases.append(
                    Case(
                        f"{op} {name} {extra}",
                        op,
                        [x],
                        expected,
                        layout=layout,
                        symbols=symbols,
                        tolerance=2e-5,
                        **extra,
                    )
                )
            cases.append(
                Case(
                    f"concat {name}",
                    "concat",
                    [x, x],
                    np.concatenate([x, x], 1),
                    layout=layout,
                    symbols=symbols,
                    axis=1,
                )
            )
            cases.append(
                Case(
                    f"swish {name}",
                    "elementwise",
                    [x],
                    x / (1 + np.exp(-x)),
                    layout=layout,
                    symbols=symbols,
                    function="swish",
                    parameters=[1.0],
                )
            )
        return cases


if __name__ == "__main__":
    unittest.main()
