"""Networks of the tests, and how to compile and run one."""
import os
import pathlib
import subprocess
import tempfile

import numpy as np
import onnx
import onnxruntime
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parents[2]
CONVOY = pathlib.Path(os.environ.get("CONVOY_BIN", ROOT / "build" / "bin")) / "convoy"
SHARED = pathlib.Path(os.environ.get("CONVOY_SHARED", ROOT.parent / "shared")) / "models"
DOWNLOADED = ROOT / "build" / "models"


def convoy(*arguments, timeout=300):
    """Runs the program; a failure is an assertion with what it said."""
    process = subprocess.run([CONVOY, *map(str, arguments)], capture_output=True, text=True, timeout=timeout)
    assert process.returncode == 0, f"convoy {arguments[0]}: exit {process.returncode}\n{process.stderr[-3000:]}"
    return process.stdout


class Module:
    """A model compiled once, for any number of runs."""

    def __init__(self, model, folder, *options):
        self.folder = pathlib.Path(folder)
        self.path = self.folder / (pathlib.Path(model).stem + ".so")
        convoy("compile", model, "-o", self.path, *options)

    def run(self, inputs):
        """Outputs by name (with `/` as `_`), for inputs by name."""
        arguments = []
        for i, (name, array) in enumerate(inputs.items()):
            np.save(self.folder / f"input_{i}.npy", array)
            arguments.append(f"--input={name}={self.folder}/input_{i}.npy")
        with tempfile.TemporaryDirectory(dir=self.folder) as results:
            convoy("run", self.path, *arguments, "--output", results)
            return {path.stem: np.load(path) for path in pathlib.Path(results).glob("*.npy")}


def file_name(name):
    return name.replace("/", "_")


def random_inputs(model, extents, seed=0):
    """Normal numbers for the inputs of a model; `extents` gives symbolic dimensions, in order of their appearance."""
    generator, result, left = np.random.default_rng(seed), {}, list(extents)
    initialised = {tensor.name for tensor in model.graph.initializer}
    for value in model.graph.input:
        if value.name in initialised:
            continue
        shape = [dim.dim_value or left.pop(0) for dim in value.type.tensor_type.shape.dim]
        result[value.name] = generator.standard_normal(shape, np.float32)
    return result


def picture(path, height, width):
    """The upper left part of a picture as [1, 3, height, width], from -1 to 1."""
    pixels = np.asarray(Image.open(path).convert("RGB"), np.float32)[:height, :width] / 127.5 - 1
    return np.ascontiguousarray(pixels.transpose(2, 0, 1)[None])


def reference(path, inputs):
    """ONNX Runtime's outputs by name."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(map(file_name, names), session.run(names, inputs)))


def largest_difference(got, expected):
    """Relative to the largest expected value."""
    assert got.shape == expected.shape, f"shape {got.shape} where {expected.shape} is expected"
    assert got.dtype == expected.dtype, f"{got.dtype} where {expected.dtype} is expected"
    scale = np.abs(expected).max(initial=0) or 1
    return float(np.abs(got.astype(np.float64) - expected.astype(np.float64)).max(initial=0) / scale)
