#include "compiler/Network/Matching.h"
#include "compiler/Network/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace convoy::compiler {

#define GEN_PASS_DEF_RAISEACTIVATIONS
#include "compiler/Network/Passes.h.inc"

using cnn::ElementwiseOp;

static constexpr double infinity = std::numeric_limits<double>::infinity();

/// Replaces `op` by one function of `value`, which has the result's type.
static LogicalResult raise(ElementwiseOp op, PatternRewriter &rewriter, StringRef function, Value value,
                           ArrayRef<double> parameters = {}) {
  if (value.getType() != op.getType())
    return rewriter.notifyMatchFailure(op, "broadcasts");
  rewriter.replaceOpWithNewOp<ElementwiseOp>(op, op.getType(), function, value, parameters);
  return success();
}

/// clip(value, low, high), also if it is written as relu.
struct Clip {
  Value value;
  double low, high;
};

static std::optional<Clip> matchClip(Value value) {
  if (ElementwiseOp relu = definedBy(value, "relu"))
    return Clip{relu.getOperands()[0], 0, infinity};
  if (ElementwiseOp clip = definedBy(value, "clip"))
    return Clip{clip.getOperands()[0], clip.getParameters()[0], clip.getParameters()[1]};
  return std::nullopt;
}

//===-- Products --------------------------------------------------------------------------------===//

/// a if `value` is a * x.
static std::optional<double> multipleOf(Value value, Value x) {
  if (value == x)
    return 1;
  Product product = productOf(value);
  if (product.factors.size() == 1 && product.factors[0] == x)
    return product.scale;
  return std::nullopt;
}

/// x if `value` is clip(x + 3, 0, 6).
static Value matchClippedShift(Value value) {
  std::optional<Clip> clip = matchClip(value);
  if (!clip || clip->low != 0 || !isNear(clip->high, 6))
    return {};
  auto sum = matchWithScalar(clip->value, "add");
  return sum && isNear(sum->scalar, 3) ? sum->value : Value();
}

/// a if `value` is sigmoid(a * x).
static std::optional<double> matchSigmoid(Value value, Value x) {
  ElementwiseOp sigmoid = definedBy(value, "sigmoid");
  return sigmoid ? multipleOf(sigmoid.getOperands()[0], x) : std::nullopt;
}

static bool isHardSigmoid(Value value, Value x) {
  ElementwiseOp op = definedBy(value, "hard_sigmoid");
  return op && op.getOperands()[0] == x && isNear(op.getParameters()[0], 1.0 / 6) && isNear(op.getParameters()[1], 0.5);
}

static bool isMishGate(Value value, Value x) {
  ElementwiseOp tanh = definedBy(value, "tanh");
  ElementwiseOp softplus = tanh ? definedBy(tanh.getOperands()[0], "softplus") : ElementwiseOp();
  return softplus && softplus.getOperands()[0] == x;
}

/// value is 1 + erf(x / sqrt 2)
static bool isGeluGate(Value value, Value x) {
  auto sum = matchWithScalar(value, "add");
  ElementwiseOp erf = sum && isNear(sum->scalar, 1) ? definedBy(sum->value, "erf") : ElementwiseOp();
  if (!erf)
    return false;
  std::optional<double> factor = multipleOf(erf.getOperands()[0], x);
  return factor && isNear(*factor, std::sqrt(0.5));
}

/// value is 0.044715 x^3
static bool isCubeTerm(Value value, Value x) {
  Product product = productOf(value);
  if (!isNear(product.scale, 0.044715))
    return false;
  if (product.factors.size() == 1) {
    auto power = matchWithScalar(product.factors[0], "pow");
    return power && power->value == x && power->scalar == 3;
  }
  return product.factors.size() == 3 && llvm::all_of(product.factors, [&](Value factor) { return factor == x; });
}

/// value is 1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))
static bool isTanhGeluGate(Value value, Value x) {
  auto sum = matchWithScalar(value, "add");
  ElementwiseOp tanh = sum && isNear(sum->scalar, 1) ? definedBy(sum->value, "tanh") : ElementwiseOp();
  if (!tanh)
    return false;
  Product product = productOf(tanh.getOperands()[0]);
  if (product.factors.size() != 1 || !isNear(product.scale, std::sqrt(2 / std::acos(-1.0))))
    return false;
  ElementwiseOp inner = definedBy(product.factors[0], "add");
  if (!inner)
    return false;
  Value lhs = inner.getOperands()[0], rhs = inner.getOperands()[1];
  return (lhs == x && isCubeTerm(rhs, x)) || (rhs == x && isCubeTerm(lhs, x));
}

/// An activation that is x times a gate of x.
static LogicalResult raiseGate(ElementwiseOp op, PatternRewriter &rewriter, Value x, Value gate, double scale) {
  if (!gate.hasOneUse())
    return failure();
  if (isNear(scale, 0.5) && isGeluGate(gate, x))
    return raise(op, rewriter, "gelu", x);
  if (isNear(scale, 0.5) && isTanhGeluGate(gate, x))
    return raise(op, rewriter, "gelu_tanh", x);
  if (isNear(scale, 1.0 / 6) && matchClippedShift(gate) == x)
    return raise(op, rewriter, "hard_swish", x);
  if (scale != 1)
    return failure();
  if (isHardSigmoid(gate, x))
    return raise(op, rewriter, "hard_swish", x);
  if (isMishGate(gate, x))
    return raise(op, rewriter, "mish", x);
  if (std::optional<double> alpha = matchSigmoid(gate, x))
    return raise(op, rewriter, "swish", x, *alpha);
  return failure();
}

