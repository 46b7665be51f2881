#include "compiler/Kernels/Quantise/Quantise.h"

#include "mlir/IR/Matchers.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace convoy::compiler {

using cnn::ElementwiseOp;
using cnn::QuantizeOp;

static constexpr double infinity = std::numeric_limits<double>::infinity();

static bool isByte(QuantizeOp op) {
  return op.getType().getElementTypeBitWidth() == 8 && op.getInput().getType().getElementType().isF32();
}

/// One scale and zero point for the whole tensor, so that elements may go elsewhere.
static bool isPerTensor(QuantizeOp op) { return isOneElement(op.getScale()) && isOneElement(op.getZeroPoint()); }

static Value scalar(OpBuilder &builder, Location loc, Value value) { return buildReshape(builder, loc, value, {}); }

//===-- Sums of products ------------------------------------------------------------------------===//

namespace {

/// What stands between the sums of an integer product and the op that quantises them.
struct Chain {
  cnn::DequantizeOp sum;
  Value bias; ///< f32, added to the dequantised sum; may be null.
  double low = -infinity, high = infinity;
  bool clampsFirst = false; ///< Bounds stand in front of the bias: not to be moved behind it.
};

} // namespace

/// The other operand of a sum with a value that depends on weights alone.
static Value addedBias(ElementwiseOp op, Value &rest) {
  for (unsigned i : {0u, 1u})
    if (isFromWeights(op.getOperands()[i]) && op.getOperands()[1 - i].getType() == op.getType()) {
      rest = op.getOperands()[1 - i];
      return op.getOperands()[i];
    }
  return {};
}

/// Whether a bias broadcasts like the scale: along the same single dimension, or as a scalar.
static bool liesAlong(Value bias, Value scale) {
  ArrayRef<int64_t> own = typeOf(bias).getShape(), wanted = typeOf(scale).getShape();
  while (!own.empty() && own.size() > wanted.size() && own.front() == 1)
    own = own.drop_front();
  if (own.size() > wanted.size())
    return false;
  return llvm::all_of(llvm::zip_equal(own, wanted.take_back(own.size())),
                      [](auto pair) { return std::get<0>(pair) == 1 || std::get<0>(pair) == std::get<1>(pair); });
}

/// Whether an i32 value is what a convolution or matrix product sums, with vectors added to it.
static bool isSumOfProducts(Value value) {
  while (ElementwiseOp op = value.getDefiningOp<ElementwiseOp>()) {
    if (op.getFunction() != "add" && op.getFunction() != "sub")
      return false;
    value = op.getOperands()[0];
  }
  return isa_and_nonnull<cnn::ConvolutionOp, cnn::MatmulOp>(value.getDefiningOp());
}

