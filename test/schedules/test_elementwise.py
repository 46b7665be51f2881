"""Each elementwise function against ONNX Runtime or NumPy, with special values, in several layouts."""

import re
import sys
import unittest
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from cases import LAYOUTS, Case, run

FLOATS = np.array(
    [0, -0.0, 1, -1, 0.5, -0.5, 2.5, -2.5, 3.5, 20, -20, 90, -90, 1e-20, 1e20, -1e20, np.inf, -np.inf, np.nan],
    np.float32,
)


def values(shape=(3, 41), seed=0, low=-6.0, high=6.0):
    return np.random.default_rng(seed).uniform(low, high, shape).astype(np.float32)


def with_specials(shape=(3, 41), seed=0):
    array = values(shape, seed).ravel()
    array[: len(FLOATS)] = FLOATS
    return array.reshape(shape)


def wide(function):
    """NumPy in double, rounded to float."""

    def answer(*inputs):
        with np.errstate(all="ignore"):
            return function(*(x.astype(np.float64) for x in inputs)).astype(np.float32)

    return answer


def swish(x, alpha=1.0):
    return x / (1 + np.exp(-alpha * x))


def erf(x):
    import math

    return np.vectorize(math.erf)(x)


def softplus(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))) if not np.isnan(x).all() else x


UNARY = {
    "identity": lambda x: x,
    "neg": lambda x: -x,
    "abs": np.abs,
    "sign": np.sign,
    "reciprocal": lambda x: 1 / x,
    "sqrt": np.sqrt,
    "ceil": np.ceil,
    "floor": np.floor,
    "round": np.round,
    "exp": np.exp,
    "log": np.log,
    "erf": erf,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "asinh": np.arcsinh,
    "acosh": np.arccosh,
    "atanh": np.arctanh,
    "relu": lambda x: np.where(x < 0, 0, x),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "softplus": softplus,
    "softsign": lambda x: x / (1 + np.abs(x)),
    "hard_swish": lambda x: x * np.clip(x / 6 + 0.5, 0, 1),
    "gelu": lambda x: 0.5 * x * (1 + erf(x * np.sqrt(0.5))),
    "gelu_tanh": lambda x: 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))),
    "mish": lambda x: np.where(x > 300, x, x * np.tanh(np.log1p(np.exp(np.minimum(x, 300))))),
}
WITH_PARAMETERS = {
    "clip": ([-1.5, 2.0], lambda x: np.clip(x, -1.5, 2.0)),
    "leaky_relu": ([0.1], lambda x: np.where(x < 0, 0.1 * x, x)),
    "elu": ([1.5], lambda x: np.where(x < 0, 1.5 * np.expm1(x), x)),
    "selu": ([1.67, 1.05], lambda x: 1.05 * np.where(x < 0, 1.67 * np.expm1(x), x)),
    "celu": ([2.0], lambda x: np.where(x < 0, 2 * np.expm1(x / 2), x)),
    "hard_sigmoid": ([0.2, 0.5], lambda x: np.clip(0.2 * x + 0.5, 0, 1)),
    "swish": ([1.0], swish),
    "thresholded_relu": ([1.0], lambda x: np.where(x > 1, x, 0)),
    "shrink": ([0.25, 0.5], lambda x: np.where(x < -0.5, x + 0.25, np.where(x > 0.5, x - 0.25, 0))),
}
BINARY = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "min": np.minimum,
    "max": np.maximum,
    "pow": np.power,
    "fmod": np.fmod,
}
COMPARE = {
    "equal": np.equal,
    "not_equal": np.not_equal,
    "less": np.less,
    "less_equal": np.less_equal,
    "greater": np.greater,
    "greater_equal": np.greater_equal,
}
LOGIC = {"logical_and": np.logical_and, "logical_or": np.logical_or, "logical_xor": np.logical_xor}
BITS = {"bit_and": np.bitwise_and, "bit_or": np.bitwise_or, "bit_xor": np.bitwise_xor}


