#include "compiler/Frontend/Text/Layers/LayerBuilder.h"

using namespace mlir;

namespace convoy::frontend {

using cnn::ReduceKind;

Value buildDense(LayerBuilder &b, const text::Dense &settings) {
  int64_t rank = b.rankOf(b.input());
  if (rank != 2 && rank != 3) {
    b.error() << "its input has " << rank << " dimensions, it takes 2 or 3" << (rank > 3 ? "; flatten it first" : "");
    return {};
  }
  int64_t features = b.knownExtent(rank - 1);
  if (b.hasFailed() || !b.requirePositive(settings.units(), "units"))
    return {};
  Value weight = b.tensor("weight", {settings.units(), features});
  Value result = b.matmul(b.input(), weight, /*transposeLhs=*/false, /*transposeRhs=*/true);
  if (settings.has_bias() && !settings.bias())
    return result;
  return b.elementwise("add", {result, b.tensor("bias", settings.units())});
}

Value buildMatMul(LayerBuilder &b, const text::MatMul &settings) {
  return b.matmul(b.inputs[0], b.inputs[1], settings.transpose_lhs(), settings.transpose_rhs());
}

//===-- Normalisations --------------------------------------------------------------------------===//

template <typename Settings> static double epsilonOf(const Settings &settings) {
  return settings.has_epsilon() ? settings.epsilon() : 1e-5;
}

template <typename Settings> static bool isAffine(const Settings &settings) {
  return !settings.has_affine() || settings.affine();
}

/// x * (weight / sqrt(var + epsilon)) + (bias - mean * that): the factors depend on weights alone.
Value buildBatchNorm(LayerBuilder &b, const text::BatchNorm &settings) {
  if (!b.requireRank(2))
    return {};
  int64_t channels = b.knownExtent(1);
  if (b.hasFailed())
    return {};
  Value mean = b.tensor("running_mean", channels), variance = b.tensor("running_var", channels);
  b.excuseTensor("num_batches_tracked");
  Value deviation = b.elementwise("sqrt", b.withScalar("add", variance, epsilonOf(settings)));
  Value factor, offset;
  if (isAffine(settings)) {
    factor = b.elementwise("div", {b.tensor("weight", channels), deviation});
    offset = b.elementwise("sub", {b.tensor("bias", channels), b.elementwise("mul", {mean, factor})});
  } else {
    factor = b.elementwise("reciprocal", deviation);
    offset = b.elementwise("neg", b.elementwise("mul", {mean, factor}));
  }
  return b.elementwise("add", {b.elementwise("mul", {b.input(), b.alongChannels(factor)}), b.alongChannels(offset)});
}

/// (x - mean) / sqrt(variance + epsilon) over `axes`.
static Value normalise(LayerBuilder &b, Value x, ArrayRef<int64_t> axes, double epsilon) {
  Value mean = b.reduce(ReduceKind::Mean, x, axes);
  Value centred = b.elementwise("sub", {x, mean});
  Value variance = b.reduce(ReduceKind::Mean, b.elementwise("mul", {centred, centred}), axes);
  return b.elementwise("div", {centred, b.elementwise("sqrt", b.withScalar("add", variance, epsilon))});
}

Value buildLayerNorm(LayerBuilder &b, const text::LayerNorm &settings) {
  int64_t axis = b.dimension(settings.has_axis() ? settings.axis() : -1, "axis");
  if (b.hasFailed())
    return {};
  SmallVector<int64_t> axes, extents;
  for (int64_t dim = axis; dim < b.rankOf(b.input()); ++dim) {
    axes.push_back(dim);
    extents.push_back(isAffine(settings) ? b.knownExtent(dim) : 0);
  }
  Value value = normalise(b, b.input(), axes, epsilonOf(settings));
  if (!isAffine(settings))
    return value;
  return b.elementwise("add", {b.elementwise("mul", {value, b.tensor("weight", extents)}), b.tensor("bias", extents)});
}

Value buildGroupNorm(LayerBuilder &b, const text::GroupNorm &settings) {
  if (!b.requireRank(3) || !b.requirePositive(settings.groups(), "groups"))
    return {};
  int64_t channels = b.knownExtent(1);
  if (!b.hasFailed() && channels % settings.groups() != 0)
    b.error("groups") << "'groups' is " << settings.groups() << ", which doesn't divide the " << channels
                      << " channels";
  Value grouped = b.reshape(b.input(), {0, settings.groups(), -1});
  Value value = b.reshapeTo(normalise(b, grouped, {2}, epsilonOf(settings)), {b.shapeOf(b.input())});
  if (!isAffine(settings))
    return value;
  return b.elementwise("add", {b.elementwise("mul", {value, b.alongChannels(b.tensor("weight", channels))}),
                               b.alongChannels(b.tensor("bias", channels))});
}

Value buildSoftmax(LayerBuilder &b, const text::Softmax &settings) {
  int64_t axis = b.dimension(settings.has_axis() ? settings.axis() : -1, "axis");
  return b.create<cnn::SoftmaxOp>(b.elementOf(b.input()), b.input(), axis, settings.log());
}

static ReduceKind kindOf(text::ReduceKind kind) {
  switch (kind) {
  case text::MEAN:
    return ReduceKind::Mean;
  case text::MAXIMUM:
    return ReduceKind::Max;
  case text::MINIMUM:
    return ReduceKind::Min;
  case text::ARG_MAX:
    return ReduceKind::ArgMax;
  case text::ARG_MIN:
    return ReduceKind::ArgMin;
  default:
    return ReduceKind::Sum;
  }
}

Value buildReduce(LayerBuilder &b, const text::Reduce &settings) {
  SmallVector<int64_t> axes;
  for (int64_t axis : settings.axes())
    axes.push_back(b.dimension(axis, "axes"));
  if (axes.empty() && !b.hasFailed())
    b.error() << "it needs the dimensions to reduce: axes: [2, 3]";
  return b.reduce(kindOf(settings.kind()), b.input(), axes, !settings.has_keep_dims() || settings.keep_dims());
}

} // namespace convoy::frontend
