#include "compiler/Kernels/Quantise/Quantise.h"
#include "compiler/Network/Channels.h"

#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace convoy::compiler {

namespace {

/// The operands of a product of quantised numbers, once they are known to fit.
struct Factors {
  Value input, zero; ///< 8-bit, and its zero point as a scalar.
  Value weight;      ///< i8 with zero point 0.
  Value scale;       ///< f32, one element per output channel; null for products of plain integers.
};

} // namespace

static SmallVector<int64_t> besides(int64_t rank, int64_t kept) {
  SmallVector<int64_t> axes;
  for (int64_t axis = 0; axis < rank; ++axis)
    if (axis != kept)
      axes.push_back(axis);
  return axes;
}

static bool isPadded(cnn::ConvolutionOp op) {
  return llvm::any_of(op.getPads(), [](int64_t pad) { return pad != 0; });
}

/// [C] -> [C, 1, ..] so that it lies along dimension 1 of a tensor of that rank.
static Value alongChannels(OpBuilder &builder, Location loc, Value vector, int64_t rank) {
  SmallVector<int64_t> shape(rank - 1, 1);
  shape[0] = typeOf(vector).getDimSize(0);
  return buildReshape(builder, loc, vector, shape);
}

/// What the zero point of the input adds to each sum: zero * (sum of the weight over all but dimension `kept`).
static Value zeroTerm(OpBuilder &builder, Location loc, const Factors &factors, int64_t kept) {
  Type i32 = builder.getI32Type();
  Value sum = buildSum(builder, loc, factors.weight, besides(typeOf(factors.weight).getRank(), kept));
  std::optional<int64_t> known = uniformInteger(factors.zero);
  Value zero = known ? buildInteger(builder, loc, *known, i32)
                     : buildReshape(builder, loc, buildCast(builder, loc, factors.zero, i32), {});
  return build<cnn::ElementwiseOp>(builder, loc, i32, "mul", ValueRange{sum, zero});
}

/// The integer convolution; `bias` is i32 or null.
static Value convolve(OpBuilder &builder, cnn::ConvolutionOp op, const Factors &factors, Value bias) {
  Location loc = op.getLoc();
  std::optional<int64_t> zero = uniformInteger(factors.zero);
  if (zero != 0) {
    Value term = zeroTerm(builder, loc, factors, 0);
    bias = bias ? buildElementwise(builder, loc, "sub", {bias, term})
                : build<cnn::ElementwiseOp>(builder, loc, builder.getI32Type(), "neg", ValueRange{term});
  }
  return cnn::ConvolutionOp::create(builder, loc, withElement(op.getType(), builder.getI32Type()), factors.input,
                                    factors.weight, bias, op.getStrides(), op.getDilations(), op.getPads(),
                                    op.getGroups(), op.getTransposed(), op.getOutputPadding(),
                                    isPadded(op) && !op.getTransposed() ? *zero : 0);
}

/// Whether the zero point can be dealt with: padding is made of it, and the rest is a matter of weights. Results of a
/// transposed convolution are sums over different taps of the window: what a zero point adds is none per channel.
static bool canShift(cnn::ConvolutionOp op, Value zero) {
  if (op.getTransposed())
    return op.getGroups() == 1 && uniformInteger(zero) == 0;
  return uniformInteger(zero) || (isOneElement(zero) && !isPadded(op) && isFromWeights(zero));
}

