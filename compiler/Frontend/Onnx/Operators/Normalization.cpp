#include "compiler/Frontend/Onnx/Operators/Operators.h"

using namespace mlir;

namespace convoy::frontend {

using cnn::ReduceKind;

/// (x - mean) / sqrt(variance + epsilon) over `axes`, and what later outputs need of it.
struct Normalised {
  Value value, mean, deviation;
};

static Normalised normalise(Node &n, Value x, ArrayRef<int64_t> axes, double epsilon) {
  Value mean = n.reduce(ReduceKind::Mean, x, axes);
  Value centred = n.elementwise("sub", {x, mean});
  Value variance = n.reduce(ReduceKind::Mean, n.elementwise("mul", {centred, centred}), axes);
  Value deviation = n.elementwise("sqrt", n.withScalar("add", variance, epsilon));
  return {n.elementwise("div", {centred, deviation}), mean, deviation};
}

static SmallVector<int64_t> axesFrom(Node &n, Value x, int64_t first) {
  return llvm::to_vector(llvm::seq<int64_t>(first, std::max(n.rankOf(x), first)));
}

/// A vector over the channels, in the type of `x`, ready to broadcast with it.
static Value channels(Node &n, Value vector, Value x) {
  vector = n.cast(vector, n.elementOf(x));
  return n.rankOf(x) < 2 ? vector : n.alignTo(vector, 0, n.rankOf(x) - 1);
}

//===-- Batch, instance, group, layer -----------------------------------------------------------===//

/// x * (scale / sqrt(var + epsilon)) + (bias - mean * that): the factors depend on weights alone.
static Results importBatchNormalization(Node &n) {
  double epsilon = n.number("epsilon", 1e-5F);
  n.ignore("momentum");
  n.ignore("is_test");
  bool perElement = !n.flag("spatial", true), training = n.flag("training_mode");
  if ((perElement || training) && !n.hasFailed())
    n.error() << (training ? "training_mode" : "statistics per element, as spatial = 0 asks,") << " isn't supported";
  Value x = n.input(0), scale = n.input(1), bias = n.input(2), mean = n.input(3), variance = n.input(4);
  if (!n.requireRank(x, 2, "the input"))
    return {};
  for (Value vector : {scale, bias, mean, variance})
    if (n.rankOf(vector) != 1 && !n.hasFailed())
      n.error() << "scale, bias, mean and variance must have 1 dimension";
  mean = n.cast(mean, n.elementOf(variance));
  Value factor = n.elementwise(
      "div", {n.cast(scale, n.elementOf(variance)), n.elementwise("sqrt", n.withScalar("add", variance, epsilon))});
  Value offset = n.elementwise("sub", {n.cast(bias, n.elementOf(variance)), n.elementwise("mul", {mean, factor})});
  return n.elementwise("add", {n.elementwise("mul", {x, channels(n, factor, x)}), channels(n, offset, x)});
}

static Results importInstanceNormalization(Node &n) {
  double epsilon = n.number("epsilon", 1e-5F);
  Value x = n.input(0), scale = n.input(1), bias = n.input(2);
  if (!n.requireRank(x, 3, "the input"))
    return {};
  Value value = normalise(n, x, axesFrom(n, x, 2), epsilon).value;
  return n.elementwise("add", {n.elementwise("mul", {value, channels(n, scale, x)}), channels(n, bias, x)});
}

/// Until opset 20 scale and bias belong to groups, then to channels.
static Results importGroupNormalization(Node &n) {
  double epsilon = n.number("epsilon", 1e-5F);
  int64_t groups = n.integer("num_groups", 0);
  n.ignore("stash_type");
  Value x = n.input(0), scale = n.input(1), bias = n.input(2);
  if (!n.requireRank(x, 3, "the input"))
    return {};
  auto channelCount = n.extentOf(x, 1);
  if (groups < 1 || (channelCount && *channelCount % groups != 0)) {
    n.error() << "attribute 'num_groups' is " << groups << ", which doesn't divide the channels";
    return {};
  }
  Value grouped = n.reshape(x, {0, groups, -1});
  Value value = normalise(n, grouped, {2}, epsilon).value;
  if (n.opset() < 21) {
    value = n.elementwise("mul", {value, channels(n, scale, grouped)});
    return n.reshapeTo(n.elementwise("add", {value, channels(n, bias, grouped)}), n.shapeOf(x));
  }
  value = n.reshapeTo(value, n.shapeOf(x));
  return n.elementwise("add", {n.elementwise("mul", {value, channels(n, scale, x)}), channels(n, bias, x)});
}

/// Whether the statistics are computed in float although the input is narrower.
static Value stashed(Node &n, Value x) {
  bool isNarrow = x && (n.elementOf(x).isF16() || n.elementOf(x).isBF16());
  return n.integer("stash_type", 1) == 1 && isNarrow ? n.cast(x, Float32Type::get(n.context())) : x;
}

static Results importLayerNormalization(Node &n) {
  Value input = n.input(0);
  double epsilon = n.number("epsilon", 1e-5F);
  Value x = stashed(n, input);
  int64_t axis = n.dimension(n.integer("axis", -1), n.rankOf(input));
  if (n.hasFailed())
    return {};
  Normalised result = normalise(n, x, axesFrom(n, x, axis), epsilon);
  Value value = n.elementwise("mul", {n.cast(result.value, n.elementOf(input)), n.input(1)});
  if (Value bias = n.input(2))
    value = n.elementwise("add", {value, bias});
  if (!n.isUsed(2))
    return Results(ArrayRef<Value>{value, result.mean});
  return Results(ArrayRef<Value>{value, result.mean, n.elementwise("reciprocal", result.deviation)});
}

static Results importRmsNormalization(Node &n) {
  Value input = n.input(0);
  double epsilon = n.number("epsilon", 1e-5F);
  Value x = stashed(n, input);
  int64_t axis = n.dimension(n.integer("axis", -1), n.rankOf(input));
  if (n.hasFailed())
    return {};
  Value squares = n.reduce(ReduceKind::Mean, n.elementwise("mul", {x, x}), axesFrom(n, x, axis));
  Value value = n.elementwise("div", {x, n.elementwise("sqrt", n.withScalar("add", squares, epsilon))});
  return n.elementwise("mul", {n.cast(value, n.elementOf(input)), n.input(1)});
}

static Results importMeanVarianceNormalization(Node &n) {
  Value x = n.input(0);
  auto axes = n.dimensions(n.integersAttribute("axes").value_or(SmallVector<int64_t>{0, 2, 3}), n.rankOf(x));
  Value mean = n.reduce(ReduceKind::Mean, x, axes);
  Value centred = n.elementwise("sub", {x, mean});
  Value variance = n.reduce(ReduceKind::Mean, n.elementwise("mul", {centred, centred}), axes);
  return n.elementwise("div", {centred, n.withScalar("add", n.elementwise("sqrt", variance), 1e-9)});
}

//===-- Local response and norms ----------------------------------------------------------------===//

/// The sum over neighbouring channels is an average pool over dimension C of [N, 1, C, H * W].
static Results importLrn(Node &n) {
  Value x = n.input(0);
  double alpha = n.number("alpha", 1e-4F), beta = n.number("beta", 0.75), bias = n.number("bias", 1);
  int64_t size = n.integer("size", 0);
  if (!n.requireRank(x, 3, "the input"))
    return {};
  if (size < 1 || size > (1 << 20)) {
    n.error() << "attribute 'size' must be positive";
    return {};
  }
  SmallVector<Value> spatial;
  for (int64_t dim = 2; dim < n.rankOf(x); ++dim)
    spatial.push_back(n.extent(x, dim));
  Value squares =
      n.reshapeTo(n.elementwise("mul", {x, x}), {n.extent(x, 0), n.ints({1}), n.extent(x, 1), n.product(spatial)});
  SmallVector<int64_t> window{size, 1}, ones{1, 1}, pads{(size - 1) / 2, 0, size / 2, 0};
  Value mean = n.create<cnn::PoolOp>(n.elementOf(x), squares, cnn::PoolKind::Average, window, ones, ones, pads,
                                     /*ceil_mode=*/false, /*count_include_pad=*/true, 2);
  Value base = n.withScalar("add", n.withScalar("mul", n.reshapeTo(mean, n.shapeOf(x)), alpha), bias);
  return n.elementwise("div", {x, n.withScalar("pow", base, beta)});
}

static Results importLpNormalization(Node &n) {
  Value x = n.input(0);
  int64_t axis = n.dimension(n.integer("axis", -1), n.rankOf(x)), p = n.integer("p", 2);
  if (p != 1 && p != 2 && !n.hasFailed())
    n.error() << "attribute 'p' is " << p << ", not 1 or 2";
  Value norm = n.reduce(p == 1 ? ReduceKind::L1 : ReduceKind::L2, x, axis);
  Value zero = n.scalar(0, n.elementOf(x)); // What has no length stays as it is.
  return n.elementwise("where", {n.elementwise("equal", {norm, zero}), zero, n.elementwise("div", {x, norm})});
}

//===-- Softmax ---------------------------------------------------------------------------------===//

/// Until opset 12 the input is seen as a matrix: dimensions from `axis` on are the columns.
static Results alongAxis(Node &n, llvm::function_ref<Value(Value, int64_t)> function) {
  Value x = n.input(0);
  int64_t rank = n.rankOf(x);
  int64_t axis = n.dimension(n.integer("axis", n.opset() < 13 ? 1 : -1), rank);
  if (n.hasFailed())
    return {};
  bool isVector = llvm::all_of(llvm::seq(axis + 1, rank), [&](int64_t dim) { return n.extentOf(x, dim) == 1; });
  if (n.opset() >= 13 || isVector)
    return function(x, axis);
  SmallVector<Value> rows, columns;
  for (int64_t dim = 0; dim < rank; ++dim)
    (dim < axis ? rows : columns).push_back(n.extent(x, dim));
  Value matrix = n.reshapeTo(x, {n.product(rows), n.product(columns)});
  return n.reshapeTo(function(matrix, 1), n.shapeOf(x));
}

static Results importSoftmax(Node &n) {
  bool isLog = n.entry().detail == "log";
  return alongAxis(n, [&](Value x, int64_t axis) { return n.create<cnn::SoftmaxOp>(n.elementOf(x), x, axis, isLog); });
}

/// 1 at the first maximum, 0 elsewhere.
static Results importHardmax(Node &n) {
  return alongAxis(n, [&](Value x, int64_t axis) {
    Value best = n.reduce(ReduceKind::ArgMax, x, axis);
    Value indices = n.alignTo(n.iota(n.extent(x, axis)), axis, n.rankOf(x));
    return n.cast(n.elementwise("equal", {best, indices}), n.elementOf(x));
  });
}

ArrayRef<Operator> normalizationOperators() {
  static const Operator table[] = {
      {"BatchNormalization", 6, 5, 5, importBatchNormalization},
      {"GroupNormalization", 18, 3, 3, importGroupNormalization},
      {"Hardmax", 6, 1, 1, importHardmax},
      {"InstanceNormalization", 6, 3, 3, importInstanceNormalization},
      {"LRN", 6, 1, 1, importLrn},
      {"LayerNormalization", 17, 2, 3, importLayerNormalization},
      {"LogSoftmax", 6, 1, 1, importSoftmax, "log"},
      {"LpNormalization", 6, 1, 1, importLpNormalization},
      {"MeanVarianceNormalization", 9, 1, 1, importMeanVarianceNormalization},
      {"RMSNormalization", 23, 2, 2, importRmsNormalization},
      {"Softmax", 6, 1, 1, importSoftmax},
  };
  return table;
}

} // namespace convoy::frontend
