// Shape rules of ops that slide windows over spatial dimensions.
#include "dialects/cnn/rules/Arithmetic.h"

using namespace mlir;
using namespace convoy::cnn;
using shape::Rule;

namespace {

/// What convolution and pool have in common, per spatial dimension.
struct Window {
  ArrayRef<int64_t> strides, dilations, pads;
};

/// Labels of the rules that both ops check.
struct WindowLabels {
  StringRef steps, pads, fit;
};

} // namespace

/// Of any number in an attribute, so that arithmetic on them stays within 64 bits.
static constexpr int64_t largest = std::numeric_limits<int32_t>::max();

static LogicalResult checkPositive(const Rule &rule, StringRef label, StringRef what, ArrayRef<int64_t> values,
                                   size_t spatial) {
  if (values.size() != spatial)
    return rule.error(label) << "has " << values.size() << " " << what << " for " << spatial << " spatial dimensions";
  for (int64_t value : values)
    if (value < 1 || value > largest)
      return rule.error(label) << what << " must be positive and below 2^31, but one is " << value;
  return success();
}

static LogicalResult checkWindow(const Rule &rule, const Window &window, size_t spatial, const WindowLabels &labels) {
  if (failed(checkPositive(rule, labels.steps, "strides", window.strides, spatial)) ||
      failed(checkPositive(rule, labels.steps, "dilations", window.dilations, spatial)))
    return failure();
  if (window.pads.size() != 2 * spatial)
    return rule.error(labels.pads) << "has " << window.pads.size()
                                   << " pads, but must have a begin and an end for each "
                                   << "of " << spatial << " spatial dimensions";
  for (int64_t pad : window.pads)
    if (pad < 0 || pad > largest)
      return rule.error(labels.pads) << "pads must not be negative, nor 2^31 or more, but one is " << pad
                                     << "; cnn.pad or cnn.slice crops";
  return success();
}

/// (extent - 1) * dilation + 1
static AffineExpr dilated(AffineExpr extent, int64_t dilation) {
  return shape::add(shape::mul(shape::add(extent, -1), dilation), 1);
}

/// What is left of the padded input after the window stands at its first place.
static FailureOr<AffineExpr> slack(Rule &rule, const Window &window, size_t i, AffineExpr input, AffineExpr extent,
                                   StringRef label) {
  int64_t pads = window.pads[i] + window.pads[window.strides.size() + i];
  AffineExpr covered = dilated(extent, window.dilations[i]);
  AffineExpr rest = shape::sub(shape::add(input, pads), covered);
  if (!rule.assumeNotNegative(rest))
    return rule.error(label) << "the dilated window of extent " << shape::toString(covered)
                             << " does not fit into spatial dimension " << i << " of extent " << shape::toString(input)
                             << " with " << pads << " elements of padding";
  return rest;
}

//===-- convolution -----------------------------------------------------------------------------===//

static LogicalResult checkOutputPadding(ConvolutionOp op, const Rule &rule, size_t spatial) {
  ArrayRef<int64_t> padding = op.getOutputPadding();
  if (padding.empty())
    return success();
  if (!op.getTransposed() || padding.size() != spatial)
    return rule.error("convolution_c8") << "output_padding belongs to a transposed convolution and has one number for "
                                        << "each of the " << spatial << " spatial dimensions";
  for (auto [i, value] : llvm::enumerate(padding))
    if (value < 0 || value >= std::max(op.getStrides()[i], op.getDilations()[i]))
      return rule.error("convolution_c8") << "output_padding " << value << " must be below the stride "
                                          << op.getStrides()[i] << " or the dilation " << op.getDilations()[i];
  return success();
}

