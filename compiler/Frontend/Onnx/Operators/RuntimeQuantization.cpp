// The operators on quantised tensors of ONNX Runtime's own domain: float operators between dequantize and quantize.
#include "compiler/Frontend/Onnx/Operators/Operators.h"

using namespace mlir;

namespace convoy::frontend {

/// Images whose channels lie last, as some of these operators can take them.
static bool refuseChannelsLast(Node &n) {
  if (n.integer("channels_last", 0) == 0 || n.hasFailed())
    return n.hasFailed();
  n.error() << "attribute 'channels_last' isn't supported";
  return true;
}

static Results importUnary(Node &n) {
  return quantizedOutput(n, n.elementwise(n.entry().detail, dequantizedInput(n, 0, 1)), 3);
}

static Results importLeakyRelu(Node &n) {
  double alpha = n.number("alpha", 0.01);
  return quantizedOutput(n, n.elementwise("leaky_relu", dequantizedInput(n, 0, 1), {alpha}), 3);
}

static Results importBinary(Node &n) {
  Value a = dequantizedInput(n, 0, 1), b = dequantizedInput(n, 3, 1);
  return quantizedOutput(n, n.elementwise(n.entry().detail, {a, b}), 6);
}

static Results importAveragePool(Node &n) {
  if (refuseChannelsLast(n))
    return {};
  return quantizedOutput(n, pool(n, dequantizedInput(n, 0, 1), cnn::PoolKind::Average), 3);
}

static Results importGlobalAveragePool(Node &n) {
  Value x = dequantizedInput(n, 0, 1);
  if (refuseChannelsLast(n) || !n.requireRank(x, 3, "the input"))
    return {};
  return quantizedOutput(n, n.reduce(cnn::ReduceKind::Mean, x, llvm::to_vector(llvm::seq<int64_t>(2, n.rankOf(x)))), 3);
}

/// The result's scale and zero point, then each operand with its own.
static Results importConcat(Node &n) {
  int64_t axis = n.integer("axis", 0);
  SmallVector<Value> parts;
  for (size_t index = 2; index + 2 < n.inputCount(); index += 3)
    parts.push_back(dequantizedInput(n, index, 1));
  if (n.hasFailed())
    return {};
  if (parts.empty() || n.inputCount() % 3 != 2) {
    n.error() << "each operand must have a scale and a zero point";
    return {};
  }
  return quantizedOutput(n, n.concat(parts, n.dimension(axis, n.rankOf(parts.front()))), 0);
}

static Results importSoftmax(Node &n) {
  int64_t opset = n.integer("opset", 13), axis = n.integer("axis", opset < 13 ? 1 : -1);
  Value x = dequantizedInput(n, 0, 1);
  if (n.hasFailed())
    return {};
  axis = n.dimension(axis, n.rankOf(x));
  if (opset < 13 && axis != n.rankOf(x) - 1 && !n.hasFailed()) {
    n.error() << "before opset 13 only the last dimension is supported";
    return {};
  }
  return quantizedOutput(n, n.create<cnn::SoftmaxOp>(n.elementOf(x), x, axis), 3);
}

/// a, b and their scales and zero points, an i32 bias, the result's scale and zero point: without a scale a float
/// result.
static Results importGemm(Node &n) {
  double alpha = n.number("alpha", 1);
  bool transposeA = n.flag("transA"), transposeB = n.flag("transB");
  Value a = dequantizedInput(n, 0, 1), b = dequantizedInput(n, 3, transposeB ? 0 : 1);
  Value result = n.matmul(a, b, transposeA, transposeB);
  if (alpha != 1)
    result = n.withScalar("mul", result, alpha);
  if (n.has(6)) {
    Value scale = n.elementwise("mul", {n.toScalar(n.input(1)), n.input(4)});
    if (alpha != 1)
      scale = n.withScalar("mul", scale, alpha);
    scale = n.extentOf(scale, 0) == 1 ? n.toScalar(scale) : scale;
    Value bias = n.create<cnn::DequantizeOp>(n.elementOf(scale), n.input(6), scale,
                                             n.scalar(0, IntegerType::get(n.context(), 32)));
    result = n.elementwise("add", {result, bias});
  }
  return n.has(7) ? quantizedOutput(n, result, 7) : result;
}

ArrayRef<Operator> runtimeOperators() {
  static const Operator table[] = {
      {"QGemm", 1, 6, 9, importGemm},
      {"QLinearAdd", 1, 7, 8, importBinary, "add"},
      {"QLinearAveragePool", 1, 4, 5, importAveragePool},
      {"QLinearConcat", 1, 5, -1, importConcat},
      {"QLinearGlobalAveragePool", 1, 5, 5, importGlobalAveragePool},
      {"QLinearLeakyRelu", 1, 4, 5, importLeakyRelu},
      {"QLinearMul", 1, 7, 8, importBinary, "mul"},
      {"QLinearSigmoid", 1, 4, 5, importUnary, "sigmoid"},
      {"QLinearSoftmax", 1, 5, 5, importSoftmax},
  };
  return table;
}

} // namespace convoy::frontend
