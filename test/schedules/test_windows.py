"""Pooling, reduction, softmax and resize against ONNX Runtime and NumPy."""

import sys
import unittest
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from cases import LAYOUTS, Case, Judged, onnx_answer, row_major, run, values, with_nan


class Pool(Judged):
    def pool(self, kind, op, x, layout, name, window, strides, pads, dilations=None, ceil=0, **extra):
        spatial = len(window)
        dilations = dilations or [1] * spatial
        onnx_extra = {"count_include_pad": extra["count_include_pad"]} if "count_include_pad" in extra else {}
        if kind == "lp":
            onnx_extra["p"] = extra.get("p", 2)
        expected = onnx_answer(
            op, [x], kernel_shape=window, strides=strides, pads=pads, dilations=dilations, ceil_mode=ceil, **onnx_extra
        )
        return Case(
            f"{kind} {name} {window} {strides} {pads} {dilations} ceil {ceil} {extra}",
            "pool",
            [x],
            expected,
            layout=layout,
            kind=kind,
            window=window,
            strides=strides,
            pads=pads,
            dilations=dilations,
            ceil_mode=ceil,
            **extra,
        )

    def test_maximum(self):
        cases = []
        for name, layout in LAYOUTS.items():
            x = values(2, 20, 13, 11)
            cases += [
                self.pool("max", "MaxPool", x, layout, name, [3, 3], [2, 2], [1, 1, 1, 1]),
                self.pool("max", "MaxPool", x, layout, name, [2, 2], [2, 2], [0, 0, 0, 0]),
            ]
        x = values(1, 16, 14, 14)
        cases += [
            self.pool("max", "MaxPool", x, LAYOUTS["last"], "last", [3, 3], [2, 2], [0, 0, 0, 0], ceil=1),
            self.pool("max", "MaxPool", x, LAYOUTS["last"], "last", [3, 2], [1, 2], [2, 0, 1, 1]),
            self.pool("max", "MaxPool", x, LAYOUTS["last"], "last", [3, 3], [1, 1], [2, 2, 2, 2], [2, 2]),
            self.pool("max", "MaxPool", values(2, 5, 17), LAYOUTS["rows"], "rows", [3], [2], [1, 1]),
            self.pool(
                "max",
                "MaxPool",
                values(2, 5, 7, 8, 9),
                LAYOUTS["rows"],
                "rows",
                [2, 3, 2],
                [2, 1, 2],
                [0, 1, 0, 0, 1, 0],
            ),
        ]
        self.judge(cases)

    def test_nan_and_integers(self):
        x = with_nan(values(1, 16, 9, 9))
        windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), (2, 3))
        cases = [
            Case(
                "NaN",
                "pool",
                [x],
                windows.max((4, 5)),
                layout=LAYOUTS["last"],
                kind="max",
                window=[3, 3],
                strides=[1, 1],
                pads=[0] * 4,
                dilations=[1, 1],
            )
        ]
        i = values(1, 16, 9, 9, dtype=np.uint8)
        windows = np.lib.stride_tricks.sliding_window_view(i, (3, 3), (2, 3))
        cases.append(
            Case(
                "bytes",
                "pool",
                [i],
                windows.max((4, 5)),
                layout=LAYOUTS["last"],
                kind="max",
                window=[3, 3],
                strides=[1, 1],
                pads=[0] * 4,
                dilations=[1, 1],
            )
        )
        self.judge(cases)

    def test_average(self):
        cases = []
        for name in ("rows", "last", "halo"):
            for include in (0, 1):
                x = values(2, 20, 13, 12)
                cases += [
                    self.pool(
                        "average",
                        "AveragePool",
                        x,
                        LAYOUTS[name],
                        name,
                        [3, 3],
                        [2, 2],
                        [1, 1, 1, 1],
                        count_include_pad=include,
                    ),
                    self.pool(
                        "average",
                        "AveragePool",
                        x,
                        LAYOUTS[name],
                        name,
                        [2, 3],
                        [1, 1],
                        [0, 1, 1, 1],
                        count_include_pad=include,
                    ),
                ]
        cases.append(
            self.pool(
                "average", "AveragePool", values(1, 16, 8, 8), LAYOUTS["last"], "last", [3, 3], [2, 2], [0] * 4, ceil=1
            )
        )
        cases.append(
            self.pool("lp", "LpPool", values(1, 16, 8, 8), LAYOUTS["last"], "last", [3, 3], [2, 2], [0] * 4, p=2)
        )
        cases.append(
            self.pool("lp", "LpPool", values(1, 16, 8, 8), LAYOUTS["last"], "last", [2, 2], [2, 2], [0] * 4, p=1)
        )
        self.judge(cases)