/// Follows the input of `op` up to dequantised sums.
static std::optional<Chain> findSums(QuantizeOp op) {
  Chain chain;
  for (Value value = op.getInput(); value.hasOneUse();) {
    if (auto sum = value.getDefiningOp<cnn::DequantizeOp>()) {
      chain.sum = sum;
      bool isSum = sum.getInput().getType().getElementType().isSignlessInteger(32) && sum.getInput().hasOneUse() &&
                   isSumOfProducts(sum.getInput()) && uniformInteger(sum.getZeroPoint()) == 0;
      bool fits = isSum && isFromWeights(sum.getScale()) && !chain.clampsFirst &&
                  (!chain.bias || liesAlong(chain.bias, sum.getScale()));
      return fits ? std::optional(chain) : std::nullopt;
    }
    auto step = value.getDefiningOp<ElementwiseOp>();
    if (!step)
      return std::nullopt;
    bool clips = step.getFunction() == "clip", cuts = step.getFunction() == "relu";
    if (clips || cuts) {
      double high = clips ? step.getParameters()[1] : infinity;
      double low = clips ? std::min(step.getParameters()[0], high) : 0; // the upper bound wins
      chain.clampsFirst |= static_cast<bool>(chain.bias);
      // What was found before acts later.
      chain.low = std::clamp(low, chain.low, chain.high);
      chain.high = std::clamp(high, chain.low, chain.high);
      value = step.getOperands()[0];
    } else if (step.getFunction() == "add" && !chain.bias) {
      chain.bias = addedBias(step, value);
      if (!chain.bias)
        return std::nullopt;
    } else {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

/// A bias of one element, spread over the channels that the scale has.
static Value spread(OpBuilder &builder, Location loc, Value bias, Value scale) {
  RankedTensorType type = typeOf(scale);
  if (!isOneElement(bias) || isOneElement(scale))
    return bias;
  Value one = buildReshape(builder, loc, bias, SmallVector<int64_t>(type.getRank(), 1));
  return build<cnn::ExpandOp>(builder, loc, type.getElementType(), one, buildConstant(builder, loc, type.getShape()));
}

/// Adds an i32 vector to sums: to the bias of the convolution that makes them, or to what is added to them already.
static Value addToSums(OpBuilder &builder, Location loc, Value sums, Value vector) {
  if (auto op = sums.getDefiningOp<cnn::ConvolutionOp>()) {
    Value own = buildReshape(builder, loc, vector, typeOf(vector).getNumElements());
    int64_t channels = op.getType().getDimSize(1);
    if (typeOf(own).getDimSize(0) != channels)
      own = build<cnn::ExpandOp>(builder, loc, builder.getI32Type(), own, buildConstant(builder, loc, channels));
    if (op.getBias())
      own = buildElementwise(builder, loc, "add", {op.getBias(), own});
    return cnn::ConvolutionOp::create(builder, op.getLoc(), op.getType(), op.getInput(), op.getWeight(), own,
                                      op.getStrides(), op.getDilations(), op.getPads(), op.getGroups(),
                                      op.getTransposed(), op.getOutputPadding(), op.getPadValue());
  }
  auto add = definedBy(sums, "add");
  if (add && isFromWeights(add.getOperands()[1])) {
    sums = add.getOperands()[0];
    vector = buildElementwise(builder, loc, "add", {add.getOperands()[1], vector});
  }
  return ElementwiseOp::create(builder, loc, add ? add.getType() : typeOf(sums), "add", ValueRange{sums, vector});
}

/// The number that quantising gives, if scale and zero point are known.
static std::optional<double> quantisedNumber(QuantizeOp op, double value) {
  std::optional<double> scale = scalarOf(op.getScale());
  std::optional<int64_t> zero = uniformInteger(op.getZeroPoint());
  if (!scale || !zero)
    return std::nullopt;
  return std::nearbyint(static_cast<double>(static_cast<float>(value) / static_cast<float>(*scale))) +
         static_cast<double>(*zero);
}

static std::pair<double, double> rangeOf(Type element) {
  bool isUnsigned = element.isUnsignedInteger();
  return {isUnsigned ? 0 : -128, isUnsigned ? 255 : 127};
}

/// Quantising keeps the order of numbers: a bound before it is the quantised bound behind it.
static Value boundBehind(OpBuilder &builder, QuantizeOp op, Value result, double bound, bool isLow) {
  if (std::isinf(bound))
    return result;
  auto [least, most] = rangeOf(op.getType().getElementType());
  std::optional<double> known = quantisedNumber(op, bound);
  if (known && (isLow ? *known <= least : *known >= most))
    return result;
  Location loc = op.getLoc();
  Value edge = build<QuantizeOp>(builder, loc, op.getType().getElementType(), floatConstant(builder, loc, bound),
                                 scalar(builder, loc, op.getScale()), scalar(builder, loc, op.getZeroPoint()));
  return ElementwiseOp::create(builder, loc, op.getType(), isLow ? "max" : "min", ValueRange{result, edge});
}

/// quantize(clip(dequantize(sums) + b)) becomes a bounded requantize(sums + b').
static LogicalResult requantise(QuantizeOp op, PatternRewriter &rewriter) {
  if (!isByte(op) || !isPerTensor(op) || !isFromWeights(op.getScale()))
    return rewriter.notifyMatchFailure(op, "no 8-bit numbers with one scale");
  std::optional<Chain> chain = findSums(op);
  if (!chain)
    return rewriter.notifyMatchFailure(op, "no sums of products in front");
  Location loc = op.getLoc();
  Value sums = chain->sum.getInput(), scale = chain->sum.getScale();
  if (chain->bias) {
    Value bias = quantisedBias(rewriter, loc, spread(rewriter, loc, chain->bias, scale), scale);
    sums = addToSums(rewriter, loc, sums, bias);
  }
  Value ratio = buildElementwise(rewriter, loc, "div", {scale, scalar(rewriter, loc, op.getScale())});
  Value result =
      cnn::RequantizeOp::create(rewriter, loc, op.getType(), sums, ratio, scalar(rewriter, loc, op.getZeroPoint()));
  result = boundBehind(rewriter, op, result, chain->low, /*isLow=*/true);
  rewriter.replaceOp(op, boundBehind(rewriter, op, result, chain->high, /*isLow=*/false));
  return success();
}

//===-- Means and averages ----------------------------------------------------------------------===//

/// quantize(mean(dequantize(x))): the sum of the integers, requantised.
static LogicalResult requantiseMean(QuantizeOp op, PatternRewriter &rewriter) {
  auto mean = op.getInput().getDefiningOp<cnn::ReduceOp>();
  if (!isByte(op) || !isPerTensor(op) || !mean || mean.getKind() != cnn::ReduceKind::Mean || !op.getInput().hasOneUse())
    return rewriter.notifyMatchFailure(op, "no mean that nobody else reads");
  std::optional<Quantised> x = dequantised(mean.getInput());
  if (!x || !x->isPerTensor() || !isFromWeights(x->scale) || !isFromWeights(x->zero) || !isFromWeights(op.getScale()))
    return rewriter.notifyMatchFailure(op, "no mean of quantised numbers");
  int64_t count = 1;
  for (int64_t axis : mean.getAxes()) {
    int64_t extent = mean.getInput().getType().getDimSize(axis);
    if (ShapedType::isDynamic(extent))
      return rewriter.notifyMatchFailure(op, "the number of elements is not known");
    count *= extent;
  }
  if (count > (1 << 22))
    return rewriter.notifyMatchFailure(op, "the sum may not fit 32 bits");
  Location loc = mean.getLoc();
  Type i32 = rewriter.getI32Type();
  Value sum =
      cnn::ReduceOp::create(rewriter, loc, withElement(mean.getType(), i32), buildCast(rewriter, loc, x->value, i32),
                            cnn::ReduceKind::Sum, mean.getAxes(), mean.getKeepDims(), mean.getSelectLast());
  std::optional<int64_t> zero = uniformInteger(x->zero);
  if (zero != 0) {
    Value all = zero ? buildInteger(rewriter, loc, *zero * count, i32)
                     : buildElementwise(rewriter, loc, "mul",
                                        {buildCast(rewriter, loc, scalar(rewriter, loc, x->zero), i32),
                                         buildInteger(rewriter, loc, count, i32)});
    sum = ElementwiseOp::create(rewriter, loc, sum.getType(), "sub", ValueRange{sum, all});
  }
  Value outer = buildElementwise(
      rewriter, loc, "mul",
      {scalar(rewriter, loc, op.getScale()), floatConstant(rewriter, loc, static_cast<double>(count))});
  Value ratio = buildElementwise(rewriter, loc, "div", {scalar(rewriter, loc, x->scale), outer});
  rewriter.replaceOpWithNewOp<cnn::RequantizeOp>(op, op.getType(), sum, ratio,
                                                 scalar(rewriter, op.getLoc(), op.getZeroPoint()));
  return success();
}

/// Averages of quantised numbers often lie halfway between two of them. What then decides is done as ONNX Runtime's
/// QLinearAveragePool does it: sums of single floats, window element after window element, and the zero point, counted
/// from the lowest number, added before rounding.
static LogicalResult roundAverage(QuantizeOp op, PatternRewriter &rewriter) {
  auto pool = op.getInput().getDefiningOp<cnn::PoolOp>();
  if (!pool || pool.getKind() != cnn::PoolKind::Average || pool.getNarrowSum() || !dequantised(pool.getInput()) ||
      !op.getInput().hasOneUse() || !isByte(op) || !isPerTensor(op))
    return rewriter.notifyMatchFailure(op, "no average of quantised numbers");
  rewriter.modifyOpInPlace(pool, [&] { pool.setNarrowSum(true); });
  Location loc = op.getLoc();
  Type element = op.getType().getElementType();
  auto lowest = static_cast<int64_t>(rangeOf(element).first);
  auto apply = [&](StringRef function, Value value, Value operand) -> Value {
    return ElementwiseOp::create(rewriter, loc, pool.getType(), function, ValueRange{value, operand});
  };
  Value steps = apply("div", pool.getResult(), scalar(rewriter, loc, op.getScale()));
  Value zero = cnn::DequantizeOp::create(rewriter, loc, RankedTensorType::get({}, rewriter.getF32Type()),
                                         scalar(rewriter, loc, op.getZeroPoint()), floatConstant(rewriter, loc, 1),
                                         buildInteger(rewriter, loc, lowest, element));
  rewriter.replaceOpWithNewOp<QuantizeOp>(op, op.getType(), apply("add", steps, zero), floatConstant(rewriter, loc, 1),
                                          buildInteger(rewriter, loc, lowest, element));
  return success();
}

//===-- Softmax ---------------------------------------------------------------------------------===//

/// Quantised probabilities as ONNX Runtime's QLinearSoftmax counts them: in whole steps of 1 / floor(1 / scale). The
/// difference is below one step.
static LogicalResult countSteps(QuantizeOp op, PatternRewriter &rewriter) {
  auto softmax = op.getInput().getDefiningOp<cnn::SoftmaxOp>();
  std::optional<double> scale = scalarOf(op.getScale());
  if (!softmax || softmax.getLog() || !isByte(op) || !scale || !dequantised(softmax.getInput()))
    return rewriter.notifyMatchFailure(op, "no softmax of quantised numbers");
  float inverse = 1.0F / static_cast<float>(*scale), steps = std::floor(inverse);
  if (steps == inverse || steps < 1)
    return rewriter.notifyMatchFailure(op, "whole steps already");
  Value counted = ElementwiseOp::create(rewriter, op.getLoc(), op.getInput().getType(), "mul",
                                        ValueRange{op.getInput(), floatConstant(rewriter, op.getLoc(), steps)});
  rewriter.replaceOpWithNewOp<QuantizeOp>(op, op.getType(), counted, floatConstant(rewriter, op.getLoc(), 1),
                                          op.getZeroPoint());
  return success();
}

//===-- Movement --------------------------------------------------------------------------------===//

/// Whether the op puts elements of its first operand elsewhere, or takes the greatest of some that aren't NaN.
static bool isMovement(Operation *op) {
  if (auto pool = dyn_cast_or_null<cnn::PoolOp>(op))
    return pool.getKind() == cnn::PoolKind::Max && dequantised(pool.getInput());
  if (auto reduce = dyn_cast_or_null<cnn::ReduceOp>(op))
    return reduce.getKind() == cnn::ReduceKind::Max && dequantised(reduce.getInput());
  if (auto resize = dyn_cast_or_null<cnn::ResizeOp>(op))
    return resize.getMode() == cnn::ResizeMode::Nearest;
  if (auto pad = dyn_cast_or_null<cnn::PadOp>(op))
    return pad.getMode() != cnn::PadMode::Constant;
  return isa_and_nonnull<cnn::ReshapeOp, cnn::TransposeOp, cnn::SliceOp, cnn::ConcatOp, cnn::ExpandOp, cnn::GatherOp>(
      op);
}

/// quantize(move(x)) is move(quantize(x)).
static LogicalResult quantiseBeforeMovement(QuantizeOp op, PatternRewriter &rewriter) {
  Operation *move = op.getInput().getDefiningOp();
  if (!isMovement(move) || !op.getInput().hasOneUse() || !isPerTensor(op) || isFromWeights(op.getInput()))
    return rewriter.notifyMatchFailure(op, "no movement that nobody else reads");
  if (isa<cnn::PoolOp, cnn::ReduceOp>(move) && !isFromWeights(op.getScale()))
    return rewriter.notifyMatchFailure(op, "a scale that may be negative: quantising may turn the order of numbers");
  Location loc = op.getLoc();
  Value scale = scalar(rewriter, loc, op.getScale()), zero = scalar(rewriter, loc, op.getZeroPoint());
  Type element = op.getType().getElementType();
  size_t moved = isa<cnn::ConcatOp>(move) ? move->getNumOperands() : 1;
  SmallVector<Value> operands(move->getOperands());
  for (Value &operand : MutableArrayRef(operands).take_front(moved))
    operand = QuantizeOp::create(rewriter, loc, withElement(operand.getType(), element), operand, scale, zero);
  Operation *other = rewriter.clone(*move);
  other->setOperands(operands);
  other->getResult(0).setType(op.getType());
  rewriter.replaceOp(op, other->getResult(0));
  return success();
}

/// Whether two values are the same or hold the same.
static bool isSame(Value a, Value b) {
  auto strip = [](Value value) {
    while (isOneElement(value) && value.getDefiningOp<cnn::ReshapeOp>())
      value = value.getDefiningOp()->getOperand(0);
    return value;
  };
  a = strip(a), b = strip(b);
  if (a == b)
    return true;
  if (typeOf(a).getElementType() != typeOf(b).getElementType())
    return false;
  DenseElementsAttr left, right;
  if (matchPattern(a, m_Constant(&left)) && matchPattern(b, m_Constant(&right)))
    return (left.getNumElements() == 1 || a.getType() == b.getType()) &&
           left.getNumElements() == right.getNumElements() && left.getRawData() == right.getRawData();
  auto first = a.getDefiningOp<cnn::WeightOp>(), second = b.getDefiningOp<cnn::WeightOp>();
  return first && second && first.getValue().getHash() == second.getValue().getHash() && a.getType() == b.getType();
}

/// quantize(dequantize(x)) with one scale and zero point is x; with a bound in between a bound of x.
static LogicalResult keepQuantised(QuantizeOp op, PatternRewriter &rewriter) {
  auto relu = definedBy(op.getInput(), "relu");
  std::optional<Quantised> x = dequantised(relu ? relu.getOperands()[0] : op.getInput());
  if (!x || x->value.getType() != op.getType() || !isSame(x->scale, op.getScale()) ||
      !isSame(x->zero, op.getZeroPoint()) || (relu && !isFromWeights(op.getScale())))
    return rewriter.notifyMatchFailure(op, "not quantised like this before");
  rewriter.replaceOp(op, relu ? boundBehind(rewriter, op, x->value, 0, /*isLow=*/true) : x->value);
  return success();
}

void addResultPatterns(RewritePatternSet &patterns) {
  patterns.add(keepQuantised);
  patterns.add(requantise);
  patterns.add(requantiseMean);
  patterns.add(roundAverage);
  patterns.add(countSteps);
  patterns.add(quantiseBeforeMovement);
}

} // namespace convoy::compiler
