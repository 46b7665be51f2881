#include "compiler/Network/Channels.h"
#include "compiler/Network/Matching.h"
#include "compiler/Network/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace convoy::compiler {

#define GEN_PASS_DEF_FOLDAFFINE
#include "compiler/Network/Passes.h.inc"

using cnn::ConvolutionOp;
using cnn::ElementwiseOp;
using cnn::MatmulOp;

namespace {

/// `function` of a value of the network and one that depends on weights alone.
struct Affine {
  ElementwiseOp op;
  Value value, weight;
  bool isReversed; ///< The weight is the first operand.

  StringRef function() { return op.getFunction(); }
  bool isScale() { return function() == "mul" || (function() == "div" && !isReversed); }
  bool isOffset() { return function() == "add" || function() == "sub"; }
};

} // namespace

static std::optional<Affine> matchAffine(Value value) {
  auto op = value.getDefiningOp<ElementwiseOp>();
  if (!op || !llvm::is_contained({"mul", "div", "add", "sub"}, op.getFunction()))
    return std::nullopt;
  if (!isa<FloatType>(op.getType().getElementType()))
    return std::nullopt;
  Value lhs = op.getOperands()[0], rhs = op.getOperands()[1];
  bool isReversed = isFromWeights(lhs);
  if (isReversed == isFromWeights(rhs))
    return std::nullopt;
  Affine affine{op, isReversed ? rhs : lhs, isReversed ? lhs : rhs, isReversed};
  if (affine.value.getType() != op.getType())
    return std::nullopt;
  return affine;
}

//===-- Behind a convolution --------------------------------------------------------------------===//

/// A copy of `op` with other weights and bias and, if given, another input.
static ConvolutionOp rebuild(OpBuilder &builder, ConvolutionOp op, Value weight, Value bias, Value input = {}) {
  return ConvolutionOp::create(builder, op.getLoc(), op.getType(), input ? input : op.getInput(), weight, bias,
                               op.getStridesAttr(), op.getDilationsAttr(), op.getPadsAttr(), op.getGroupsAttr(),
                               op.getTransposedAttr(), op.getOutputPaddingAttr());
}

static Value negate(OpBuilder &builder, Location loc, Value value) {
  return buildElementwise(builder, loc, "neg", value);
}

/// The bias of a convolution after `affine` of one value per channel.
static Value changedBias(OpBuilder &builder, Affine affine, Value bias, Value vector) {
  Location loc = affine.op.getLoc();
  if (bias && affine.isReversed)
    return buildElementwise(builder, loc, affine.function(), {vector, bias});
  if (bias)
    return buildElementwise(builder, loc, affine.function(), {bias, vector});
  if (affine.isScale())
    return {};
  return affine.function() == "sub" && !affine.isReversed ? negate(builder, loc, vector) : vector;
}

static LogicalResult foldBehindConvolution(ElementwiseOp op, PatternRewriter &rewriter) {
  std::optional<Affine> affine = matchAffine(op.getResult());
  auto convolution = affine ? affine->value.getDefiningOp<ConvolutionOp>() : ConvolutionOp();
  if (!convolution || !affine->value.hasOneUse())
    return rewriter.notifyMatchFailure(op, "no convolution that nobody else reads, with a factor from weights");
  if (!affine->isScale() && !affine->isOffset())
    return rewriter.notifyMatchFailure(op, "divides by the convolution");
  if (!isFromWeights(convolution.getWeight()) || (convolution.getBias() && !isFromWeights(convolution.getBias())))
    return rewriter.notifyMatchFailure(op, "the convolution's weights are computed by the network");
  int64_t channels = convolution.getType().getDimSize(1);
  Value vector = channelVector(rewriter, affine->op.getLoc(), affine->weight, convolution.getType(), /*dim=*/1);
  if (!vector)
    return rewriter.notifyMatchFailure(op, "the factor differs within a channel");
  assert(typeOf(vector).getNumElements() == channels && "one value per channel");
  Value weight = convolution.getWeight();
  if (affine->isScale())
    weight = scaleOutputs(rewriter, affine->op.getLoc(), convolution, vector, affine->function());
  else if (affine->function() == "sub" && affine->isReversed)
    weight = negate(rewriter, affine->op.getLoc(), weight);
  Value bias = changedBias(rewriter, *affine, convolution.getBias(), vector);
  rewriter.replaceOp(op, rebuild(rewriter, convolution, weight, bias));
  return success();
}