class Reduce(Judged):
    KINDS = {
        "sum": lambda x, a, k: x.sum(a, keepdims=k),
        "mean": lambda x, a, k: x.mean(a, keepdims=k),
        "max": lambda x, a, k: x.max(a, keepdims=k),
        "min": lambda x, a, k: x.min(a, keepdims=k),
        "prod": lambda x, a, k: x.prod(a, keepdims=k),
        "l1": lambda x, a, k: np.abs(x).sum(a, keepdims=k),
        "l2": lambda x, a, k: np.sqrt((x * x).sum(a, keepdims=k)),
        "sum_square": lambda x, a, k: (x * x).sum(a, keepdims=k),
        "log_sum_exp": lambda x, a, k: np.log(np.exp(x).sum(a, keepdims=k)),
    }

    def test_kinds(self):
        cases = []
        for kind, function in self.KINDS.items():
            for axes in ([2, 3], [1], [3], [0, 1, 2, 3], [0, 2]):
                for keep in (0, 1):
                    name = ("last", "rows", "halo")[(len(axes) + keep) % 3]
                    x = values(2, 20, 5, 6)
                    expected = np.asarray(function(x.astype(np.float64), tuple(axes), bool(keep)), np.float32)
                    cases.append(
                        Case(
                            f"{kind} {axes} keep {keep} {name}",
                            "reduce",
                            [x],
                            expected,
                            layout=LAYOUTS[name],
                            kind=kind,
                            axes=axes,
                            keep_dims=keep,
                        )
                    )
        self.judge(cases)

    def test_long_sums(self):
        """Rounding does not grow with the length: one sum after the other would be off by some 1e-5."""
        image, line = np.abs(values(1, 40, 112, 112)), np.abs(values(40, 12000))
        mean = lambda x, axes: np.float32(x.astype(np.float64).mean(axes, keepdims=True))
        self.judge([
            Case("mean of an image", "reduce", [image], mean(image, (2, 3)), layout=LAYOUTS["last"], tolerance=5e-7,
                 kind="mean", axes=[2, 3]),
            Case("mean of columns", "reduce", [line.T.copy()], mean(line.T, (0,)), tolerance=5e-7, kind="mean", axes=[0]),
            Case("mean of rows", "reduce", [line], mean(line, (1,)), tolerance=5e-7, kind="mean", axes=[1]),
        ])

    def test_long_rows(self):
        x = values(3, 1003) * 10
        cases = [
            Case(
                f"{kind} of a row",
                "reduce",
                [x],
                np.float32(function(x.astype(np.float64) if kind != "prod" else x * 0 + 1, (1,), True)),
                kind=kind,
                axes=[1],
            )
            for kind, function in self.KINDS.items()
            if kind not in ("log_sum_exp", "prod")
        ]
        x = with_nan(values(2, 64))
        cases += [
            Case(f"NaN {kind}", "reduce", [x], self.KINDS[kind](x, (1,), True), kind=kind, axes=[1])
            for kind in ("max", "min", "sum", "log_sum_exp")
        ]
        i = values(4, 50, dtype=np.int64)
        cases += [
            Case(
                f"int64 {kind}",
                "reduce",
                [i],
                np.asarray(self.KINDS[kind](i, (1,), True), np.int64),
                kind=kind,
                axes=[1],
            )
            for kind in ("sum", "max", "min")
        ]
        self.judge(cases)

    def test_arguments(self):
        x = np.round(values(3, 40) * 3)
        last = x.shape[1] - 1
        cases = [
            Case("first", "reduce", [x], x.argmax(1), kind="arg_max", axes=[1], keep_dims=0),
            Case(
                "last", "reduce", [x], last - x[:, ::-1].argmax(1), kind="arg_max", axes=[1], keep_dims=0, select_last=1
            ),
            Case("least", "reduce", [x], x.argmin(0)[None], kind="arg_min", axes=[0]),
            Case(
                "channels",
                "reduce",
                [values(1, 21, 6, 5)],
                values(1, 21, 6, 5).argmax(1)[:, None],
                layout=LAYOUTS["last"],
                kind="arg_max",
                axes=[1],
            ),
        ]
        self.judge(cases)

    def test_scan(self):
        x = values(3, 7, 5)
        cases = []
        for axis in (0, 1, 2):
            for exclusive in (0, 1):
                for reverse in (0, 1):
                    expected = onnx_answer(
                        "CumSum", [x, np.array(axis, np.int64)], exclusive=exclusive, reverse=reverse
                    )
                    cases.append(
                        Case(
                            f"scan {axis} {exclusive} {reverse}",
                            "scan",
                            [x],
                            expected,
                            axis=axis,
                            exclusive=exclusive,
                            reverse=reverse,
                        )
                    )
        self.judge(cases)


