"""Small ONNX models for the tests of the importer, and a way to import them."""
import os
import pathlib
import subprocess

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FLOAT, INT64, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL
ROOT = pathlib.Path(__file__).resolve().parents[3]
IMPORT = pathlib.Path(os.environ.get("CONVOY_BIN", ROOT / "build" / "bin")).parent / "test" / "bin" / "onnx-import"


def value(name, shape=(1, 4, 6, 6), dtype=FLOAT):
    return helper.make_tensor_value_info(name, dtype, shape)


def tensor(name, array, dtype=np.float32):
    return numpy_helper.from_array(np.asarray(array, dtype), name)


def ints(name, values):
    return tensor(name, values, np.int64)


def weights(name, *shape):
    return tensor(name, np.random.default_rng(0).standard_normal(shape))


def node(op, inputs="x", outputs="y", name=None, **attributes):
    """Inputs and outputs are names with blanks between; '_' leaves one out."""
    names = lambda text: ["" if part == "_" else part for part in text.split()]
    return helper.make_node(op, names(inputs), names(outputs), name=name or f"my_{op}", **attributes)


def output(name="y"):
    return helper.make_empty_tensor_value_info(name)


def graph(nodes, initializers=(), inputs=(), outputs=("y",)):
    return helper.make_graph(nodes, "graph", list(inputs), [output(name) for name in outputs],
                             initializer=list(initializers))


def model(nodes, initializers=(), inputs=None, outputs=("y",), opset=17, functions=(), opsets=()):
    nodes = nodes if isinstance(nodes, list) else [nodes]
    built = graph(nodes, initializers, [value("x")] if inputs is None else inputs, outputs)
    return helper.make_model(built, ir_version=8, functions=list(functions),
                             opset_imports=[helper.make_opsetid("", opset), *opsets])


def run_import(path, *arguments):
    """The finished process: module on stdout, diagnostics on stderr."""
    return subprocess.run([IMPORT, path, *arguments], capture_output=True, text=True, timeout=60)


def import_bytes(folder, data, *arguments):
    path = pathlib.Path(folder) / "model.onnx"
    path.write_bytes(data)
    return run_import(path, *arguments)