static LogicalResult raiseProduct(ElementwiseOp op, PatternRewriter &rewriter) {
  if (op.getFunction() != "mul" && op.getFunction() != "div")
    return rewriter.notifyMatchFailure(op, "no product");
  Product product = productOf(op.getResult());
  if (product.factors.size() == 1 && product.factors[0].hasOneUse() && isNear(product.scale, 1.0 / 6))
    if (Value x = matchClippedShift(product.factors[0]))
      return raise(op, rewriter, "hard_sigmoid", x, {1.0 / 6, 0.5});
  if (product.factors.size() != 2)
    return rewriter.notifyMatchFailure(op, "has not two factors");
  Value lhs = product.factors[0], rhs = product.factors[1];
  if (succeeded(raiseGate(op, rewriter, lhs, rhs, product.scale)))
    return success();
  return raiseGate(op, rewriter, rhs, lhs, product.scale);
}

//===-- Clips -----------------------------------------------------------------------------------===//

static LogicalResult raiseMinMax(ElementwiseOp op, PatternRewriter &rewriter) {
  if (auto most = matchWithScalar(op.getResult(), "min"))
    return raise(op, rewriter, "clip", most->value, {-infinity, most->scalar});
  if (auto least = matchWithScalar(op.getResult(), "max"))
    return raise(op, rewriter, "clip", least->value, {least->scalar, infinity});
  return rewriter.notifyMatchFailure(op, "no min or max with a number");
}

static LogicalResult joinClips(ElementwiseOp op, PatternRewriter &rewriter) {
  std::optional<Clip> outer = matchClip(op.getResult());
  if (!outer)
    return rewriter.notifyMatchFailure(op, "no clip");
  std::optional<Clip> inner = matchClip(outer->value);
  if (inner && outer->value.hasOneUse() && outer->low <= outer->high)
    return raise(op, rewriter, "clip", inner->value,
                 {std::clamp(inner->low, outer->low, outer->high), std::clamp(inner->high, outer->low, outer->high)});
  if (op.getFunction() == "clip" && outer->low == 0 && outer->high == infinity)
    return raise(op, rewriter, "relu", outer->value);
  return rewriter.notifyMatchFailure(op, "stands alone");
}

/// max(x, a x) with 0 <= a <= 1
static LogicalResult raiseLeakyRelu(ElementwiseOp op, PatternRewriter &rewriter) {
  if (op.getFunction() != "max")
    return rewriter.notifyMatchFailure(op, "no max");
  for (unsigned i : {0u, 1u}) {
    Value x = op.getOperands()[i], scaled = op.getOperands()[1 - i];
    auto product = matchWithScalar(scaled, "mul");
    if (product && product->value == x && scaled.hasOneUse() && product->scalar >= 0 && product->scalar <= 1)
      return raise(op, rewriter, "leaky_relu", x, product->scalar);
  }
  return rewriter.notifyMatchFailure(op, "operands are no multiples");
}

//===-- Others ----------------------------------------------------------------------------------===//

/// log(exp(x) + 1)
static LogicalResult raiseSoftplus(ElementwiseOp op, PatternRewriter &rewriter) {
  if (op.getFunction() != "log")
    return rewriter.notifyMatchFailure(op, "no logarithm");
  auto sum = matchWithScalar(op.getOperands()[0], "add");
  ElementwiseOp exp = sum && sum->scalar == 1 ? definedBy(sum->value, "exp") : ElementwiseOp();
  if (!exp || !exp.getResult().hasOneUse() || !op.getOperands()[0].hasOneUse())
    return rewriter.notifyMatchFailure(op, "no exp(x) + 1 that nobody else reads");
  return raise(op, rewriter, "softplus", exp.getOperands()[0]);
}

static LogicalResult simplifyPower(ElementwiseOp op, PatternRewriter &rewriter) {
  auto power = matchWithScalar(op.getResult(), "pow");
  if (!power)
    return rewriter.notifyMatchFailure(op, "no power with a constant exponent");
  Value x = power->value;
  auto multiply = [&](Value value) { return buildElementwise(rewriter, op.getLoc(), "mul", {value, x}); };
  if (power->scalar == 1)
    rewriter.replaceOp(op, x);
  else if (power->scalar == 2)
    rewriter.replaceOpWithNewOp<ElementwiseOp>(op, op.getType(), "mul", ValueRange{x, x});
  else if (power->scalar == 3 && typeOf(x).hasStaticShape())
    rewriter.replaceOp(op, multiply(multiply(x)));
  else if (power->scalar == 0.5)
    return raise(op, rewriter, "sqrt", x);
  else
    return rewriter.notifyMatchFailure(op, "another exponent");
  return success();
}

/// x * 1, x / 1, x + 0, x - 0
static LogicalResult dropNeutral(ElementwiseOp op, PatternRewriter &rewriter) {
  for (StringRef function : {"mul", "div", "add", "sub"}) {
    double neutral = function == "mul" || function == "div" ? 1 : 0;
    auto match = matchWithScalar(op.getResult(), function);
    if (match && match->scalar == neutral) {
      rewriter.replaceOp(op, match->value);
      return success();
    }
  }
  return rewriter.notifyMatchFailure(op, "changes its operand");
}

namespace {

struct RaiseActivations : impl::RaiseActivationsBase<RaiseActivations> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add(dropNeutral);
    patterns.add(raiseProduct);
    patterns.add(raiseMinMax);
    patterns.add(joinClips);
    patterns.add(raiseLeakyRelu);
    patterns.add(raiseSoftplus);
    patterns.add(simplifyPower);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace

} // namespace convoy::compiler
