"""Small ONNX models for the tests of the importer."""
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FLOAT, INT64, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL


def value(name, shape=(1, 4, 6, 6), dtype=FLOAT):
    return helper.make_tensor_value_info(name, dtype, shape)


def tensor(name, array, dtype=None):
    return numpy_helper.from_array(np.asarray(array, dtype or np.float32), name)


def ints(name, values):
    return tensor(name, values, np.int64)


def weights(name, *shape):
    return tensor(name, np.random.default_rng(0).standard_normal(shape))


def node(op, inputs="x", outputs="y", name=None, **attributes):
    """Inputs and outputs are names with blanks between; '_' leaves one out."""
    split = lambda text: ["" if part == "_" else part for part in text.split()]
    return helper.make_node(op, split(inputs), split(outputs), name=name or f"my_{op}", **attributes)


def model(nodes, initializers=(), inputs=None, outputs=None, opset=17, functions=(), opsets=()):
    nodes = nodes if isinstance(nodes, list) else [nodes]
    graph = helper.make_graph(nodes, "graph", inputs if inputs is not None else [value("x")],
                              outputs if outputs is not None else [helper.make_empty_tensor_value_info("y")],
                              initializer=list(initializers))
    return helper.make_model(graph, ir_version=8, functions=list(functions),
                             opset_imports=[helper.make_opsetid("", opset), *opsets])


def save(path, *arguments, **options):
    built = arguments[0] if isinstance(arguments[0], onnx.ModelProto) else model(*arguments, **options)
    with open(path, "wb") as file:
        file.write(built.SerializeToString())
