"""Movement, convolution and matmul against ONNX Runtime and NumPy."""

import sys
import unittest
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from cases import LAYOUTS, Case, Judged, blocked, onnx_answer, values


class Move(Judged):
    def test_relayout(self):
        cases = []
        for shape in ((1, 3, 20, 21), (2, 40, 6, 5), (1, 64, 16, 16)):
            x = values(*shape)
            for a in LAYOUTS:
                for b in LAYOUTS:
                    if a != b and ("rows" in (a, b) or shape[0] == 2):
                        cases.append(
                            Case(f"{shape} {a} to {b}", "relayout", [x], x, layout=LAYOUTS[a], out_layout=LAYOUTS[b])
                        )
        x = values(6, 24, 3, 3)
        cases += [
            Case("to blocks", "relayout", [x], x, out_layout=blocked),
            Case("from blocks", "relayout", [x], x, layout=blocked, out_layout=LAYOUTS["rows"]),
            Case("ragged blocks", "relayout", [values(3, 5, 2, 2)], values(3, 5, 2, 2), out_layout=blocked),
        ]
        self.judge(cases)

    def test_reshape(self):
        x = values(2, 20, 5, 6)
        cases = [
            Case(f"{shape} {name}", "reshape", [x], x.reshape(shape), layout=LAYOUTS[name])
            for shape in ((2, 600), (40, 30), (2, 5, 4, 30), (2, 20, 30), (1200,), (2, 4, 5, 5, 6), (20, 2, 6, 5))
            for name in ("rows", "last")
        ]
        cases.append(
            Case(
                "symbolic",
                "reshape",
                [values(3, 20, 7, 5)],
                values(3, 20, 7, 5).reshape(3, 140, 5),
                symbols={1: 7, 2: 140},
            )
        )
        self.judge(cases)

    def test_simple(self):
        x = values(2, 20, 5, 6)
        cases = []
        for name in ("rows", "last", "halo"):
            layout = LAYOUTS[name]
            cases += [
                Case(
                    f"transpose {name}",
                    "transpose",
                    [x],
                    x.transpose(0, 2, 3, 1).copy(),
                    layout=layout,
                    permutation=[0, 2, 3, 1],
                ),
                Case(
                    f"transpose 2 {name}",
                    "transpose",
                    [x],
                    x.transpose(1, 0, 3, 2).copy(),
                    layout=layout,
                    permutation=[1, 0, 3, 2],
                ),
                Case(
                    f"slice {name}",
                    "slice",
                    [x],
                    x[:, 3:17:2, :, 1:5].copy(),
                    layout=layout,
                    axes=[1, 3],
                    starts=[3, 1],
                    steps=[2, 1],
                ),
                Case(
                    f"slice back {name}",
                    "slice",
                    [x],
                    x[:, :, ::-1, 4::-2].copy(),
                    layout=layout,
                    axes=[2, 3],
                    starts=[4, 4],
                    steps=[-1, -2],
                ),
                Case(
                    f"concat {name}",
                    "concat",
                    [x, values(2, 7, 5, 6, seed=1), x],
                    np.concatenate([x, values(2, 7, 5, 6, seed=1), x], 1),
                    layout=layout,
                    axis=1,
                ),
                Case(
                    f"concat rows {name}",
                    "concat",
                    [x, values(2, 20, 3, 6, seed=1)],
                    np.concatenate([x, values(2, 20, 3, 6, seed=1)], 2),
                    layout=layout,
                    axis=2,
                ),
                Case(
                    f"expand {name}",
                    "expand",
                    [x[:, :, :1].copy()],
                    np.broadcast_to(x[:, :, :1], x.shape).copy(),
                    layout=layout,
                ),
            ]
            for mode, numpy_mode in (
                ("constant", "constant"),
                ("reflect", "reflect"),
                ("edge", "edge"),
                ("wrap", "wrap"),
            ):
                extra = {"constant_values": 1.5} if mode == "constant" else {}
                pads = [0, 2, 1, 3, 0, 1, 2, 0]
                expected = np.pad(x, [(0, 0), (2, 1), (1, 2), (3, 0)], numpy_mode, **extra)
                cases.append(
                    Case(f"pad {mode} {name}", "pad", [x], expected, layout=layout, pads=pads, mode=mode, value=1.5)
                )
        cases.append(
            Case(
                "crop",
                "pad",
                [x],
                np.pad(x[:, :, 1:], [(0, 0), (0, 0), (0, 0), (0, 2)]),
                pads=[0, 0, -1, 0, 0, 0, 0, 2],
                mode="constant",
            )
        )
        self.judge(cases)

    def test_indexed(self):
        x = values(5, 6, 7)
        i = np.array([[0, 4, -1], [2, -5, 3]], np.int64)
        cases = [
            Case("gather 0", "gather", [x, i], np.take(x, i, 0), kind="slices", axis=0),
            Case("gather 1", "gather", [x, i.astype(np.int32)], np.take(x, i, 1), kind="slices", axis=1),
            Case("gather scalar", "gather", [x, np.array(-2, np.int64)], x[:, :, -2], kind="slices", axis=2),
        ]
        e = np.random.default_rng(1).integers(-5, 5, (3, 6, 7))
        cases.append(Case("elements", "gather", [x, e], np.take_along_axis(x, e, 0), kind="elements", axis=0))
        n = np.array([[0, 1], [4, 5], [-1, 2]], np.int64)
        cases.append(Case("nd", "gather", [x, n], onnx_answer("GatherND", [x, n]), kind="nd", axis=0))
        b = np.random.default_rng(2).integers(0, 6, (5, 2, 1))
        cases.append(
            Case("nd batch", "gather", [x, b], onnx_answer("GatherND", [x, b], batch_dims=1), kind="nd", axis=1)
        )
        updates = values(3, 6, 7, seed=3)
        once = np.argsort(np.random.default_rng(1).random((5, 6, 7)), 0)[:3]
        cases.append(
            Case(
                "scatter",
                "scatter",
                [x, once, updates],
                onnx_answer("ScatterElements", [x, once, updates], axis=0),
                kind="set",
                axis=0,
            )
        )
        for kind in ("add", "mul", "max", "min"):
            cases.append(
                Case(
                    f"scatter {kind}",
                    "scatter",
                    [x, e, updates],
                    onnx_answer("ScatterElements", [x, e, updates], axis=0, reduction=kind),
                    kind=kind,
                    axis=0,
                )
            )
        cases.append(
            Case(
                "scatter nd",
                "scatter",
                [x, n, updates[:, 0].copy()],
                onnx_answer("ScatterND", [x, n, updates[:, 0].copy()]),
                kind="set",
                nd=1,
            )
        )
        self.judge(cases)