//===-- In front of a convolution ---------------------------------------------------------------===//

/// conv(x + offset) = conv(x) + the sum of weight * offset.
static Value absorbedOffset(OpBuilder &builder, ConvolutionOp op, Affine affine, Value vector) {
  Location loc = affine.op.getLoc();
  Value shifted = scaleInputs(builder, loc, op, vector, "mul");
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(1, typeOf(shifted).getRank()));
  Value change = build<cnn::ReduceOp>(builder, loc, typeOf(shifted).getElementType(), shifted, cnn::ReduceKind::Sum,
                                      axes, /*keep_dims=*/false);
  if (op.getBias())
    return buildElementwise(builder, loc, affine.function(), {op.getBias(), change});
  return affine.function() == "sub" ? negate(builder, loc, change) : change;
}

static LogicalResult foldBeforeConvolution(ConvolutionOp op, PatternRewriter &rewriter) {
  std::optional<Affine> affine = matchAffine(op.getInput());
  if (!affine || !op.getInput().hasOneUse() || affine->isReversed != (affine->op.getOperands()[1] == affine->value))
    return rewriter.notifyMatchFailure(op, "no factor in front that only this op reads");
  bool commutes = affine->function() == "mul" || affine->function() == "add";
  if (affine->isReversed && !commutes)
    return rewriter.notifyMatchFailure(op, "the factor is the first operand");
  if (!isFromWeights(op.getWeight()) || (op.getBias() && !isFromWeights(op.getBias())))
    return rewriter.notifyMatchFailure(op, "the convolution's weights are computed by the network");
  bool isPadded = llvm::any_of(op.getPads(), [](int64_t pad) { return pad != 0; });
  if (affine->isOffset() && (isPadded || op.getTransposed()))
    return rewriter.notifyMatchFailure(op, "the offset doesn't reach the padding");
  Value vector = channelVector(rewriter, affine->op.getLoc(), affine->weight, op.getInput().getType(), /*dim=*/1);
  if (!vector)
    return rewriter.notifyMatchFailure(op, "the factor differs within a channel");
  Value weight = op.getWeight(), bias = op.getBias();
  if (affine->isScale())
    weight = scaleInputs(rewriter, affine->op.getLoc(), op, vector, affine->function());
  else
    bias = absorbedOffset(rewriter, op, *affine, vector);
  rewriter.replaceOp(op, rebuild(rewriter, op, weight, bias, affine->value));
  return success();
}

/// A factor per channel that the network computes, in front of a convolution with few weights (squeeze-and-excite): to
/// multiply the weights in each run takes less than to multiply the image.
static LogicalResult foldGateBeforeConvolution(ConvolutionOp op, PatternRewriter &rewriter) {
  ElementwiseOp product = definedBy(op.getInput(), "mul");
  if (!product || !product->hasOneUse() || !isFromWeights(op.getWeight()) || op.getGroups() != 1 || op.getTransposed())
    return rewriter.notifyMatchFailure(op, "no product in front that only this op reads, or groups");
  RankedTensorType image = product.getType();
  if (!image.hasStaticShape() || !isa<FloatType>(image.getElementType()) ||
      image.getNumElements() < 4 * typeOf(op.getWeight()).getNumElements())
    return rewriter.notifyMatchFailure(op, "the weights are not few");
  SmallVector<int64_t> perChannel(image.getRank(), 1);
  perChannel[1] = image.getDimSize(1);
  Value lhs = product.getOperands()[0], rhs = product.getOperands()[1];
  if (typeOf(lhs).getShape() == ArrayRef(perChannel))
    std::swap(lhs, rhs);
  if (typeOf(rhs).getShape() != ArrayRef(perChannel) || lhs.getType() != image)
    return rewriter.notifyMatchFailure(op, "the factor differs within a channel or between images");
  Value weight = buildElementwise(rewriter, product.getLoc(), "mul", {op.getWeight(), rhs});
  rewriter.replaceOp(op, rebuild(rewriter, op, weight, op.getBias(), lhs));
  return success();
}

//===-- Behind a matmul -------------------------------------------------------------------------===//

/// Multiplies the columns of a matmul's right operand.
static Value scaleColumns(OpBuilder &builder, Affine affine, MatmulOp op, Value vector) {
  SmallVector<int64_t> shape{typeOf(vector).getNumElements()};
  if (op.getTransposeRhs())
    shape.push_back(1);
  Value factor = buildReshape(builder, affine.op.getLoc(), vector, shape);
  return buildElementwise(builder, affine.op.getLoc(), affine.function(), {op.getRhs(), factor});
}

