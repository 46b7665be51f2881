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

/// The zero point at `index` for `x`; where all elements are known to be equal, one for all.
static Value zeroPoint(Node &n, size_t index, Value x, int64_t axis) {
  auto known = n.numbers(index);
  if (known && known->size() > 1 && llvm::all_equal(*known) && !n.hasFailed()) {
    int64_t dim = n.dimension(axis, n.rankOf(x));
    auto extent = n.hasFailed() ? std::nullopt : n.extentOf(x, dim);
    if (!extent || *extent == static_cast<int64_t>(known->size()))
      return n.scalar(known->front(), n.elementOf(n.input(index)));
  }
  return aligned(n, n.input(index), x, axis);
}

/// A scale that is known must be a number to multiply by, one that keeps the order of numbers.
static void checkScale(Node &n, size_t index) {
  for (double scale : n.numbers(index).value_or(SmallVector<double>()))
    if ((!std::isfinite(scale) || scale < 0) && !n.hasFailed())
      n.error() << "a scale is " << (std::isnan(scale) ? "not a number" : scale < 0 ? "negative" : "infinite");
}

static bool isQuantised(Type element) {
  auto integer = dyn_cast_or_null<IntegerType>(element);
  return integer && integer.getWidth() >= 8 && integer.getWidth() <= 32;
}

/// `zero` may be absent.
static Value quantize(Node &n, Value x, Value scale, Value zero, Type element) {
  if (!n.hasFailed() && !isQuantised(element))
    n.error() << "quantisation to " << element << " isn't supported";
  return n.create<cnn::QuantizeOp>(element, x, scale, zero ? zero : n.scalar(0, element));
}

/// `zero` may be absent.
static Value dequantize(Node &n, Value q, Value scale, Value zero) {
  Type element = n.elementOf(q);
  if (!n.hasFailed() && !isQuantised(element))
    n.error() << "quantised numbers of type " << element << " aren't supported";
  return n.create<cnn::DequantizeOp>(n.elementOf(scale), q, scale, zero ? zero : n.scalar(0, element));
}

static Results importQuantizeLinear(Node &n) {
  int64_t axis = readAxis(n);
  n.ignore("saturate");
  auto precision = n.integer("precision");
  auto type = n.integer("output_dtype");
  checkScale(n, 1);
  Value x = n.input(0);
  if (x && !n.isFloat(x))
    x = n.cast(x, n.elementOf(n.input(1)));
  Value scale = aligned(n, n.cast(n.input(1), n.elementOf(x)), x, axis);
  Value zero = n.has(2) ? zeroPoint(n, 2, x, axis) : Value();
  Type element = zero            ? n.elementOf(zero)
                 : type && *type ? n.type(*type)
                                 : IntegerType::get(n.context(), 8, IntegerType::Unsigned);
  if (precision && *precision && !n.hasFailed())
    scale = n.cast(scale, n.type(*precision)), x = n.cast(x, n.elementOf(scale));
  return quantize(n, x, scale, zero, element);
}

static Results importDequantizeLinear(Node &n) {
  int64_t axis = readAxis(n);
  auto type = n.integer("output_dtype");
  checkScale(n, 1);
  Value q = n.input(0), scale = n.input(1);
  Type element = n.elementOf(scale);
  Type result = type && *type ? n.type(*type) : element;
  Value zero = n.has(2) ? zeroPoint(n, 2, q, axis) : Value();
  return n.cast(dequantize(n, q, aligned(n, scale, q, axis), zero), result);
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

/// An operand without its zero point, as i32.
static Value centred(Node &n, size_t index, size_t zeroIndex, int64_t axis) {
  Type i32 = IntegerType::get(n.context(), 32);
  Value value = n.input(index), wide = n.cast(value, i32);
  return n.has(zeroIndex) ? n.elementwise("sub", {wide, n.cast(zeroPoint(n, zeroIndex, value, axis), i32)}) : wide;
}

static Results importConvInteger(Node &n) { return convolution(n, centred(n, 0, 2, 1), centred(n, 1, 3, 0), {}); }

static Results importMatMulInteger(Node &n) { return matrixProduct(n, centred(n, 0, 2, -2), centred(n, 1, 3, -1)); }

Value dequantizedInput(Node &n, size_t index, int64_t axis) {
  checkScale(n, index + 1);
  Value q = n.input(index);
  return dequantize(n, q, aligned(n, n.input(index + 1), q, axis),
                    n.has(index + 2) ? zeroPoint(n, index + 2, q, axis) : Value());
}

Value quantizedOutput(Node &n, Value x, size_t scale) {
  checkScale(n, scale);
  Value zero = n.input(scale + 1);
  Type element = zero ? n.elementOf(zero) : IntegerType::get(n.context(), 8, IntegerType::Unsigned);
  return quantize(n, x, n.toScalar(n.input(scale)), zero ? n.toScalar(zero) : Value(), element);
}

/// x, its scale and zero point, w, its scale and zero point, the result's scale and zero point, bias.
static Results importQLinearConv(Node &n) {
  Value x = dequantizedInput(n, 0, 1), weight = dequantizedInput(n, 3, 0), bias;
  if (n.has(8)) {
    Value scale = n.elementwise("mul", {n.toScalar(n.input(1)), n.input(4)});
    bias = dequantize(n, n.input(8), n.extentOf(scale, 0) == 1 ? n.toScalar(scale) : scale, {});
  }
  return quantizedOutput(n, convolution(n, x, weight, bias), 6);
}

static Results importQLinearMatMul(Node &n) {
  Value a = dequantizedInput(n, 0, -2), b = dequantizedInput(n, 3, -1);
  return quantizedOutput(n, matrixProduct(n, a, b), 6);
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
