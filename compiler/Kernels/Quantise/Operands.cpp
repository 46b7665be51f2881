#include "compiler/Kernels/Quantise/Quantise.h"

#include "mlir/IR/Matchers.h"

#include <cmath>

using namespace mlir;

namespace convoy::compiler {

std::optional<Quantised> dequantised(Value value) {
  auto op = value.getDefiningOp<cnn::DequantizeOp>();
  if (!op || !op.getType().getElementType().isF32() || op.getInput().getType().getElementTypeBitWidth() != 8)
    return std::nullopt;
  return Quantised{op.getInput(), op.getScale(), op.getZeroPoint()};
}

bool isOneElement(Value value) { return typeOf(value).hasStaticShape() && typeOf(value).getNumElements() == 1; }

bool Quantised::isPerTensor() const { return isOneElement(scale) && (isOneElement(zero) || uniformInteger(zero)); }

std::optional<int64_t> uniformInteger(Value value) {
  while (isa_and_nonnull<cnn::ReshapeOp, cnn::ExpandOp>(value.getDefiningOp()))
    value = value.getDefiningOp()->getOperand(0);
  DenseElementsAttr constant;
  if (!matchPattern(value, m_Constant(&constant)) || constant.empty() || !isa<IntegerType>(constant.getElementType()))
    return std::nullopt;
  auto elements = constant.getValues<APInt>();
  if (!llvm::all_equal(elements))
    return std::nullopt;
  APInt first = *elements.begin();
  return constant.getElementType().isUnsignedInteger() ? static_cast<int64_t>(first.getZExtValue())
                                                       : first.getSExtValue();
}

/// The product of two lists, of which one may have a single element for all.
static std::optional<SmallVector<double>> product(SmallVector<double> lhs, SmallVector<double> rhs) {
  if (lhs.size() < rhs.size())
    std::swap(lhs, rhs);
  if (rhs.size() != 1 && rhs.size() != lhs.size())
    return std::nullopt;
  for (auto [i, number] : llvm::enumerate(lhs))
    number *= rhs[rhs.size() == 1 ? 0 : i];
  return lhs;
}

std::optional<SmallVector<double>> knownNumbers(Value value) {
  constexpr int64_t most = 4096;
  if (!typeOf(value).hasStaticShape() || typeOf(value).getNumElements() > most)
    return std::nullopt;
  Operation *op = value.getDefiningOp();
  if (auto reshape = dyn_cast_or_null<cnn::ReshapeOp>(op))
    return knownNumbers(reshape.getInput());
  if (auto expand = dyn_cast_or_null<cnn::ExpandOp>(op)) {
    auto inner = knownNumbers(expand.getInput());
    if (!inner || (inner->size() != 1 && static_cast<int64_t>(inner->size()) != expand.getType().getNumElements()))
      return std::nullopt;
    return inner->size() > 1 ? inner : SmallVector<double>(expand.getType().getNumElements(), inner->front());
  }
  if (cnn::ElementwiseOp mul = definedBy(value, "mul")) {
    auto lhs = knownNumbers(mul.getOperands()[0]), rhs = knownNumbers(mul.getOperands()[1]);
    return lhs && rhs ? product(std::move(*lhs), std::move(*rhs)) : std::nullopt;
  }
  DenseElementsAttr constant;
  if (!matchPattern(value, m_Constant(&constant)) || !isa<FloatType>(constant.getElementType()))
    return std::nullopt;
  return llvm::map_to_vector(constant.getValues<APFloat>(),
                             [](const APFloat &number) { return number.convertToDouble(); });
}

RankedTensorType withElement(Type type, Type element) {
  return RankedTensorType::get(cast<RankedTensorType>(type).getShape(), element);
}

Value buildCast(OpBuilder &builder, Location loc, Value value, Type element) {
  if (typeOf(value).getElementType() == element)
    return value;
  return cnn::CastOp::create(builder, loc, withElement(value.getType(), element), value);
}

Value buildInteger(OpBuilder &builder, Location loc, int64_t value, Type element) {
  auto type = RankedTensorType::get({}, element);
  APInt bits(element.getIntOrFloatBitWidth(), static_cast<uint64_t>(value), /*isSigned=*/true, /*implicitTrunc=*/true);
  return cnn::ConstantOp::create(builder, loc, type, DenseElementsAttr::get(type, bits));
}

Value floatConstant(OpBuilder &builder, Location loc, double value) {
  auto type = RankedTensorType::get({}, builder.getF32Type());
  return cnn::ConstantOp::create(builder, loc, type, DenseElementsAttr::get(type, static_cast<float>(value)));
}

Value buildSum(OpBuilder &builder, Location loc, Value weight, ArrayRef<int64_t> axes) {
  Type i32 = builder.getI32Type();
  return build<cnn::ReduceOp>(builder, loc, i32, buildCast(builder, loc, weight, i32), cnn::ReduceKind::Sum, axes,
                              /*keep_dims=*/false);
}

bool isSymmetric(Value weight, Value zero) {
  return uniformInteger(zero) == (typeOf(weight).getElementType().isUnsignedInteger() ? 128 : 0);
}

Value symmetricWeight(OpBuilder &builder, Location loc, Value weight) {
  if (!typeOf(weight).getElementType().isUnsignedInteger())
    return weight;
  Type i32 = builder.getI32Type();
  Value shifted = buildElementwise(builder, loc, "sub",
                                   {buildCast(builder, loc, weight, i32), buildInteger(builder, loc, 128, i32)});
  return buildCast(builder, loc, shifted, builder.getI8Type());
}

//===-- Bias ------------------------------------------------------------------------------------===//

/// The factors of a product without the reshapes around them.
static void collectScales(Value value, SmallVectorImpl<Value> &factors) {
  while (isa_and_nonnull<cnn::ReshapeOp, cnn::ExpandOp>(value.getDefiningOp()))
    value = value.getDefiningOp()->getOperand(0);
  if (cnn::ElementwiseOp mul = definedBy(value, "mul")) {
    collectScales(mul.getOperands()[0], factors);
    collectScales(mul.getOperands()[1], factors);
    return;
  }
  factors.push_back(value);
}

/// Whether two scales are equal but for rounding; nothing if that isn't known when compiled.
static std::optional<bool> areEqualScales(Value a, Value b) {
  SmallVector<Value> left, right;
  collectScales(a, left);
  collectScales(b, right);
  if (left.size() == right.size() && std::is_permutation(left.begin(), left.end(), right.begin()))
    return true;
  auto first = knownNumbers(a), second = knownNumbers(b);
  if (!first || !second || first->empty() || second->empty())
    return std::nullopt;
  size_t count = std::max(first->size(), second->size());
  if ((first->size() != count && first->size() != 1) || (second->size() != count && second->size() != 1))
    return false;
  for (size_t i = 0; i < count; ++i) {
    double x = (*first)[first->size() == 1 ? 0 : i], y = (*second)[second->size() == 1 ? 0 : i];
    if (std::abs(x - y) > 1e-3 * std::abs(y))
      return false;
  }
  return true;
}

/// The scale, at least 2^-30 of the bias: beside such a bias the products that it scales, too, are next to nothing.
static Value grownScale(OpBuilder &builder, Location loc, Value bias, Value scale) {
  constexpr double least = 0x1p-30;
  auto numbers = knownNumbers(scale), biases = knownNumbers(bias);
  if (numbers && biases && numbers->size() == biases->size() &&
      llvm::all_of(llvm::zip_equal(*numbers, *biases),
                   [](auto pair) { return std::get<0>(pair) >= least * std::abs(std::get<1>(pair)); }))
    return scale;
  Value size = build<cnn::ElementwiseOp>(builder, loc, builder.getF32Type(), "abs", ValueRange{bias});
  Value bound = buildElementwise(builder, loc, "mul", {size, floatConstant(builder, loc, least)});
  bound = buildReshape(builder, loc, bound, typeOf(scale).getShape());
  return buildElementwise(builder, loc, "max", {scale, bound});
}

Value quantisedBias(OpBuilder &builder, Location loc, Value bias, Value &scale) {
  Type i32 = builder.getI32Type();
  auto quantised = bias.getDefiningOp<cnn::DequantizeOp>();
  bool isInteger = quantised && quantised.getInput().getType().getElementType() == i32 &&
                   uniformInteger(quantised.getZeroPoint()) == 0;
  std::optional<bool> equal = isInteger ? areEqualScales(quantised.getScale(), scale) : std::optional<bool>(false);
  if (equal == true)
    return quantised.getInput();
  scale = grownScale(builder, loc, bias, scale);
  Value rounded = cnn::QuantizeOp::create(builder, loc, withElement(bias.getType(), i32), bias, scale,
                                          buildInteger(builder, loc, 0, i32));
  if (equal == false)
    return rounded;
  // Scales that are weights: where they are equal, the integers are those of the network to the last bit.
  Value ratio = buildElementwise(builder, loc, "div", {quantised.getScale(), scale});
  Value apart = build<cnn::ElementwiseOp>(
      builder, loc, builder.getF32Type(), "abs",
      ValueRange{buildElementwise(builder, loc, "sub", {ratio, floatConstant(builder, loc, 1)})});
  Value near = build<cnn::ElementwiseOp>(builder, loc, builder.getI1Type(), "less",
                                         ValueRange{apart, floatConstant(builder, loc, 1e-3)});
  return build<cnn::ElementwiseOp>(builder, loc, i32, "where", ValueRange{near, quantised.getInput(), rounded});
}

} // namespace convoy::compiler
