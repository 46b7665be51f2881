"""Kernels written from Python, run by convoy-kernel --cases, and NumPy's or ONNX Runtime's answers beside them."""

import os
import pathlib
import subprocess
import tempfile
import unittest

import numpy as np
import onnx
import onnxruntime
from onnx import helper

TYPES = {
    "float32": "F32",
    "float64": "F64",
    "float16": "F16",
    "int8": "I8",
    "uint8": "U8",
    "int16": "I16",
    "uint16": "U16",
    "int32": "I32",
    "uint32": "U32",
    "int64": "I64",
    "uint64": "U64",
    "bool": "BOOL",
}


def row_major(shape):
    return ""


def channels_last(padding=True, halo=0, fill="ZERO", shared=False):
    """Layouts of rank 4: channels innermost, padded to 16, with a halo of rows and columns."""

    def layout(shape):
        if len(shape) != 4:
            return ""
        after = -shape[1] % 16 if padding else 0
        text = f"order: [0, 2, 3, 1] before: [0, 0, {halo}, {halo}] after: [0, {after}, {halo}, {halo}]"
        return text + (f" fill: {fill}" if halo else "") + (" shared: true" if shared else "")

    return layout


def blocked(shape):
    return "order: [0, 1, 2, 3] block_dim: 1 block: 8" if len(shape) == 4 else ""


LAYOUTS = {
    "rows": row_major,
    "last": channels_last(),
    "halo": channels_last(halo=1),
    "dense_last": channels_last(padding=False),
    "shared": channels_last(shared=True),
}


def attribute_text(key, value):
    if isinstance(value, str):
        inner = f'text: "{value}"'
    else:
        values = list(value) if isinstance(value, (list, tuple)) else [value]
        floats = any(isinstance(v, float) for v in values)
        inner = " ".join(f"{'floats' if floats else 'ints'}: {float(v) if floats else int(v)}" for v in values)
    return f'attributes {{ key: "{key}" value {{ {inner} }} }}'


class Case:
    """One op of kind `kind`: arrays in, expected arrays out. A None among the inputs is an absent operand."""

    def __init__(
        self,
        name,
        op,
        inputs,
        expected,
        /,
        layout=row_major,
        out_layout=None,
        tolerance=1e-5,
        symbols=(),
        schedule="",
        **attributes,
    ):
        self.name, self.kind, self.inputs, self.attributes = name, op, inputs, attributes
        self.expected = expected
        self.layout, self.out_layout = layout, out_layout or layout
        self.tolerance, self.symbols, self.schedule = tolerance, dict(symbols), schedule

    def tensor(self, array, layout):
        numbers = {extent: number for number, extent in self.symbols.items()}
        dims = " ".join(
            f"dims {{ {'symbol: ' + str(numbers[d]) if d in numbers else 'extent: ' + str(d)} }}" for d in array.shape
        )
        return f"tensors {{ type: {TYPES[array.dtype.name]} {dims} layout {{ {layout(array.shape)} }} }}"

    def text(self):
        present = [a for a in self.inputs if a is not None]
        positions, count = [], 0
        for array in self.inputs:
            positions.append(-1 if array is None else count)
            count += array is not None
        lines = [self.tensor(a, self.layout) for a in present] + [self.tensor(self.expected, self.out_layout)]
        lines += [f"inputs: {i}" for i in range(count)] + [f"outputs: {count}"]
        attributes = " ".join(attribute_text(k, v) for k, v in self.attributes.items())
        operands = " ".join(f"inputs: {p}" for p in positions)
        anchor = -1 if self.kind in ("elementwise", "cast") else 0
        lines.append(f'ops {{ kind: "{self.kind}" {operands} outputs: {count} {attributes} }} anchor: {anchor}')
        if self.schedule:
            lines.append(f'schedule {{ template_name: "{self.schedule}" }}')
        return "\n".join(lines) + "\n"


def program():
    return os.environ.get("CONVOY_BIN", "build/bin") + "/convoy-kernel"


# Where cases run that say nothing; test/gpu/schedules puts a device here.
DEFAULT_TARGET = "host"