/// conv(dequantize(x), dequantize(w), b) becomes dequantize(conv(x, w, b')).
static LogicalResult fuseConvolution(cnn::ConvolutionOp op, PatternRewriter &rewriter) {
  std::optional<Quantised> x = dequantised(op.getInput()), w = dequantised(op.getWeight());
  if (!x || !w || !isFromWeights(w->value) || !isFromWeights(w->scale))
    return rewriter.notifyMatchFailure(op, "no quantised input and weight");
  if (!x->isPerTensor() || !isFromWeights(x->scale) || !canShift(op, x->zero))
    return rewriter.notifyMatchFailure(op, "scale or zero point of the input is not known");
  Location loc = op.getLoc();
  int64_t channels = op.getTransposed() ? 1 : 0;
  Value scale =
      isSymmetric(w->value, w->zero) ? channelVector(rewriter, loc, w->scale, typeOf(w->value), channels) : Value();
  if (!scale)
    return rewriter.notifyMatchFailure(op,
                                       "the weight's zero point is not the middle, or its scale is none per channel");
  Value weight = symmetricWeight(rewriter, loc, w->value);
  scale = buildElementwise(rewriter, loc, "mul", {buildReshape(rewriter, loc, x->scale, {}), scale});
  Factors factors{x->value, x->zero, weight, scale};
  Value bias = op.getBias(), integer;
  if (auto quantised = bias ? bias.getDefiningOp<cnn::DequantizeOp>() : cnn::DequantizeOp())
    if (isFromWeights(bias) && quantised.getInput().getType().getElementType().isSignlessInteger(32))
      integer = quantisedBias(rewriter, loc, bias, scale);
  int64_t rank = op.getType().getRank();
  Value sum = convolve(rewriter, op, factors, integer);
  Value result = cnn::DequantizeOp::create(rewriter, loc, op.getType(), sum, alongChannels(rewriter, loc, scale, rank),
                                           buildInteger(rewriter, loc, 0, rewriter.getI32Type()));
  if (bias && !integer)
    result = cnn::ElementwiseOp::create(rewriter, loc, op.getType(), "add",
                                        ValueRange{result, alongChannels(rewriter, loc, bias, rank)});
  rewriter.replaceOp(op, result);
  return success();
}

//===-- Matrix products -------------------------------------------------------------------------===//

/// The integer product, with what the zero point of the left factor takes away.
static Value multiply(OpBuilder &builder, cnn::MatmulOp op, const Factors &factors) {
  Location loc = op.getLoc();
  int64_t rank = typeOf(factors.weight).getRank(), columns = rank - (op.getTransposeRhs() ? 2 : 1);
  auto type = withElement(op.getType(), builder.getI32Type());
  Value product = cnn::MatmulOp::create(builder, loc, type, factors.input, factors.weight, op.getTransposeLhs(),
                                        op.getTransposeRhs());
  if (uniformInteger(factors.zero) == 0)
    return product;
  Value term = zeroTerm(builder, loc, factors, columns);
  if (!isFromWeights(factors.zero))
    return cnn::ElementwiseOp::create(builder, loc, type, "sub", ValueRange{product, term});
  term = build<cnn::ElementwiseOp>(builder, loc, builder.getI32Type(), "neg", ValueRange{term});
  return cnn::ElementwiseOp::create(builder, loc, type, "add", ValueRange{product, term});
}

/// Weights are matrices: the sum of a column belongs to all rows.
static bool isMatrix(Value weight) { return typeOf(weight).getRank() == 2 && typeOf(weight).hasStaticShape(); }

static LogicalResult fuseMatmul(cnn::MatmulOp op, PatternRewriter &rewriter) {
  std::optional<Quantised> x = dequantised(op.getLhs()), w = dequantised(op.getRhs());
  if (!x || !w || !isFromWeights(w->value) || !isFromWeights(w->scale) || !isMatrix(w->value))
    return rewriter.notifyMatchFailure(op, "no quantised factors of which the right one is a weight");
  if (!x->isPerTensor() || !isFromWeights(x->scale) || !isFromWeights(x->zero))
    return rewriter.notifyMatchFailure(op, "scale or zero point of the left factor is not known");
  Location loc = op.getLoc();
  int64_t columns = op.getTransposeRhs() ? 0 : 1;
  Value scale =
      isSymmetric(w->value, w->zero) ? channelVector(rewriter, loc, w->scale, typeOf(w->value), columns) : Value();
  if (!scale)
    return rewriter.notifyMatchFailure(op,
                                       "the weight's zero point is not the middle, or its scale is none per column");
  Value weight = symmetricWeight(rewriter, loc, w->value);
  scale = buildElementwise(rewriter, loc, "mul", {buildReshape(rewriter, loc, x->scale, {}), scale});
  Value product = multiply(rewriter, op, {x->value, x->zero, weight, scale});
  rewriter.replaceOpWithNewOp<cnn::DequantizeOp>(op, op.getType(), product, scale,
                                                 buildInteger(rewriter, loc, 0, rewriter.getI32Type()));
  return success();
}