class Elementwise(unittest.TestCase):
    def judge(self, cases):
        wrong = [f"{case.name}: {what}" for case, what in run(cases)]
        self.assertFalse(wrong, "\n".join(wrong))

    def test_one_operand(self):
        x = with_specials()
        cases = [
            Case(name, "elementwise", [x], wide(f)(x), function=name, tolerance=2e-6)
            for name, f in UNARY.items()
            if name not in ("sin", "cos", "tan", "sinh", "cosh", "exp", "asin", "acos", "atanh", "mish")
        ]
        small = values(low=-0.99, high=0.99)
        cases += [
            Case(name, "elementwise", [small], wide(UNARY[name])(small), function=name, tolerance=1e-6)
            for name in (
                "sin",
                "cos",
                "tan",
                "sinh",
                "cosh",
                "exp",
                "asin",
                "acos",
                "atanh",
                "mish",
                "gelu",
                "tanh",
                "log",
            )
        ]
        cases += [
            Case(name, "elementwise", [x], wide(f)(x), function=name, parameters=p, tolerance=1e-6)
            for name, (p, f) in WITH_PARAMETERS.items()
        ]
        self.judge(cases)

    def test_two_operands(self):
        a, b = with_specials(seed=1), np.roll(with_specials(seed=2), 7)
        cases = [
            Case(
                n,
                "elementwise",
                [a, b],
                wide(f)(a, b) if n != "pow" else wide(f)(np.abs(a), b),
                function=n,
                tolerance=1e-6,
            )
            for n, f in BINARY.items()
            if n not in ("pow", "fmod")
        ]
        base, power = np.abs(values(seed=3)), values(seed=4, low=-3, high=3)
        cases.append(Case("pow", "elementwise", [base, power], wide(np.power)(base, power), function="pow"))
        cases.append(
            Case(
                "fmod", "elementwise", [a[2:], values((1, 41), 5)], np.fmod(a[2:], values((1, 41), 5)), function="fmod"
            )
        )
        cases.append(
            Case(
                "prelu",
                "elementwise",
                [a, values((41,))],
                wide(lambda x, s: np.where(x < 0, x * s, x))(a, values((41,))),
                function="prelu",
            )
        )
        a[0, 3] = b[0, 3] = 1
        cases += [Case(n, "elementwise", [a, b], f(a, b), function=n) for n, f in COMPARE.items()]
        p, q = values(seed=6) > 0, values(seed=7) > 0
        cases += [Case(n, "elementwise", [p, q], f(p, q), function=n) for n, f in LOGIC.items()]
        cases.append(Case("not", "elementwise", [p], ~p, function="logical_not"))
        cases.append(Case("where", "elementwise", [p, a, b], np.where(p, a, b), function="where"))
        cases.append(Case("is_nan", "elementwise", [a], np.isnan(a), function="is_nan"))
        cases.append(Case("is_inf", "elementwise", [a], np.isinf(a) & (a < 0), function="is_inf", parameters=[1, 0.0]))
        self.judge(cases)

    def test_integers(self):
        cases = []
        for dtype in (np.int32, np.int64, np.uint8, np.int8):
            random = np.random.default_rng(5)
            low = 0 if np.dtype(dtype).kind == "u" else -100
            a = random.integers(low, 100, (5, 33)).astype(dtype)
            b = random.integers(1, 9, (33,)).astype(dtype) * (
                1 if low == 0 else random.choice([-1, 1], 33).astype(dtype)
            )
            wrap = lambda f: f(a, b).astype(dtype)
            with np.errstate(all="ignore"):
                cases += [
                    Case(f"{n} {dtype.__name__}", "elementwise", [a, b], wrap(f), function=n)
                    for n, f in {
                        "add": np.add,
                        "sub": np.subtract,
                        "mul": np.multiply,
                        "min": np.minimum,
                        "max": np.maximum,
                        "mod": np.mod,
                        "fmod": np.fmod,
                        "div": lambda x, y: np.trunc(x.astype(np.float64) / y),
                        **BITS,
                    }.items()
                ]
            cases.append(Case(f"relu {dtype.__name__}", "elementwise", [a], np.maximum(a, 0), function="relu"))
            cases.append(
                Case(
                    f"clip {dtype.__name__}",
                    "elementwise",
                    [a],
                    np.clip(a, 3, 50),
                    function="clip",
                    parameters=[3.0, 50.0],
                )
            )
        u, s = np.arange(40, dtype=np.uint32) * 77777, np.arange(40, dtype=np.uint32) % 32
        cases.append(Case("shift_left", "elementwise", [u, s], u << s, function="shift_left"))
        cases.append(Case("shift_right", "elementwise", [u, s], u >> s, function="shift_right"))
        self.judge(cases)

    def test_layouts_and_broadcast(self):
        cases = []
        for name, layout in LAYOUTS.items():
            for shape in ((2, 24, 5, 7), (1, 3, 4, 4), (1, 32, 6, 6)):
                x, y = values(shape, 8), values(shape, 9)
                for other in (
                    y,
                    y[:1, :, :1, :1].copy(),
                    y[:, :, :1, :1].copy(),
                    y[:, :1].copy(),
                    y[0, 0, 0].copy(),
                    np.float32(2).reshape(()),
                ):
                    cases.append(
                        Case(
                            f"add {name} {shape} {other.shape}",
                            "elementwise",
                            [x, other],
                            x + other,
                            layout=layout,
                            function="add",
                        )
                    )
        x = values((2, 24, 5, 7))
        cases.append(
            Case(
                "from rows to channels",
                "elementwise",
                [x],
                np.maximum(x, 0),
                layout=LAYOUTS["rows"],
                out_layout=LAYOUTS["halo"],
                function="relu",
            )
        )
        cases.append(
            Case(
                "symbolic",
                "elementwise",
                [x, x[:, :, :1, :1].copy()],
                x + x[:, :, :1, :1],
                layout=LAYOUTS["last"],
                symbols={1: 5, 2: 7},
                function="add",
            )
        )
        self.judge(cases)

    def test_cast(self):
        cases = []
        x = np.array([0, -0.0, 1.5, -1.5, 2.9, 100.7, -100.2, 255, 300], np.float32)
        for to in (np.int32, np.int64, np.int8, np.float64, bool, np.float16):
            source = x[:-2] if to == np.int8 else x
            cases.append(Case(f"float to {np.dtype(to).name}", "cast", [source], source.astype(to)))
        i = np.array([-3, 0, 1, 250, 70000], np.int64)
        for to in (np.int32, np.uint8, np.float32, bool, np.int16):
            cases.append(Case(f"int64 to {np.dtype(to).name}", "cast", [i], i.astype(to)))
        cases.append(Case("bool to float", "cast", [i > 0], (i > 0).astype(np.float32)))
        cases.append(Case("half to float", "cast", [x.astype(np.float16)], x.astype(np.float16).astype(np.float32)))
        self.judge(cases)


