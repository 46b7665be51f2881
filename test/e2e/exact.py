"""Networks computed in float64, op by op with NumPy: the judge of how exact programs in float32 are."""
import numpy as np
import onnx
from onnx import numpy_helper
from onnx.reference import ReferenceEvaluator
from onnx.reference.op_run import OpRun


def _windows(x, window, strides, dilations, pads, fill):
    """View [N, C, out..., window...] of a padded image."""
    spatial = len(window)
    x = np.pad(x, [(0, 0), (0, 0)] + [(pads[i], pads[spatial + i]) for i in range(spatial)], constant_values=fill)
    reach = [(window[i] - 1) * dilations[i] + 1 for i in range(spatial)]
    view = np.lib.stride_tricks.sliding_window_view(x, reach, axis=tuple(range(2, 2 + spatial)))
    cut = [slice(None)] * 2 + [slice(None, None, strides[i]) for i in range(spatial)]
    return view[tuple(cut + [slice(None, None, dilations[i]) for i in range(spatial)])]


def _geometry(shape, rank, strides, dilations, pads, auto_pad, image):
    spatial = rank - 2
    strides, dilations = strides or [1] * spatial, dilations or [1] * spatial
    pads = list(pads or [0] * 2 * spatial)
    if auto_pad in ("SAME_UPPER", "SAME_LOWER"):
        for i in range(spatial):
            total = max(0, (-(-image[i] // strides[i]) - 1) * strides[i] + (shape[i] - 1) * dilations[i] + 1 - image[i])
            low = total // 2 if auto_pad == "SAME_UPPER" else total - total // 2
            pads[i], pads[spatial + i] = low, total - low
    return strides, dilations, pads


class Conv(OpRun):
    def _run(self, x, w, b=None, auto_pad=None, dilations=None, group=None, kernel_shape=None, pads=None, strides=None):
        strides, dilations, pads = _geometry(w.shape[2:], x.ndim, strides, dilations, pads, auto_pad, x.shape[2:])
        view = _windows(x, w.shape[2:], strides, dilations, pads, 0)
        groups, spatial = group or 1, x.ndim - 2
        outputs, inputs = w.shape[0] // groups, w.shape[1]
        parts = []
        for g in range(groups) if inputs > 1 or groups == 1 else ():
            columns = view[:, g * inputs:(g + 1) * inputs]
            columns = np.moveaxis(columns, 1, 1 + spatial)  # [N, out..., C, window...]
            flat = columns.reshape(*columns.shape[:1 + spatial], -1)
            parts.append(flat @ w[g * outputs:(g + 1) * outputs].reshape(outputs, -1).T)
        if parts:
            y = np.moveaxis(np.concatenate(parts, axis=-1), -1, 1)
        else:  # depthwise
            taps = "xyz"[:spatial]
            kernel = w.reshape(groups, outputs, *w.shape[2:])
            y = np.einsum(f"nc...{taps},co{taps}->nco...", view, kernel, optimize=True)
            y = y.reshape(y.shape[0], -1, *y.shape[3:])
        if b is not None:
            y = y + b.reshape(1, -1, *[1] * spatial)
        return (np.ascontiguousarray(y),)


class MaxPool(OpRun):
    def _run(self, x, auto_pad=None, ceil_mode=None, dilations=None, kernel_shape=None, pads=None, storage_order=None,
             strides=None):
        strides, dilations, pads = _geometry(kernel_shape, x.ndim, strides, dilations, pads, auto_pad, x.shape[2:])
        spatial = x.ndim - 2
        if ceil_mode:
            pads = pads[:spatial] + [pad + strides[i] - 1 for i, pad in enumerate(pads[spatial:])]
        view = _windows(x, kernel_shape, strides, dilations, pads, -np.inf)
        return (view.max(axis=tuple(range(-spatial, 0))),)


class HardSwish(OpRun):
    def _run(self, x):
        return (x * np.clip(x / 6 + 0.5, 0, 1),)


FASTER = (Conv, MaxPool, HardSwish)  # than the ones of onnx.reference
for _op in FASTER:
    _op.op_domain = ""


def widened(model):
    """The model with every float32 as a double."""
    model = onnx.ModelProto.FromString(model.SerializeToString())
    def widen(tensor):
        if tensor.data_type == onnx.TensorProto.FLOAT:
            tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float64), tensor.name))
    for tensor in model.graph.initializer:
        widen(tensor)
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.TENSOR:
                widen(attribute.t)
            if node.op_type == "Cast" and attribute.name == "to" and attribute.i == onnx.TensorProto.FLOAT:
                attribute.i = onnx.TensorProto.DOUBLE
    for value in [*model.graph.input, *model.graph.output]:
        if value.type.tensor_type.elem_type == onnx.TensorProto.FLOAT:
            value.type.tensor_type.elem_type = onnx.TensorProto.DOUBLE
    del model.graph.value_info[:]
    return model


def exact(model, inputs):
    """Outputs by name (with `/` as `_`), for inputs by name."""
    wide = {name: array.astype(np.float64) if array.dtype == np.float32 else array for name, array in inputs.items()}
    evaluator = ReferenceEvaluator(widened(model), new_ops=list(FASTER))
    with np.errstate(over="ignore", invalid="ignore"):  # of branches that a sigmoid does not take
        results = evaluator.run(None, wide)
    return {output.name.replace("/", "_"): result for output, result in zip(model.graph.output, results)}
