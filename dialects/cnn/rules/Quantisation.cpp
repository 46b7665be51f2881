// Shape rules of quantisation.
#include "dialects/cnn/rules/Arithmetic.h"

using namespace mlir;
using namespace convoy::cnn;
using shape::Rule;

static Type elementOf(Value value) { return cast<RankedTensorType>(value.getType()).getElementType(); }

static bool isQuantised(Type type) {
  auto integer = dyn_cast<IntegerType>(type);
  return integer && integer.getWidth() > 1 && integer.getWidth() <= 32;
}

/// The result has the input's shape, to which scale and zero point broadcast.
static LogicalResult keepShape(Operation *op, Rule &rule, StringRef label, SmallVectorImpl<Facts> &results) {
  ArrayRef<AffineExpr> input = rule.dims(op->getOperand(0));
  for (Value operand : op->getOperands().drop_front()) {
    std::optional<Expressions> joined = rule.broadcast(input, rule.dims(operand));
    bool grows =
        joined && (joined->size() != input.size() || llvm::any_of(llvm::zip_equal(*joined, input), [](auto pair) {
                     auto [dim, own] = pair;
                     return dim && own && constantOf(own) == 1 && constantOf(dim) != 1;
                   }));
    if (!joined || grows)
      return rule.error(label) << "scale and zero point must broadcast to " << shape::toString(input)
                               << ", but one has the shape " << shape::toString(rule.dims(operand));
  }
  results.push_back({Expressions(input), std::nullopt});
  return success();
}

LogicalResult QuantizeOp::inferFacts(ShapeAnalysis &analysis, SmallVectorImpl<Facts> &results) {
  Rule rule(*this, analysis);
  Type element = elementOf(getInput()), result = getType().getElementType();
  if (!isa<FloatType>(element) || elementOf(getScale()) != element)
    return rule.error("quantize_c2") << "input and scale must have one floating point type, not " << element << " and "
                                     << elementOf(getScale());
  if (!isQuantised(result) || elementOf(getZeroPoint()) != result)
    return rule.error("quantize_c3") << "zero point and result must have one type of integers of at most 32 bits, not "
                                     << elementOf(getZeroPoint()) << " and " << result;
  return keepShape(*this, rule, "quantize_c1", results);
}

LogicalResult DequantizeOp::inferFacts(ShapeAnalysis &analysis, SmallVectorImpl<Facts> &results) {
  Rule rule(*this, analysis);
  Type element = elementOf(getInput()), result = getType().getElementType();
  if (!isQuantised(element) || elementOf(getZeroPoint()) != element)
    return rule.error("dequantize_c2") << "input and zero point must have one type of integers of at most 32 bits, not "
                                       << element << " and " << elementOf(getZeroPoint());
  if (!isa<FloatType>(result) || elementOf(getScale()) != result)
    return rule.error("dequantize_c3") << "scale and result must have one floating point type, not "
                                       << elementOf(getScale()) << " and " << result;
  return keepShape(*this, rule, "dequantize_c1", results);
}

LogicalResult RequantizeOp::inferFacts(ShapeAnalysis &analysis, SmallVectorImpl<Facts> &results) {
  Rule rule(*this, analysis);
  Type result = getType().getElementType();
  if (!elementOf(getInput()).isSignlessInteger(32) || !elementOf(getScale()).isF32())
    return rule.error("requantize_c2") << "the input must be i32 and the scale f32, not " << elementOf(getInput())
                                       << " and " << elementOf(getScale());
  if ((!result.isUnsignedInteger(8) && !result.isSignlessInteger(8)) || elementOf(getZeroPoint()) != result)
    return rule.error("requantize_c3") << "zero point and result must both be ui8 or both be i8, not "
                                       << elementOf(getZeroPoint()) << " and " << result;
  return keepShape(*this, rule, "requantize_c1", results);
}