static LogicalResult foldBehindMatmul(ElementwiseOp op, PatternRewriter &rewriter) {
  std::optional<Affine> affine = matchAffine(op.getResult());
  if (!affine || !affine->isScale() || !affine->value.hasOneUse())
    return rewriter.notifyMatchFailure(op, "no factor from weights");
  std::optional<Affine> offset = matchAffine(affine->value);
  if (offset && (!offset->isOffset() || !offset->value.hasOneUse()))
    return rewriter.notifyMatchFailure(op, "something else stands between");
  auto matmul = (offset ? offset->value : affine->value).getDefiningOp<MatmulOp>();
  if (!matmul || !matmul.getResult().hasOneUse() || !isFromWeights(matmul.getRhs()))
    return rewriter.notifyMatchFailure(op, "no product with weights that nobody else reads");
  Value vector = channelVector(rewriter, affine->op.getLoc(), affine->weight, op.getType(), op.getType().getRank() - 1);
  if (!vector)
    return rewriter.notifyMatchFailure(op, "the factor differs within a column");
  Value rhs = scaleColumns(rewriter, *affine, matmul, vector);
  Value product = MatmulOp::create(rewriter, matmul.getLoc(), matmul.getType(), matmul.getLhs(), rhs,
                                   matmul.getTransposeLhsAttr(), matmul.getTransposeRhsAttr());
  if (offset) {
    Value scaled = buildElementwise(rewriter, op.getLoc(), affine->function(), {offset->weight, affine->weight});
    SmallVector<Value> operands{product, scaled};
    if (offset->isReversed)
      std::swap(operands[0], operands[1]);
    product = ElementwiseOp::create(rewriter, offset->op.getLoc(), op.getType(), offset->function(), operands);
  }
  rewriter.replaceOp(op, product);
  return success();
}

//===-- In a row --------------------------------------------------------------------------------===//

/// (x * a) * b and (x + a) + b become one op.
static LogicalResult joinAffine(ElementwiseOp op, PatternRewriter &rewriter) {
  std::optional<Affine> outer = matchAffine(op.getResult());
  std::optional<Affine> inner = outer ? matchAffine(outer->value) : std::nullopt;
  if (!inner || !outer->value.hasOneUse() || outer->function() != inner->function() ||
      (outer->function() != "mul" && outer->function() != "add"))
    return rewriter.notifyMatchFailure(op, "no two scales or offsets in a row");
  Value joined = buildElementwise(rewriter, op.getLoc(), outer->function(), {inner->weight, outer->weight});
  rewriter.replaceOpWithNewOp<ElementwiseOp>(op, op.getType(), outer->function(), ValueRange{inner->value, joined});
  return success();
}

/// (x * a + b) * c becomes x * (a * c) + b * c, which the next offset joins: a normalisation and a scale behind it.
static LogicalResult distributeScale(ElementwiseOp op, PatternRewriter &rewriter) {
  std::optional<Affine> outer = matchAffine(op.getResult());
  std::optional<Affine> offset = outer && outer->function() == "mul" ? matchAffine(outer->value) : std::nullopt;
  std::optional<Affine> inner = offset && offset->function() == "add" ? matchAffine(offset->value) : std::nullopt;
  if (!inner || inner->function() != "mul" || !outer->value.hasOneUse() || !offset->value.hasOneUse())
    return rewriter.notifyMatchFailure(op, "no scale, offset, scale in a row");
  Value scale = buildElementwise(rewriter, op.getLoc(), "mul", {inner->weight, outer->weight});
  Value shift = buildElementwise(rewriter, op.getLoc(), "mul", {offset->weight, outer->weight});
  Value scaled = ElementwiseOp::create(rewriter, inner->op.getLoc(), op.getType(), "mul", {inner->value, scale});
  rewriter.replaceOpWithNewOp<ElementwiseOp>(op, op.getType(), "add", ValueRange{scaled, shift});
  return success();
}

namespace {

struct FoldAffine : impl::FoldAffineBase<FoldAffine> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add(foldBehindConvolution);
    patterns.add(foldBehindMatmul);
    patterns.add(foldBeforeConvolution);
    patterns.add(foldGateBeforeConvolution);
    patterns.add(joinAffine);
    patterns.add(distributeScale);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace

} // namespace convoy::compiler
