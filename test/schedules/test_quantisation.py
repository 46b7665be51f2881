"""Quantisation as kernels: numbers exactly as NumPy has them, in several layouts, with what saturates and what is a tie."""

import sys
import unittest
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from cases import LAYOUTS, Case, channels_last, run

SPECIALS = np.array([0, -0.0, 0.5, 1.5, 2.5, -0.5, -1.5, 1e9, -1e9, 1e30, -1e30, np.inf, -np.inf], np.float32)


def saturate(values, zero, dtype):
    limits = np.iinfo(dtype)
    return np.clip(np.rint(values.astype(np.float64)) + int(zero), limits.min, limits.max).astype(dtype)


def numbers(dtype, shape, seed=0):
    limits = np.iinfo(dtype)
    return np.random.default_rng(seed).integers(limits.min, limits.max, shape, dtype, endpoint=True)


def floats(shape, seed=0, spread=40.0):
    array = np.random.default_rng(seed).uniform(-spread, spread, shape).astype(np.float32)
    array.ravel()[: len(SPECIALS)] = SPECIALS
    return array


class Quantisation(unittest.TestCase):
    def judge(self, cases):
        wrong = [f"{case.name}: {what}" for case, what in run(cases)]
        self.assertFalse(wrong, "\n".join(wrong))

    def test_types(self):
        cases = []
        for dtype in (np.uint8, np.int8, np.uint16, np.int16, np.int32):
            x, scale, zero = floats((3, 41)), np.float32(0.125).reshape(()), np.array(0 if dtype == np.int32 else 7, dtype)
            expected = saturate(x / scale, zero, dtype)
            name = np.dtype(dtype).name
            cases.append(Case(f"quantize {name}", "elementwise", [x, scale, zero], expected, function="quantize"))
            q = numbers(dtype, (3, 41)) // (1 << 10 if dtype == np.int32 else 1)
            centred = (q.astype(np.int64) - int(zero)).astype(np.float32)
            cases.append(
                Case(f"dequantize {name}", "elementwise", [q, scale, zero], centred * scale, function="dequantize", tolerance=0)
            )
        for dtype in (np.uint8, np.int8):
            sums = np.random.default_rng(3).integers(-(2**31), 2**31, (5, 33)).astype(np.int32)
            sums[1:] //= 1 << 20
            sums[2] = np.arange(33) - 16  # Ties.
            scale, zero = np.full(33, 0.5, np.float32), np.array(-3 if dtype == np.int8 else 100, dtype)
            expected = saturate(sums.astype(np.float32) * scale, zero, dtype)
            case = Case(f"requantize {dtype.__name__}", "elementwise", [sums, scale, zero], expected, function="requantize")
            cases.append(case)
        self.judge(cases)

    def test_quotients_next_to_ties(self):
        """One scale for all: quotients are those of a division, to the last bit, where that decides."""
        cases = []
        random = np.random.default_rng(11)
        halves = np.arange(-130, 260) + np.float32(0.5)
        for scale in (*random.uniform(1e-3, 2, 3), 1e-30, 3e20, 1.9999999):
            scale = np.float32(scale).reshape(())
            ties = (halves * np.float64(scale)).astype(np.float32)
            near = [ties]
            for _ in range(3):
                near = [np.nextafter(near[0], np.float32(-np.inf)), *near, np.nextafter(near[-1], np.float32(np.inf))]
            x = np.concatenate([*near, SPECIALS])
            for zero in (np.array(131, np.uint8), np.array(-3, np.int8)):
                with np.errstate(over="ignore"):
                    q = saturate(x / scale, zero, zero.dtype)
                cases.append(Case(f"quantize by {scale} {zero}", "elementwise", [x, scale, zero], q, function="quantize"))
        self.judge(cases)

    def test_layouts(self):
        """Scales per channel and for all, channels that no vector divides, zero points around the image."""
        cases = []
        layouts = {name: LAYOUTS[name] for name in ("rows", "last", "shared")}
        layouts["filled"] = channels_last(halo=1, fill="VALUE fill_value: 9")
        for name, layout in layouts.items():
            for shape in ((2, 3, 4, 4), (1, 70, 3, 3)):
                x, channels = floats(shape, 4), (shape[1], 1, 1)
                scale = np.random.default_rng(5).uniform(0.1, 0.4, channels).astype(np.float32)
                zero, one = np.array(9, np.uint8), np.float32(0.2).reshape(())
                q = saturate(x / scale, zero, np.uint8)
                sums = numbers(np.int16, shape, 6).astype(np.int32)
                back = (q.astype(np.int64) - 9).astype(np.float32)
                make = lambda function, operands, out, **more: Case(
                    f"{function} {name} {shape}", "elementwise", operands, out, layout=layout, function=function, **more
                )
                cases += [
                    make("quantize", [x, scale, zero], q),
                    make("dequantize", [q, one, zero], back * one, tolerance=0),
                    make("requantize", [sums, scale, zero], saturate(sums.astype(np.float32) * scale, zero, np.uint8)),
                ]
        self.judge(cases)

    def test_lookup(self):
        """A table of 256 bytes, in chunks of vectors and where no chunk divides the rows."""
        table = np.random.default_rng(8).integers(-128, 127, 256).astype(np.int8)
        cases = []
        # The last has more chunks than tasks.
        for shape in ((1, 64, 6, 6), (2, 3, 5, 7), (1, 70, 8, 8), (1, 192, 56, 56)):
            index = numbers(np.uint8, shape, 9)
            for layout in ("rows", "last", "shared"):
                case = Case(f"lookup {shape} {layout}", "lookup", [index, table], table[index], layout=LAYOUTS[layout])
                cases.append(case)
        self.judge(cases)

    def test_pixels_of_three_channels_are_filled_up(self):
        """What four channels lie beside each other for: whole vectors, guarded rows, narrow images, a halo."""
        cases = []
        for width in (224, 80, 64, 20):
            x = numbers(np.uint8, (1, 3, 5, width), width)
            for halo in (0, 1):
                four = lambda shape: (
                    f"order: [0, 2, 3, 1] before: [0, 0, {halo}, {halo}] after: [0, 1, {halo}, {halo}] fill: ZERO"
                )
                cases.append(Case(f"{width} {halo}", "relayout", [x], x, layout=LAYOUTS["rows"], out_layout=four))
        self.judge(cases)

    def test_padding_holds_the_zero_point(self):
        """Taps in the padding count as the zero point, whether the halo holds it, holds something else, or isn't there."""
        cases = []
        for dtype, zero in ((np.uint8, 9), (np.int8, -9)):
            x, weight = numbers(dtype, (1, 8, 5, 6)), numbers(np.int8, (16, 8, 3, 3), 1)
            bias = np.random.default_rng(2).integers(-1000, 1000, 16).astype(np.int32)
            padded = np.pad(x.astype(np.int64), ((0, 0), (0, 0), (1, 1), (1, 1)), constant_values=zero)
            windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), (2, 3))
            sums = np.einsum("nchwij,ocij->nohw", windows, weight.astype(np.int64)) + bias.reshape(-1, 1, 1)
            for name, layout in {
                "filled": channels_last(halo=1, fill=f"VALUE fill_value: {zero}"),
                "zeros": channels_last(halo=1),
                "last": LAYOUTS["last"],
                "rows": LAYOUTS["rows"],
            }.items():
                make = lambda value, out: Case(
                    f"{dtype.__name__} {name} {value}", "convolution", [x, weight, bias], out.astype(np.int32), layout=layout,
                    out_layout=LAYOUTS["last"], pads=[1, 1, 1, 1], strides=[1, 1], dilations=[1, 1], groups=1, pad_value=value,
                )
                cases.append(make(zero, sums))
        self.judge(cases)

    def test_narrow_sums(self):
        """Averages of tenths: the order and the type of the sum decide their last bit."""
        x = np.random.default_rng(1).integers(0, 255, (1, 20, 8, 8)).astype(np.float32) * np.float32(0.1)
        total = np.zeros((1, 20, 4, 4), np.float32)
        for i in range(2):
            for k in range(2):
                total += x[:, :, i::2, k::2]
        pool = {"kind": "average", "window": [2, 2], "strides": [2, 2], "pads": [0, 0, 0, 0], "dilations": [1, 1]}
        cases = [
            Case(name, "pool", [x], total / np.float32(4), layout=LAYOUTS[name], tolerance=0, narrow_sum=1, **pool)
            for name in ("rows", "last")
        ]
        self.judge(cases)


if __name__ == "__main__":
    unittest.main()