class Sums(Judged):
    def convolution(self, x, w, b, layout="rows", transposed=False, **attributes):
        spatial = x.ndim - 2
        given = {
            "strides": [1] * spatial,
            "dilations": [1] * spatial,
            "pads": [0] * 2 * spatial,
            "groups": 1,
            **attributes,
        }
        names = {
            "strides": "strides",
            "dilations": "dilations",
            "pads": "pads",
            "groups": "group",
            "output_padding": "output_padding",
        }
        expected = onnx_answer(
            "ConvTranspose" if transposed else "Conv",
            [x, w] + ([b] if b is not None else []),
            **{names[k]: v for k, v in given.items()},
        )
        return Case(
            f"convolution {layout} {x.shape} {w.shape} {attributes} {transposed}",
            "convolution",
            [x, w, b],
            expected,
            layout=lambda s: LAYOUTS[layout](s) if tuple(s) in (x.shape, expected.shape) else "",
            transposed=int(transposed),
            **given,
        )

    def test_convolution(self):
        cases = []
        for layout in ("rows", "last", "halo"):
            x = values(2, 12, 9, 10)
            cases += [
                self.convolution(x, values(20, 12, 3, 3, seed=1), values(20, seed=2), layout, pads=[1, 1, 1, 1]),
                self.convolution(x, values(8, 12, 3, 2, seed=1), None, layout, strides=[2, 1], pads=[1, 0, 2, 1]),
                self.convolution(x, values(12, 1, 3, 3, seed=1), values(12), layout, groups=12, pads=[1, 1, 1, 1]),
                self.convolution(
                    x, values(24, 4, 3, 3, seed=1), values(24), layout, groups=3, dilations=[2, 2], pads=[2, 2, 2, 2]
                ),
                self.convolution(x, values(16, 12, 1, 1, seed=1), values(16), layout, strides=[2, 2]),
            ]
        cases += [
            self.convolution(values(2, 6, 31), values(5, 6, 4), values(5), strides=[2], pads=[1, 2]),
            self.convolution(
                values(1, 4, 6, 7, 8), values(6, 2, 2, 3, 2), values(6), groups=2, pads=[0, 1, 0, 1, 1, 1]
            ),
        ]
        self.judge(cases)

    def test_transposed_convolution(self):
        x, cases = values(1, 8, 5, 6), []
        for layout in ("rows", "last"):
            cases += [
                self.convolution(
                    x,
                    values(8, 10, 3, 3),
                    values(10),
                    layout,
                    True,
                    strides=[2, 2],
                    pads=[1, 1, 1, 1],
                    output_padding=[1, 1],
                ),
                self.convolution(x, values(8, 6, 2, 2), None, layout, True, strides=[2, 2]),
                self.convolution(
                    x,
                    values(8, 3, 4, 3),
                    values(6),
                    layout,
                    True,
                    groups=2,
                    strides=[1, 3],
                    dilations=[2, 1],
                    pads=[1, 0, 0, 1],
                ),
                self.convolution(x, values(8, 6, 3, 3), values(6), layout, True),
            ]
        self.judge(cases)

    def test_matmul(self):
        cases = [
            Case("rows", "matmul", [values(5, 33), values(33, 40)], values(5, 33) @ values(33, 40), tolerance=1e-5),
            Case("batch", "matmul", [values(2, 3, 5, 33), values(3, 33, 40)], values(2, 3, 5, 33) @ values(3, 33, 40)),
            Case(
                "transposed",
                "matmul",
                [values(33, 5), values(40, 33)],
                values(33, 5).T @ values(40, 33).T,
                transpose_lhs=1,
                transpose_rhs=1,
            ),
            Case(
                "integers",
                "matmul",
                [values(4, 9, dtype=np.int32), values(9, 6, dtype=np.int32)],
                values(4, 9, dtype=np.int32) @ values(9, 6, dtype=np.int32),
            ),
        ]
        self.judge(cases)


if __name__ == "__main__":
    unittest.main()
