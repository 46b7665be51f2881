"""Objects: what they refer to, on every target that is built for; kernels over symbols; gathers in vector loops."""

import re
import sys
import unittest
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from cases import LAYOUTS, Case, compile_objects, values

# What a module's shims define; memcpy and memset come with every C library and with the shims.
ALLOWED = re.compile(r"convoy_look_up_\w+|halide_(do_par_for|do_task|malloc|free|error\w*)|memcpy|memset|memmove")
AVX2 = "x86-64-linux-avx-avx2-f16c-fma-sse41"


def function_case(name, operands, parameters, dtype):
    arrays = [np.zeros((2, 32, 6, 6), dtype)] * operands
    extra = {"parameters": [1.0] * parameters} if parameters else {}
    return Case(
        f"{name} {np.dtype(dtype).name}",
        "elementwise",
        arrays,
        arrays[0],
        layout=LAYOUTS["last"],
        function=name,
        **extra,
    )


def listed_functions():
    return re.findall(
        r"^CONVOY_ELEMENTWISE\((\w+), (\d), (\d), (\w+)", Path("dialects/cnn/Elementwise.def").read_text(), re.M
    )


def family_cases(layout, symbols, schedule=""):
    x = values(1, 32, 20, 24)
    pool = {"window": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1], "dilations": [1, 1]}
    half = np.zeros((1, 32, 10, 12), np.float32)
    one = np.zeros((1, 32, 1, 1), np.float32)
    double = np.zeros((1, 32, 40, 48), np.float32)
    known = {**symbols, 11: 10, 12: 12, 13: 40, 14: 48} if symbols else {}
    make = lambda name, op, inputs, out, **a: Case(
        f"{name} {symbols}", op, inputs, out, layout=layout, symbols=known, schedule=schedule, **a
    )
    return [
        make("max", "pool", [x], half, kind="max", **pool),
        make("average", "pool", [x], half, kind="average", **pool),
        make("mean", "reduce", [x], one, kind="mean", axes=[2, 3]),
        make("row sum", "reduce", [x], x[:, :1], kind="sum", axes=[1]),
        make("row max", "reduce", [x], x[:, :1], kind="max", axes=[1]),
        make("scale", "elementwise", [x, one], x, function="mul"),
        make("sigmoid", "elementwise", [x], x, function="sigmoid"),
        make("softmax", "softmax", [x], x, axis=1),
        make("nearest", "resize", [x], double, axes=[2, 3], mode="nearest", coordinates="asymmetric", nearest="floor"),
        make("linear", "resize", [x], double, axes=[2, 3], mode="linear", coordinates="half_pixel"),
        make("concat", "concat", [x, x], np.zeros((1, 64, 20, 24), np.float32), axis=1),
        make("transpose", "transpose", [x], x.transpose(0, 2, 3, 1), permutation=[0, 2, 3, 1]),
        make("relayout", "relayout", [x], x),
        make("cast", "cast", [x], x.astype(np.int64)),
    ]


class Objects(unittest.TestCase):
    def check(self, cases, target="host", gathers=True):
        wrong = []
        for case, error, undefined, assembly in compile_objects(cases, target):
            if error:
                wrong.append(f"{case.name}: {error}")
            foreign = {s for s in undefined if not ALLOWED.fullmatch(s)}
            if foreign:
                wrong.append(f"{case.name} refers to {sorted(foreign)}")
            if not gathers and re.search(r"\bv?p?gather[dq]", assembly):
                wrong.append(f"{case.name} gathers")
            # Turning a tile needs all registers.
            if "transpose" not in case.name and re.search(r"zmm.*(Spill|Reload)", assembly):
                wrong.append(f"{case.name} spills vectors")
        self.assertFalse(wrong, "\n".join(wrong))

    def test_functions_call_nothing(self):
        types = {
            "NUMBER": [np.float32, np.float64, np.int32],
            "ANY": [np.float32],
            "FLOAT": [np.float32, np.float64],
            "INTEGER": [np.int64],
        }
        self.check(
            [
                function_case(name, int(n), int(p), t)
                for name, n, p, rule in listed_functions()
                for t in types.get(rule, [])
                if not (t == np.int32 and name in ("sign", "reciprocal"))
            ]
        )

    def test_functions_on_avx2(self):
        self.check(
            [
                function_case(name, int(n), int(p), np.float32)
                for name, n, p, rule in listed_functions()
                if rule in ("NUMBER", "FLOAT", "ANY")
            ],
            AVX2,
        )

    def test_families(self):
        self.check(family_cases(LAYOUTS["last"], {}), gathers=False)

    def test_lookups_call_the_function_of_the_target(self):
        index, table = np.zeros((1, 64, 8, 8), np.uint8), np.zeros(256, np.uint8)
        case = Case("lookup", "lookup", [index, table], index, layout=LAYOUTS["last"])
        for target, wanted in (
            ("x86-64-linux-avx512_zen5", {"convoy_look_up_vbmi"}),
            (AVX2, {"convoy_look_up_avx2"}),
            ("x86-64-linux-sse41", set()),
        ):
            for _, error, undefined, _ in compile_objects([case], target):
                self.assertEqual((error, {s for s in undefined if "look_up" in s}), ("", wanted), target)

    def test_families_on_avx2(self):
        self.check(family_cases(LAYOUTS["last"], {}), AVX2, gathers=False)

    def test_symbolic_families(self):
        self.check(family_cases(LAYOUTS["last"], {1: 20, 2: 24}), gathers=False)

    def test_symbolic_families_in_plain_order(self):
        self.check(family_cases(LAYOUTS["last"], {1: 20, 2: 24}, "plain"))


if __name__ == "__main__":
    unittest.main()