class Softmax(Judged):
    def test_softmax(self):
        cases = []
        for shape, axis, name in (
            ((4, 1000), 1, "rows"),
            ((2, 21, 5, 6), 1, "last"),
            ((2, 21, 5, 6), 1, "rows"),
            ((2, 8, 5, 37), 3, "rows"),
            ((3, 7), 0, "rows"),
            ((2, 5, 7), 1, "rows"),
            ((1, 3), 1, "rows"),
        ):
            x = values(*shape) * 20
            cases += [
                Case(
                    f"softmax {shape} {axis} {name}",
                    "softmax",
                    [x],
                    onnx_answer("Softmax", [x], axis=axis),
                    layout=LAYOUTS[name],
                    axis=axis,
                ),
                Case(
                    f"log softmax {shape} {axis} {name}",
                    "softmax",
                    [x],
                    onnx_answer("LogSoftmax", [x], axis=axis),
                    layout=LAYOUTS[name],
                    axis=axis,
                    log=1,
                ),
            ]
        x = with_nan(values(3, 64))
        expected = np.exp(x - np.nanmax(x, 1, keepdims=True))
        cases.append(Case("NaN", "softmax", [x], expected / expected.sum(1, keepdims=True), axis=1))
        self.judge(cases)


class Resize(Judged):
    def case(self, x, sizes=None, scales=None, layout="last", axes=(2, 3), out_layout=None, schedule="", **attributes):
        text = {
            "mode": attributes.get("mode", "nearest"),
            "coordinate_transformation_mode": attributes.get("coordinates", "half_pixel"),
            "nearest_mode": attributes.get("nearest", "round_prefer_floor"),
            "cubic_coeff_a": attributes.get("cubic_coefficient", -0.75),
            "exclude_outside": attributes.get("exclude_outside", 0),
            "antialias": attributes.get("antialias", 0),
        }
        inputs = (
            [x, None, np.array([1, 1] + list(scales), np.float32)]
            if scales
            else [x, None, None, np.array(list(x.shape[:2]) + list(sizes), np.int64)]
        )
        expected = onnx_answer("Resize", inputs, **text)
        extra = {"scales": [float(s) for s in scales]} if scales else {}
        return Case(
            f"{attributes} {x.shape} {sizes or scales}",
            "resize",
            [x],
            expected,
            layout=LAYOUTS[layout],
            out_layout=out_layout,
            schedule=schedule,
            tolerance=2e-5,
            axes=list(axes),
            **extra,
            **attributes,
        )

    def test_by_whole_vectors(self):
        """From pixels of channels to rows: `resize_steps`, and what it leaves to others."""
        linear = {"mode": "linear", "coordinates": "half_pixel", "out_layout": row_major}
        steps = {**linear, "schedule": "resize_steps"}
        self.judge(
            [self.case(values(2, 21, 5, 6), (5 * k, 6 * k), **steps) for k in (8, 16, 24)]
            + [
                self.case(with_nan(values(1, 3, 4, 1)), (32, 8), **steps),
                self.case(values(1, 3, 4, 5), (9, 40), **steps),
                self.case(values(1, 3, 4, 5), scales=(8.0, 8.0), **steps),
                self.case(values(1, 3, 4, 5), (32, 40), **{**steps, "coordinates": "pytorch_half_pixel"}),
                self.case(values(2, 21, 5, 6), (20, 24), **linear),
                self.case(values(1, 3, 4, 5), (32, 40), **{**linear, "coordinates": "asymmetric"}),
            ]
        )
        (_, error), *_ = run([self.case(values(1, 3, 4, 5), (16, 20), **steps)])
        self.assertIn("whole vectors", error)

    def test_nearest(self):
        x = values(1, 20, 6, 7)
        cases = [
            self.case(x, sizes, mode="nearest", coordinates=c, nearest=n)
            for sizes in ((12, 14), (4, 9), (3, 3))
            for c in ("half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel")
            for n in ("round_prefer_floor", "floor", "ceil", "round_prefer_ceil")
        ]
        cases.append(
            self.case(x, scales=(2.0, 2.0), mode="nearest", coordinates="asymmetric", nearest="floor", layout="rows")
        )
        self.judge(cases)

    def test_linear_and_cubic(self):
        x = values(2, 20, 6, 7)
        cases = [
            self.case(x, sizes, mode=m, coordinates=c, layout=layout)
            for sizes in ((12, 14), (4, 9), (1, 1))
            for m in ("linear", "cubic")
            for c, layout in (
                ("half_pixel", "last"),
                ("asymmetric", "rows"),
                ("align_corners", "halo"),
                ("pytorch_half_pixel", "shared"),
            )
        ]
        cases += [
            self.case(x, scales=(1.7, 0.6), mode="linear"),
            self.case(x, scales=(1.7, 0.6), mode="cubic", cubic_coefficient=-0.5, exclude_outside=1),
            self.case(x, sizes=(9, 9), mode="linear", coordinates="half_pixel_symmetric"),
        ]
        self.judge(cases)

    def test_antialias(self):
        x = values(1, 3, 12, 10)
        self.judge(
            [self.case(x, sizes=(5, 4), mode=m, antialias=1) for m in ("linear", "cubic")]
            + [self.case(x, sizes=(20, 7), mode="linear", antialias=1)]
        )


if __name__ == "__main__":
    unittest.main()
