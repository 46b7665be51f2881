#include "compiler/Frontend/Onnx/Operators/Operators.h"

#include <cmath>

using namespace mlir;

namespace convoy::frontend {

/// Scale or zero point for `x`: one for all, or one per element along `axis`.
static Value aligned(Node &n, Value vector, Value x, int64_t axis) {
  if (n.hasFailed() || n.rankOf(vector) == 0)
    return vector;
  if (n.rankOf(vector) == 1)
    return n.extentOf(vector, 0) == 1 ? n.toScalar(vector)
                                      : n.alignTo(vector, n.dimension(axis, n.rankOf(x)), n.rankOf(x));
  n.error() << "scales in blocks aren't supported";
  return {};
}

/// Scales of one element serve tensors of any rank, for which the default axis 1 need not exist.
static int64_t readAxis(Node &n) {
  int64_t axis = n.integer("axis", 1);
  if (n.integer("block_size", 0) != 0 && !n.hasFailed())
    n.error() << "scales in blocks aren't supported";
  return axis;
}

static std::pair<double, double> rangeOf(Type element) {
  auto type = cast<IntegerType>(element);
  int bits = static_cast<int>(type.getWidth()) - !type.isUnsigned();
  return {type.isUnsigned() ? 0 : -std::ldexp(1.0, bits), std::ldexp(1.0, bits) - 1};
}

/// saturate(round(x / scale) + zero point)
static Value quantize(Node &n, Value x, Value scale, Value zero, Type element) {
  Value rounded = n.elementwise("round", n.elementwise("div", {x, scale}));
  if (zero)
    rounded = n.elementwise("add", {rounded, n.cast(zero, n.elementOf(rounded))});
  if (n.hasFailed())
    return {};
  auto [low, high] = rangeOf(element);
  return n.cast(n.elementwise("clip", rounded, {low, high}), element);
}

static Results importQuantizeLinear(Node &n) {
  int64_t axis = readAxis(n);
  n.ignore("saturate");
  auto precision = n.integer("precision");
  auto type = n.integer("output_dtype");
  Value x = n.input(0);
  if (x && !n.isFloat(x))
    x = n.cast(x, n.elementOf(n.input(1)));
  Value scale = aligned(n, n.cast(n.input(1), n.elementOf(x)), x, axis);
  Value zero = n.has(2) ? aligned(n, n.input(2), x, axis) : Value();
  Type element = zero            ? n.elementOf(zero)
                 : type && *type ? n.type(*type)
                                 : IntegerType::get(n.context(), 8, IntegerType::Unsigned);
  if (precision && *precision && !n.hasFailed())
    scale = n.cast(scale, n.type(*precision)), x = n.cast(x, n.elementOf(scale));
  if (!n.hasFailed() && !isa<IntegerType>(element))
    n.error() << "quantisation to a type that isn't an integer isn't supported";
  return quantize(n, x, scale, zero, element);
}

static Results importDequantizeLinear(Node &n) {
  int64_t axis = readAxis(n);
  auto type = n.integer("output_dtype");
  Value q = n.input(0), scale = n.input(1);
  Type element = n.elementOf(scale);
  Type result = type && *type ? n.type(*type) : element;
  Value value = n.cast(q, element);
  if (n.has(2))
    value = n.elementwise("sub", {value, n.cast(aligned(n, n.input(2), q, axis), element)});
  return n.cast(n.elementwise("mul", {value, aligned(n, scale, q, axis)}), result);
}

/// The scale is that of the input's range, 0 included.
static Results importDynamicQuantizeLinear(Node &n) {
  Value x = n.input(0);
  Type u8 = IntegerType::get(n.context(), 8, IntegerType::Unsigned);
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(0, n.rankOf(x)));
  Value high = n.withScalar("max", n.reduce(cnn::ReduceKind::Max, x, axes, /*keepDims=*/false), 0);
  Value low = n.withScalar("min", n.reduce(cnn::ReduceKind::Min, x, axes, /*keepDims=*/false), 0);
  Value scale = n.withScalar("div", n.elementwise("sub", {high, low}), 255);
  Value zero =
      n.elementwise("round", n.elementwise("clip", n.elementwise("neg", n.elementwise("div", {low, scale})), {0, 255}));
  zero = n.cast(zero, u8);
  return Results(ArrayRef<Value>{quantize(n, x, scale, zero, u8), scale, zero});
}

//===-- Products of quantised numbers -----------------------------------------------------------===//

/// An operand without its zero point. In double, sums of 8-bit products are exact.
static Value centred(Node &n, size_t index, size_t zeroIndex, Type element, int64_t axis) {
  Value value = n.input(index), zero = n.input(zeroIndex);
  Value wide = n.cast(value, element);
  return zero ? n.elementwise("sub", {wide, n.cast(aligned(n, zero, value, axis), element)}) : wide;
}

static Results importConvInteger(Node &n) {
  Type f64 = Float64Type::get(n.context());
  Value sum = convolution(n, centred(n, 0, 2, f64, 1), centred(n, 1, 3, f64, 0), {});
  return n.cast(sum, IntegerType::get(n.context(), 32));
}

static Results importMatMulInteger(Node &n) {
  Type f64 = Float64Type::get(n.context());
  Value sum = matrixProduct(n, centred(n, 0, 2, f64, -2), centred(n, 1, 3, f64, -1));
  return n.cast(sum, IntegerType::get(n.context(), 32));
}

/// x, its scale and zero point, w, its scale and zero point, the result's scale and zero point, bias.
static Results importQLinearConv(Node &n) {
  Type f32 = Float32Type::get(n.context());
  Value weight = n.input(3), bias = n.input(8);
  Value sum = convolution(n, centred(n, 0, 2, f32, 1), centred(n, 3, 5, f32, 0),
                          n.hasFailed() || !bias ? Value() : n.cast(bias, f32));
  Value scale = n.elementwise("mul", {n.toScalar(n.input(1)), aligned(n, n.input(4), weight, 0)});
  if (n.rankOf(scale) > 1) // [O, 1, 1, 1] -> [O, 1, 1]
    scale = n.alignTo(n.reshape(scale, {-1}), 0, n.rankOf(sum) - 1);
  Value zero = n.input(7);
  return quantize(n, n.elementwise("mul", {sum, scale}), n.toScalar(n.input(6)), n.toScalar(zero), n.elementOf(zero));
}

static Results importQLinearMatMul(Node &n) {
  Value scaleA = n.input(1), scaleB = n.input(4), zero = n.input(7);
  Type element = n.elementOf(scaleA);
  Value a = n.elementwise("mul", {centred(n, 0, 2, element, -2), aligned(n, scaleA, n.input(0), -2)});
  Value b = n.elementwise("mul", {centred(n, 3, 5, element, -1), aligned(n, scaleB, n.input(3), -1)});
  return quantize(n, matrixProduct(n, a, b), n.toScalar(n.input(6)), n.toScalar(zero), n.elementOf(zero));
}

ArrayRef<Operator> quantizationOperators() {
  static const Operator table[] = {
      {"ConvInteger", 10, 2, 4, importConvInteger},
      {"DequantizeLinear", 10, 2, 3, importDequantizeLinear},
      {"DynamicQuantizeLinear", 11, 1, 1, importDynamicQuantizeLinear},
      {"MatMulInteger", 10, 2, 4, importMatMulInteger},
      {"QLinearConv", 10, 8, 9, importQLinearConv},
      {"QLinearMatMul", 10, 8, 8, importQLinearMatMul},
      {"QuantizeLinear", 10, 2, 3, importQuantizeLinear},
  };
  return table;
}

} // namespace convoy::frontend