def run(cases, target=None):
    """Runs all cases in one process; yields each with a list of what is wrong."""
    target = target or DEFAULT_TARGET
    with tempfile.TemporaryDirectory() as folder:
        for number, case in enumerate(cases):
            stem = pathlib.Path(folder, f"{number:04}")
            stem.with_suffix(".textproto").write_text(case.text())
            if case.symbols:
                stem.with_suffix(".symbols").write_text("".join(f"{k}={v}\n" for k, v in case.symbols.items()))
            for i, array in enumerate(a for a in case.inputs if a is not None):
                stem.with_suffix(f".in{i}").write_bytes(np.ascontiguousarray(array).tobytes())
        subprocess.run(
            [program(), "--cases", folder, "--target", target], check=True, env=dict(os.environ, HL_NUM_THREADS="2")
        )
        for number, case in enumerate(cases):
            stem = pathlib.Path(folder, f"{number:04}")
            if stem.with_suffix(".error").exists():
                yield case, stem.with_suffix(".error").read_text()
                continue
            for kind in ("best", "plain"):
                got = np.frombuffer(stem.with_suffix(f".{kind}.out0").read_bytes(), case.expected.dtype)
                wrong = difference(got.reshape(case.expected.shape), case.expected, case.tolerance)
                if wrong:
                    yield case, f"{kind}: {wrong}"


def compile_objects(cases, target="host"):
    """Compiles all cases; yields each with its error, the undefined symbols of the object, and the assembly."""
    with tempfile.TemporaryDirectory() as folder:
        for number, case in enumerate(cases):
            pathlib.Path(folder, f"{number:04}.textproto").write_text(case.text())
        subprocess.run([program(), "--cases", folder, "--objects", "--target", target], check=True)
        for number, case in enumerate(cases):
            stem = pathlib.Path(folder, f"{number:04}")
            if stem.with_suffix(".error").exists():
                yield case, stem.with_suffix(".error").read_text(), set(), ""
                continue
            listed = subprocess.run(
                ["llvm-nm-22", "-u", "-j", stem.with_suffix(".o")], check=True, capture_output=True, text=True
            )
            yield case, "", set(listed.stdout.split()), stem.with_suffix(".s").read_text()


def difference(got, expected, tolerance):
    """What differs, in words: NaN and infinities must agree, numbers relative to the largest one."""
    if expected.dtype.kind != "f":
        wrong = np.argwhere(got != expected)
        return (
            f"{len(wrong)} elements differ, first {wrong[0]}: {got[tuple(wrong[0])]} for {expected[tuple(wrong[0])]}"
            if len(wrong)
            else ""
        )
    got, expected = got.astype(np.float64), expected.astype(np.float64)
    finite = np.isfinite(expected)
    same = np.where(np.isnan(expected), np.isnan(got), got == expected)
    if not np.all(same | finite) or not np.all(np.isfinite(got[finite])):
        bad = np.argwhere(~(same | (finite & np.isfinite(got))))[0]
        return f"at {bad}: {got[tuple(bad)]} for {expected[tuple(bad)]}"
    largest = max(np.max(np.abs(expected[finite]), initial=0), 1e-30)
    worst = np.max(np.abs(got[finite] - expected[finite]), initial=0)
    return f"largest difference {worst} where values reach {largest}" if worst > tolerance * largest else ""


def onnx_answer(op, inputs, opset=20, **attributes):
    names = ["" if a is None else f"i{i}" for i, a in enumerate(inputs)]
    node = helper.make_node(op, names, ["out"], **attributes)
    infos = [
        helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(a.dtype), a.shape)
        for n, a in zip(names, inputs)
        if a is not None
    ]
    graph = helper.make_graph([node], "one", infos, [onnx.ValueInfoProto(name="out")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {n: a for n, a in zip(names, inputs) if a is not None})[0]


def values(*shape, seed=0, dtype=np.float32):
    random = np.random.default_rng(seed)
    if np.dtype(dtype).kind == "f":
        return random.uniform(-2, 2, shape).astype(dtype)
    return random.integers(0, 100, shape).astype(dtype)


def with_nan(array):
    array = array.copy()
    array.ravel()[array.size // 3] = np.nan
    return array


class Judged(unittest.TestCase):
    def judge(self, cases, target=None):
        wrong = [f"{case.name}: {what}" for case, what in run(cases, target)]
        self.assertFalse(wrong, "\n".join(wrong))