/// transpose(dequantize(w)) is dequantize(transpose(w)).
static LogicalResult transposeWeight(cnn::TransposeOp op, PatternRewriter &rewriter) {
  std::optional<Quantised> w = dequantised(op.getInput());
  if (!w || !isFromWeights(op.getInput()) || !w->isPerTensor())
    return rewriter.notifyMatchFailure(op, "no quantised weight");
  Type element = typeOf(w->value).getElementType();
  Value turned = cnn::TransposeOp::create(rewriter, op.getLoc(), withElement(op.getType(), element), w->value,
                                          op.getPermutation());
  Value scale = buildReshape(rewriter, op.getLoc(), w->scale, {}),
        zero = buildReshape(rewriter, op.getLoc(), w->zero, {});
  rewriter.replaceOpWithNewOp<cnn::DequantizeOp>(op, op.getType(), turned, scale, zero);
  return success();
}

//===-- Products of centred integers ------------------------------------------------------------===//

namespace {
/// An i32 value that is an 8-bit one minus a zero point (null: 0).
struct Centred {
  Value value, zero;
};
} // namespace

static std::optional<Centred> centred(Value value) {
  Centred result;
  ArrayRef<int64_t> shape = typeOf(value).getShape();
  if (cnn::ElementwiseOp sub = definedBy(value, "sub")) {
    auto zero = sub.getOperands()[1].getDefiningOp<cnn::CastOp>();
    result.zero = zero ? zero.getInput() : sub.getOperands()[1];
    value = sub.getOperands()[0];
  }
  auto cast = value.getDefiningOp<cnn::CastOp>();
  if (!cast || cast.getInput().getType().getElementTypeBitWidth() != 8 || cast.getType().getShape() != shape ||
      (result.zero && !isOneElement(result.zero) && !uniformInteger(result.zero)))
    return std::nullopt;
  result.value = cast.getInput();
  return result;
}

/// The factors of an i32 product, if the right one is a weight whose zero point is the middle.
static std::optional<Factors> centredFactors(OpBuilder &builder, Location loc, Value lhs, Value rhs) {
  if (!typeOf(lhs).getElementType().isSignlessInteger(32))
    return std::nullopt;
  std::optional<Centred> x = centred(lhs), w = centred(rhs);
  if (!x || !w || !isFromWeights(rhs))
    return std::nullopt;
  bool isSigned = !typeOf(w->value).getElementType().isUnsignedInteger();
  if (w->zero ? !isSymmetric(w->value, w->zero) : !isSigned)
    return std::nullopt;
  Value zero = x->zero ? x->zero : buildInteger(builder, loc, 0, builder.getI32Type());
  return Factors{x->value, zero, symmetricWeight(builder, loc, w->value), {}};
}

static LogicalResult fuseCentredConvolution(cnn::ConvolutionOp op, PatternRewriter &rewriter) {
  auto factors = op.getBias() ? std::nullopt : centredFactors(rewriter, op.getLoc(), op.getInput(), op.getWeight());
  if (!factors || !canShift(op, factors->zero))
    return rewriter.notifyMatchFailure(op, "no centred 8-bit numbers with known zero points");
  rewriter.replaceOp(op, convolve(rewriter, op, *factors, {}));
  return success();
}

static LogicalResult fuseCentredMatmul(cnn::MatmulOp op, PatternRewriter &rewriter) {
  auto factors = isMatrix(op.getRhs()) ? centredFactors(rewriter, op.getLoc(), op.getLhs(), op.getRhs()) : std::nullopt;
  if (!factors)
    return rewriter.notifyMatchFailure(op, "no centred 8-bit numbers times a weight");
  rewriter.replaceOp(op, multiply(rewriter, op, *factors));
  return success();
}

void addProductPatterns(RewritePatternSet &patterns) {
  patterns.add(transposeWeight);
  patterns.add(fuseConvolution);
  patterns.add(fuseMatmul);
  patterns.add(fuseCentredConvolution);
  patterns.add(fuseCentredMatmul);
}

} // namespace convoy::compiler
