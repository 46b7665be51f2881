"""The cases of the ONNX project's backend suite, from the `onnx` wheel, made ready for a compiler: inputs that say shapes
and axes become constants, since networks have them as constants."""
import pathlib

import onnx

SUITE = pathlib.Path(onnx.__file__).parent / "backend" / "test" / "data"

# Operator -> the inputs that must be known when a network is compiled.
KNOWN_INPUTS = {
    "CenterCropPad": [1], "Clip": [], "ConstantOfShape": [0], "CumSum": [1], "Dropout": [1, 2], "Expand": [1], "OneHot": [1],
    "Pad": [1, 3], "Range": [0, 1, 2], "Reshape": [1], "Resize": [1, 2, 3], "Slice": [1, 2, 3, 4], "Split": [1],
    "Squeeze": [1], "Tile": [1], "TopK": [1], "Trilu": [1], "Unsqueeze": [1], "Upsample": [1], "NonMaxSuppression": [2, 3, 4],
    **{f"Reduce{kind}": [1] for kind in ("L1", "L2", "LogSum", "LogSumExp", "Max", "Mean", "Min", "Prod", "Sum", "SumSquare")},
}


def names(kinds=("node", "pytorch-converted", "pytorch-operator", "simple")):
    """KIND/CASE of all cases that have a model."""
    return [f"{kind}/{folder.name}" for kind in kinds for folder in sorted((SUITE / kind).iterdir())
            if (folder / "model.onnx").exists()]


def read_tensor(path):
    tensor = onnx.TensorProto()
    tensor.ParseFromString(path.read_bytes())
    return tensor


def known_names(model):
    return {node.input[i] for node in model.graph.node if node.domain == "" for i in KNOWN_INPUTS.get(node.op_type, [])
            if i < len(node.input)}


def prepare(case, folder):
    """Writes model.onnx, input_K.pb and output_K.pb of a case into a new folder."""
    source = SUITE / case
    model = onnx.load(source / "model.onnx")
    initialised = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in initialised]
    known = known_names(model)
    data = source / "test_data_set_0"
    folder.mkdir(parents=True)
    left = 0
    for i, value in enumerate(inputs):
        path = data / f"input_{i}.pb"
        if value.name in known and value.type.HasField("tensor_type"):
            tensor = read_tensor(path)
            tensor.name = value.name
            model.graph.initializer.append(tensor)
            model.graph.input.remove(value)
        else:
            (folder / f"input_{left}.pb").write_bytes(path.read_bytes())
            left += 1
    for path in data.glob("output_*.pb"):
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    return model