class HalfCase(Case):
    """Words of 16 bits are those of bf16, which NumPy lacks."""

    def tensor(self, array, layout):
        return super().tensor(array, layout).replace("type: U16", "type: BF16")


def rounded_to_halves(x):
    """The words of the nearest bf16, ties to even; NaN stays NaN."""
    bits = x.view(np.uint32)
    words = (bits + np.uint32(0x7FFF) + (bits >> 16 & 1)) >> 16
    return np.where(np.isnan(x), bits >> 16 | 0x40, words).astype(np.uint16)


class Halves(unittest.TestCase):
    def judge(self, cases):
        wrong = [f"{case.name}: {what}" for case, what in run(cases)]
        self.assertFalse(wrong, "\n".join(wrong))

    def test_rounding(self):
        special = np.array([0x7FFFFFFF, 0x7F800001, 0xFFC00000, 0x7F800000, 0xFF800000, 0x7F7FFFFF, 0x00008000, 0x00000001,
                            0x3F808000, 0x3F818000, 0xBF808000, 0xBF818001], np.uint32)
        random = np.random.default_rng(5).integers(0, 1 << 32, 4096, np.uint32)
        bits = np.concatenate([special, random])
        # Vectors stored together, alone, under a mask, and single elements.
        cases = []
        for count in (1, 5, 16, 17, 32, 48, 100, 4096):
            x = bits[:count].view(np.float32)
            cases.append(HalfCase(f"round {count}", "cast", [x], rounded_to_halves(x)))
        image = bits[:4080].view(np.float32).reshape(1, 24, 10, 17)
        cases.append(HalfCase("channels last", "cast", [image], rounded_to_halves(image), layout=LAYOUTS["last"]))
        self.judge(cases)

    def test_widening(self):
        words = np.arange(0, 1 << 16, 7).astype(np.uint16)
        words = words[~np.isnan((words.astype(np.uint32) << 16).view(np.float32))]
        wide = (words.astype(np.uint32) << 16).view(np.float32)
        self.judge([HalfCase("widen", "cast", [words], wide)])


class Tables(unittest.TestCase):
    def test_same_functions_as_the_dialect(self):
        listed = dict(
            (name, (int(n), int(p)))
            for name, n, p in re.findall(
                r"^CONVOY_ELEMENTWISE\((\w+), (\d), (\d)", Path("dialects/cnn/Elementwise.def").read_text(), re.M
            )
        )
        random = [np.zeros(4, np.float32)] * 3
        cases = [
            Case(name, "elementwise", random[:n], random[0], function=name, **({"parameters": [1.0] * p} if p else {}))
            for name, (n, p) in listed.items()
        ]
        unknown = [what for _, what in run(cases) if "there is no elementwise" in what or " operands and " in what]
        self.assertEqual(unknown, [])
        named = set(
            re.findall(
                r'(?:table\[|nary\((?:table, )?)"(\w+)"',
                "".join(
                    Path(f"schedules/elementwise/{f}.cpp").read_text() for f in ("Arithmetic", "Activations", "Logic")
                ),
            )
        )
        self.assertEqual(named - set(listed), set())


if __name__ == "__main__":
    unittest.main()