/// Checks channels and bias, and gives the number of output channels.
static FailureOr<AffineExpr> outputChannels(ConvolutionOp op, Rule &rule) {
  int64_t groups = op.getGroups();
  ArrayRef<AffineExpr> input = rule.dims(op.getInput()), weight = rule.dims(op.getWeight());
  if (groups < 1 || groups > largest)
    return rule.error("convolution_c5") << "groups must be positive and below 2^31, but is " << groups;
  AffineExpr wanted = op.getTransposed() ? weight[0] : shape::mul(weight[1], groups);
  if (!rule.unify(input[1], wanted))
    return rule.error("convolution_c4") << "the input has " << shape::toString(input[1]) << " channels, but the weight "
                                        << shape::toString(weight) << " with " << groups << " groups wants "
                                        << shape::toString(wanted);
  AffineExpr divided = weight[0];
  if (std::optional<int64_t> channels = constantOf(divided); channels && *channels % groups != 0)
    return rule.error("convolution_c5") << groups << " groups do not divide " << *channels << " channels";
  AffineExpr channels = op.getTransposed() ? shape::mul(weight[1], groups) : weight[0];
  if (!op.getBias())
    return channels;
  ArrayRef<AffineExpr> bias = rule.dims(op.getBias());
  if (bias.size() != 1 || !rule.unify(bias[0], channels))
    return rule.error("convolution_c6") << "the bias " << shape::toString(bias) << " must have one element for each of "
                                        << shape::toString(channels) << " output channels";
  return channels;
}

static FailureOr<AffineExpr> convolvedExtent(ConvolutionOp op, Rule &rule, const Window &window, size_t i) {
  AffineExpr input = rule.dims(op.getInput())[i + 2], kernel = rule.dims(op.getWeight())[i + 2];
  if (!op.getTransposed()) {
    FailureOr<AffineExpr> rest = slack(rule, window, i, input, kernel, "convolution_c7");
    if (failed(rest))
      return failure();
    return shape::add(shape::floorDiv(*rest, rule.constant(window.strides[i])), 1);
  }
  int64_t grown = op.getOutputPadding().empty() ? 0 : op.getOutputPadding()[i];
  int64_t pads = window.pads[i] + window.pads[window.strides.size() + i];
  AffineExpr full =
      shape::add(shape::mul(shape::add(input, -1), window.strides[i]), dilated(kernel, window.dilations[i]));
  AffineExpr extent = shape::add(full, grown - pads);
  if (!rule.assumeNotNegative(shape::add(extent, -1)))
    return rule.error("convolution_c7") << "padding " << pads << " leaves nothing of spatial dimension " << i;
  return extent;
}

/// Whether an 8-bit input and weight give a sum in i32.
static bool isQuantised(ConvolutionOp op) {
  Type input = op.getInput().getType().getElementType();
  return (input.isUnsignedInteger(8) || input.isSignlessInteger(8)) &&
         op.getWeight().getType().getElementType().isSignlessInteger(8) &&
         op.getType().getElementType().isSignlessInteger(32);
}

/// Sums of products of halves are not rounded to halves.
static bool isOfHalves(ConvolutionOp op) {
  Type weight = op.getWeight().getType().getElementType();
  return op.getInput().getType().getElementType().isBF16() && (weight.isBF16() || weight.isF32()) &&
         op.getType().getElementType().isF32();
}

static LogicalResult checkTypes(ConvolutionOp op, const Rule &rule) {
  Type element = op.getInput().getType().getElementType(), result = op.getType().getElementType();
  bool isInteger = isQuantised(op);
  if ((!isInteger && !isOfHalves(op) && (op.getWeight().getType().getElementType() != element || result != element)) ||
      (op.getBias() && op.getBias().getType().getElementType() != result))
    return rule.error("convolution_c9")
           << "input, weight, bias and result must have one element type, or be ui8 or i8, "
           << "i8, i32 and i32, or bf16, bf16 or f32, f32 and f32";
  auto value = static_cast<int64_t>(op.getPadValue());
  if (value != 0 && (!isInteger || op.getTransposed() || !isOfType(value, element)))
    return rule.error("convolution_c10") << "pad_value " << value << " needs an 8-bit input that has this number, and "
                                         << "no transposed convolution";
  return success();
}

