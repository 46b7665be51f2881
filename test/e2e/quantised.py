"""Quantised networks made at random, node by node, each with its answer in integers computed in NumPy beside it."""
import numpy as np
from onnx import TensorProto, helper, numpy_helper

f32 = np.float32
TYPES = {"u8": (np.uint8, TensorProto.UINT8), "i8": (np.int8, TensorProto.INT8)}


class Tensor:
    """A quantised activation: the value behind its dequantize, and what it is quantised with."""

    def __init__(self, name, numbers, scale, zero):
        self.name, self.numbers, self.scale, self.zero = name, numbers, f32(scale), int(zero)

    def centred(self):
        return self.numbers.astype(np.int64) - self.zero

    def floats(self):
        return self.centred().astype(f32) * self.scale


def saturate(values, zero, dtype):
    """`values` rounded half to even, plus the zero point."""
    limits = np.iinfo(dtype)
    return np.clip(np.rint(values) + int(zero), limits.min, limits.max).astype(dtype)


def requantised(sums, scale, zero, dtype):
    return saturate(sums.astype(f32) * scale.astype(f32), zero, dtype)


def convolved(x, weight, pads, stride, groups):
    """Sums of products of integers; x has zeros around it."""
    x = np.pad(x, ((0, 0), (0, 0), (pads[0], pads[2]), (pads[1], pads[3])))
    outputs, per_group, height, width = weight.shape
    rows, columns = (x.shape[2] - height) // stride + 1, (x.shape[3] - width) // stride + 1
    result = np.zeros((x.shape[0], outputs, rows, columns), np.int64)
    for group in range(groups):
        own = slice(group * outputs // groups, (group + 1) * outputs // groups)
        part = x[:, group * per_group:(group + 1) * per_group]
        for i in range(height):
            for k in range(width):
                window = part[:, :, i:i + stride * rows:stride, k:k + stride * columns:stride][:, :, :rows, :columns]
                result[:, own] += np.einsum("nchw,oc->nohw", window, weight[own, :, i, k].astype(np.int64))
    return result


def transposed(x, weight, pads, stride):
    """The same of a transposed convolution: each input adds its products to a window of results."""
    inputs, outputs, height, width = weight.shape
    rows, columns = (x.shape[2] - 1) * stride + height, (x.shape[3] - 1) * stride + width
    result = np.zeros((x.shape[0], outputs, rows, columns), np.int64)
    for i in range(height):
        for k in range(width):
            products = np.einsum("nchw,co->nohw", x, weight[:, :, i, k].astype(np.int64))
            result[:, :, i:i + stride * x.shape[2]:stride, k:k + stride * x.shape[3]:stride] += products
    return result[:, :, pads[0]:rows - pads[2], pads[1]:columns - pads[3]]


class Network:
    """Builds an ONNX network in QDQ form for one random input."""

    def __init__(self, shape, activations="u8", seed=0, opset=17):
        self.random = np.random.default_rng(seed)
        self.dtype, self.onnx_type = TYPES[activations]
        self.nodes, self.tensors, self.opset = [], [], opset
        self.input = self.random.standard_normal(shape, f32)
        self.shape = shape
        self.first = self.quantised("x", self.input, f32(0.03))

    def constant(self, array, stem="c"):
        name = f"{stem}{len(self.tensors)}"
        self.tensors.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def node(self, kind, inputs, **attributes):
        name = f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], name, **attributes))
        return name

    def new_zero(self):
        limits = np.iinfo(self.dtype)
        return int(self.random.integers(limits.min + 90, limits.max - 90))

    def pair(self, name, scale, zero):
        """Quantize and dequantize nodes behind the float `name`."""
        scale, zero = self.constant(f32(scale), "s"), self.constant(np.array(zero, self.dtype), "z")
        return self.node("DequantizeLinear", [self.node("QuantizeLinear", [name, scale, zero]), scale, zero])

    def quantised(self, name, values, scale, zero=None):
        """The tensor that a float `name` with these values is quantised to."""
        zero = self.new_zero() if zero is None else zero
        return Tensor(self.pair(name, scale, zero), saturate(values / f32(scale), zero, self.dtype), scale, zero)

    def result(self, name, sums, scale, output_scale, zero):
        """What sums in units of `scale` (f32) become, between which and `name` is a quantize and dequantize."""
        numbers = requantised(sums, scale / f32(output_scale), zero, self.dtype)
        return Tensor(self.pair(name, output_scale, zero), numbers, output_scale, zero)

    def weight(self, shape, per_channel, axis, unsigned=False):
        numbers = self.random.integers(-127, 128, shape).astype(np.int8)
        count = shape[axis] if per_channel else 1
        scale = self.random.uniform(0.001, 0.02, count).astype(f32)
        scale = scale if per_channel else scale[0]
        stored, zero = (numbers.astype(np.int16) + 128).astype(np.uint8) if unsigned else numbers, 128 if unsigned else 0
        zeros = np.full(count if per_channel else (), zero, stored.dtype)
        attributes = {"axis": axis} if per_channel else {}
        name = self.node("DequantizeLinear", [self.constant(stored, "w"), self.constant(scale, "s"), self.constant(zeros, "z")],
                         **attributes)
        return name, numbers, scale

    def bias(self, count, scale, form):
        """Name and integers of a bias: none, as floats, or as integers of the sums' scale."""
        numbers = self.random.integers(-3000, 3000, count).astype(np.int32)
        scale = np.broadcast_to(scale, count).astype(f32)
        if form is None:
            return None, np.zeros(count, np.int32)
        if form == "float":
            values = ((numbers + self.random.uniform(-0.4, 0.4, count)) * scale).astype(f32)
            return self.constant(values, "b"), np.rint(values / scale).astype(np.int64)
        zeros = self.constant(np.zeros(count, np.int32), "z")
        return self.node("DequantizeLinear", [self.constant(numbers, "b"), self.constant(scale, "s"), zeros], axis=0), numbers

    def activation(self, name, kind):
        if kind == "relu":
            return self.node("Relu", [name]), 0, np.inf
        if kind == "relu6":
            return self.node("Clip", [name, self.constant(f32(0)), self.constant(f32(1.5))]), 0, 1.5
        return name, -np.inf, np.inf

    def bounded(self, tensor, low, high):
        bound = lambda value: saturate(f32(value) / tensor.scale, tensor.zero, self.dtype)
        if np.isfinite(low):
            tensor.numbers = np.maximum(tensor.numbers, bound(low))
        if np.isfinite(high):
            tensor.numbers = np.minimum(tensor.numbers, bound(high))
        return tensor

    def output_scale(self, sums, scale):
        return f32(max(np.abs(sums * scale).max(), 1e-3) / 100)

    def conv(self, x, outputs, kernel=3, pads=(1, 1, 1, 1), stride=1, groups=1, per_channel=True, bias="integer",
             activation=None, unsigned=False):
        shape = (outputs, x.numbers.shape[1] // groups, kernel, kernel)
        weight, numbers, weight_scale = self.weight(shape, per_channel, 0, unsigned)
        scale = x.scale * weight_scale
        bias, integers = self.bias(outputs, scale, bias)
        name = self.node("Conv", [x.name, weight] + ([bias] if bias else []), pads=pads, strides=[stride, stride], group=groups)
        sums = convolved(x.centred(), numbers, pads, stride, groups) + integers.reshape(1, -1, 1, 1)
        name, low, high = self.activation(name, activation)
        scale = np.broadcast_to(scale, outputs).reshape(-1, 1, 1)
        return self.bounded(self.result(name, sums, scale, self.output_scale(sums, scale), self.new_zero()), low, high)

    def conv_transposed(self, x, outputs, kernel=2, pads=(0, 0, 0, 0), stride=2, per_channel=True, bias="integer"):
        weight, numbers, weight_scale = self.weight((x.numbers.shape[1], outputs, kernel, kernel), per_channel, 1)
        scale = x.scale * weight_scale
        bias, integers = self.bias(outputs, scale, bias)
        name = self.node("ConvTranspose", [x.name, weight] + ([bias] if bias else []), pads=pads, strides=[stride, stride])
        sums = transposed(x.centred(), numbers, pads, stride) + integers.reshape(1, -1, 1, 1)
        scale = np.broadcast_to(scale, outputs).reshape(-1, 1, 1)
        return self.result(name, sums, scale, self.output_scale(sums, scale), self.new_zero())

    def linear(self, x, outputs, per_channel=True, bias="integer", gemm=True):
        shape = (outputs, x.numbers.shape[1]) if gemm else (x.numbers.shape[1], outputs)
        weight, numbers, weight_scale = self.weight(shape, per_channel, 0 if gemm else 1)
        scale = x.scale * weight_scale
        bias, integers = self.bias(outputs, scale, bias if gemm else None)
        name = (self.node("Gemm", [x.name, weight] + ([bias] if bias else []), transB=1) if gemm
                else self.node("MatMul", [x.name, weight]))
        sums = x.centred() @ (numbers.T if gemm else numbers).astype(np.int64) + integers
        return self.result(name, sums, np.broadcast_to(scale, outputs), self.output_scale(sums, scale), self.new_zero())

    def add(self, a, b, relu=False):
        name, values = self.node("Add", [a.name, b.name]), a.floats() + b.floats()
        if relu:
            name, values = self.node("Relu", [name]), np.maximum(values, f32(0))
        return self.quantised(name, values, f32(np.abs(values).max() / 100))

    def scaled_max_pool(self, x):
        return self.max_pool(x, same=False)

    def max_pool(self, x, same=True):
        height, width = (extent // 2 for extent in x.numbers.shape[2:])
        numbers = x.numbers[:, :, :2 * height, :2 * width].reshape(*x.numbers.shape[:2], height, 2, width, 2).max((3, 5))
        name = self.node("MaxPool", [x.name], kernel_shape=[2, 2], strides=[2, 2])
        moved = Tensor(name, numbers, x.scale, x.zero)
        return (Tensor(self.pair(name, x.scale, x.zero), numbers, x.scale, x.zero) if same
                else self.quantised(name, moved.floats(), x.scale * f32(1.25)))

    def average_pool(self, x):
        """In single floats, window element after window element; the zero point, from the lowest, is added before rounding."""
        height, width = (extent // 2 for extent in x.numbers.shape[2:])
        floats = x.floats()[:, :, :2 * height, :2 * width]
        total = np.zeros((*floats.shape[:2], height, width), f32)
        for i in range(2):
            for k in range(2):
                total += floats[:, :, i::2, k::2]
        name = self.node("AveragePool", [x.name], kernel_shape=[2, 2], strides=[2, 2])
        limits = np.iinfo(self.dtype)
        numbers = saturate(total / f32(4) / x.scale + f32(x.zero - limits.min), limits.min, self.dtype)
        return Tensor(self.pair(name, x.scale, x.zero), numbers, x.scale, x.zero)

    def global_average(self, x):
        sums = x.centred().sum((2, 3), keepdims=True)
        count = f32(x.numbers.shape[2] * x.numbers.shape[3])
        output_scale, zero = f32(x.scale * f32(0.7)), self.new_zero()
        numbers = requantised(sums, x.scale / (output_scale * count), zero, self.dtype)
        return Tensor(self.pair(self.node("GlobalAveragePool", [x.name]), output_scale, zero), numbers, output_scale, zero)

    def concat(self, a, b):
        values = np.concatenate([a.floats(), b.floats()], 1)
        return self.quantised(self.node("Concat", [a.name, b.name], axis=1), values, f32(np.abs(values).max() / 100))

    def flatten(self, x):
        name = self.node("Flatten", [x.name])
        return Tensor(self.pair(name, x.scale, x.zero), x.numbers.reshape(len(x.numbers), -1), x.scale, x.zero)

    def model(self, *results, floats=False):
        """The network whose outputs are the numbers that the results dequantise, or what they dequantise them to."""
        sources = {node.output[0]: node.input[0] for node in self.nodes}
        names = [result.name if floats else sources[result.name] for result in results]
        kind = TensorProto.FLOAT if floats else self.onnx_type
        outputs = [helper.make_tensor_value_info(name, kind, result.numbers.shape) for name, result in zip(names, results)]
        graph = helper.make_graph(self.nodes, "quantised", [helper.make_tensor_value_info("x", TensorProto.FLOAT, self.shape)],
                                  outputs, self.tensors)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)], ir_version=8)
        return model, {name: result.floats() if floats else result.numbers for name, result in zip(names, results)}