LogicalResult ConvolutionOp::inferFacts(ShapeAnalysis &analysis, SmallVectorImpl<Facts> &results) {
  Rule rule(*this, analysis);
  size_t rank = rule.dims(getInput()).size();
  if (rank < 3 || rule.dims(getWeight()).size() != rank)
    return rule.error("convolution_c1") << "the input has rank " << rank << " and the weight rank "
                                        << rule.dims(getWeight()).size() << "; both must have one rank, at least 3";
  if (failed(checkTypes(*this, rule)))
    return failure();
  Window window{getStrides(), getDilations(), getPads()};
  if (failed(checkWindow(rule, window, rank - 2, {"convolution_c2", "convolution_c3", "convolution_c7"})) ||
      failed(checkOutputPadding(*this, rule, rank - 2)))
    return failure();
  FailureOr<AffineExpr> channels = outputChannels(*this, rule);
  if (failed(channels))
    return failure();
  Facts facts{{rule.dims(getInput())[0], *channels}, std::nullopt};
  for (size_t i = 0; i < rank - 2; ++i) {
    FailureOr<AffineExpr> extent = convolvedExtent(*this, rule, window, i);
    if (failed(extent))
      return failure();
    facts.dims.push_back(*extent);
  }
  results.push_back(std::move(facts));
  return success();
}

//===-- pool ------------------------------------------------------------------------------------===//

static FailureOr<AffineExpr> pooledExtent(PoolOp op, Rule &rule, const Window &window, size_t i) {
  AffineExpr input = rule.dims(op.getInput())[i + 2];
  int64_t stride = window.strides[i], begin = window.pads[i], end = window.pads[window.strides.size() + i];
  FailureOr<AffineExpr> rest = slack(rule, window, i, input, rule.constant(op.getWindow()[i]), "pool_c4");
  if (failed(rest))
    return failure();
  if (!op.getCeilMode())
    return shape::add(shape::floorDiv(*rest, rule.constant(stride)), 1);
  AffineExpr extent = shape::add(shape::ceilDiv(*rest, rule.constant(stride)), 1);
  // No window may begin behind the image.
  int64_t covered = (op.getWindow()[i] - 1) * window.dilations[i] + 1;
  if (covered - end >= stride)
    return extent;
  auto count = extent ? constantOf(extent) : std::nullopt, image = input ? constantOf(input) : std::nullopt;
  if (count && image)
    return rule.constant((*count - 1) * stride >= *image + begin ? *count - 1 : *count);
  if (!extent)
    return AffineExpr();
  return rule.error("pool_c5") << "ceil_mode with stride " << stride << " above the window of " << covered
                               << " needs a known extent of spatial dimension " << i;
}

LogicalResult PoolOp::inferFacts(ShapeAnalysis &analysis, SmallVectorImpl<Facts> &results) {
  Rule rule(*this, analysis);
  ArrayRef<AffineExpr> input = rule.dims(getInput());
  if (input.size() < 3)
    return rule.error("pool_c1") << "the input has rank " << input.size() << ", but must have at least 3";
  Window window{getStrides(), getDilations(), getPads()};
  size_t spatial = input.size() - 2;
  if (failed(checkPositive(rule, "pool_c2", "window extents", getWindow(), spatial)) ||
      failed(checkWindow(rule, window, spatial, {"pool_c2", "pool_c3", "pool_c4"})))
    return failure();
  for (size_t i = 0; i < 2 * spatial; ++i)
    if (int64_t covered = (getWindow()[i % spatial] - 1) * getDilations()[i % spatial] + 1; getPads()[i] >= covered)
      return rule.error("pool_c3") << "a pad of " << getPads()[i] << " is not below the window's extent " << covered;
  if (getKind() == PoolKind::Lp && getP() < 1)
    return rule.error("pool_c6") << "p must be positive, but is " << static_cast<int64_t>(getP());
  if (getNarrowSum() && (getKind() != PoolKind::Average || !getType().getElementType().isF32()))
    return rule.error("pool_c7") << "narrow_sum belongs to an average of f32";
  Facts facts{{input[0], input[1]}, std::nullopt};
  for (size_t i = 0; i < spatial; ++i) {
    FailureOr<AffineExpr> extent = pooledExtent(*this, rule, window, i);
    if (failed(extent))
      return failure();
    facts.dims.push_back(*extent);
  }
  results.push_back(std::move(facts));
  return success();
}
