// Shape rules of sources and of library functions.
#include "dialects/cnn/rules/Arithmetic.h"

#include "mlir/IR/Matchers.h"

#include <cmath>
#include <limits>

using namespace mlir;
using namespace convoy::cnn;
using shape::Rule;

LogicalResult WeightOp::inferFacts(ShapeAnalysis &analysis, SmallVectorImpl<Facts> &results) {
  Rule rule(*this, analysis);
  if (getValue().getName().empty())
    return rule.error("weight_c1") << "the entry of the weight file has no name";
  Facts facts;
  for (int64_t extent : getType().getShape())
    facts.dims.push_back(rule.constant(extent));
  results.push_back(std::move(facts));
  return success();
}

LogicalResult ConstantOp::inferFacts(ShapeAnalysis &analysis, SmallVectorImpl<Facts> &results) {
  // The value itself says everything.
  ShapeAnalysis own = ShapeAnalysis::ofOneOp(analysis.getContext());
  results.push_back(own.facts(getResult()));
  return success();
}

LogicalResult DimOp::inferFacts(ShapeAnalysis &analysis, SmallVectorImpl<Facts> &results) {
  Rule rule(*this, analysis);
  ArrayRef<AffineExpr> input = rule.dims(getInput());
  auto begin = static_cast<int64_t>(getBegin()), end = static_cast<int64_t>(getEnd());
  if (begin < 0 || begin > end || end > static_cast<int64_t>(input.size()))
    return rule.error("dim_c1") << "dimensions from " << begin << " to " << end << " do not lie within the rank "
                                << input.size();
  Facts facts{{rule.constant(end - begin)}, Expressions(input.slice(begin, end - begin))};
  if (llvm::is_contained(*facts.elements, AffineExpr()))
    facts.elements.reset();
  results.push_back(std::move(facts));
  return success();
}

//===-- range -----------------------------------------------------------------------------------===//

/// The value of a constant rank-0 float tensor.
static std::optional<double> scalarFloat(Value value) {
  DenseElementsAttr constant;
  if (!matchPattern(value, m_Constant(&constant)) || !isa<FloatType>(constant.getElementType()))
    return std::nullopt;
  APFloat number = *constant.value_begin<APFloat>();
  bool losesInfo = false;
  number.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &losesInfo);
  return number.convertToDouble();
}

static AffineExpr rangeCount(RangeOp op, const Rule &rule) {
  auto scalar = [&](Value value) {
    auto known = rule.elements(value);
    return known ? known->front() : AffineExpr();
  };
  AffineExpr start = scalar(op.getStart()), limit = scalar(op.getLimit()), delta = scalar(op.getDelta());
  if (start && limit && delta) {
    auto step = constantOf(delta);
    AffineExpr span = shape::sub(limit, start);
    if (!step || *step == 0)
      return {};
    AffineExpr count =
        *step < 0 ? shape::ceilDiv(shape::mul(span, -1), shape::mul(delta, -1)) : shape::ceilDiv(span, delta);
    if (auto constant = constantOf(count))
      return rule.constant(std::max<int64_t>(*constant, 0));
    return shape::isNotNegative(count) ? count : AffineExpr();
  }
  auto from = scalarFloat(op.getStart()), to = scalarFloat(op.getLimit()), by = scalarFloat(op.getDelta());
  if (!from || !to || !by || *by == 0)
    return {};
  double count = std::ceil((*to - *from) / *by);
  return count < std::numeric_limits<int32_t>::max() ? rule.constant(static_cast<int64_t>(std::max(count, 0.0)))
                                                     : AffineExpr();
}

LogicalResult RangeOp::inferFacts(ShapeAnalysis &analysis, SmallVectorImpl<Facts> &results) {
  Rule rule(*this, analysis);
  for (Value operand : getOperands())
    if (!rule.dims(operand).empty() ||
        cast<RankedTensorType>(operand.getType()).getElementType() != getType().getElementType())
      return rule.error("range_c1") << "operands must be rank-0 tensors of " << getType().getElementType()
                                    << ", but one is " << operand.getType();
  Facts facts{{rangeCount(*this, rule)}, std::nullopt};
  if (!facts.dims[0] && !analysis.seesOneOp())
    return rule.error("range_c2") << "the number of elements can't be known before the network runs";
  auto start = rule.elements(getStart()), delta = rule.elements(getDelta());
  if (auto count = shape::smallCount(facts.dims); count && start && delta) {
    facts.elements.emplace();
    for (int64_t i = 0; i < *count; ++i)
      facts.elements->push_back(shape::add(start->front(), shape::mul(delta->front(), i)));
  }
  results.push_back(std::move(facts));
  return success();
}

//===-- library_call ----------------------------------------------------------------------------===//

static std::optional<int64_t> option(LibraryCallOp op, StringRef name) {
  auto options = op.getOptionsAttr();
  auto value = options ? options.getAs<IntegerAttr>(name) : IntegerAttr();
  return value ? std::optional(value.getInt()) : std::nullopt;
}

static LogicalResult topKFacts(LibraryCallOp op, const Rule &rule, SmallVectorImpl<Facts> &results) {
  Expressions dims(rule.dims(op.getOperands()[0]));
  std::optional<int64_t> axis = option(op, "axis");
  if (!axis || *axis < 0 || *axis >= static_cast<int64_t>(dims.size()))
    return rule.error("library_call_c4") << "top_k needs the option axis within the rank " << dims.size();
  auto count = rule.elements(op.getOperands()[1]);
  dims[*axis] = count ? count->front() : AffineExpr();
  results.append(2, Facts{dims, std::nullopt});
  return success();
}

static LogicalResult uniqueFacts(LibraryCallOp op, const Rule &rule, SmallVectorImpl<Facts> &results) {
  ArrayRef<AffineExpr> input = rule.dims(op.getOperands()[0]);
  int64_t axis = option(op, "axis").value_or(-1);
  if (axis >= static_cast<int64_t>(input.size()))
    return rule.error("library_call_c4") << op.getFunction() << " has axis " << axis << " for rank " << input.size();
  Expressions values{AffineExpr()};
  if (axis >= 0) {
    values = Expressions(input);
    values[axis] = {};
  }
  AffineExpr all = axis >= 0 ? input[axis] : shape::product(rule.context(), input);
  results.push_back({values, std::nullopt});
  if (op.getFunction() == "unique")
    results.append(
        {Facts{{AffineExpr()}, std::nullopt}, Facts{{all}, std::nullopt}, Facts{{AffineExpr()}, std::nullopt}});
  return success();
}

LogicalResult LibraryCallOp::inferFacts(ShapeAnalysis &analysis, SmallVectorImpl<Facts> &results) {
  Rule rule(*this, analysis);
  const LibraryFunction *function = findLibrary(getFunction());
  if (!function)
    return rule.error("library_call_c1") << "there is no function \"" << getFunction() << "\"";
  if (getOperands().size() < function->fewestOperands || getOperands().size() > function->mostOperands)
    return rule.error("library_call_c2") << getFunction() << " can't have " << getOperands().size() << " operands";
  if (getNumResults() != function->results)
    return rule.error("library_call_c3") << getFunction() << " has " << function->results << " results, not "
                                         << getNumResults();
  for (NamedAttribute entry : getOptionsAttr() ? getOptionsAttr().getValue() : ArrayRef<NamedAttribute>())
    if (!isa<IntegerAttr>(entry.getValue()))
      return rule.error("library_call_c4") << "option " << entry.getName() << " must be an integer";
  if (getFunction() == "top_k")
    return topKFacts(*this, rule, results);
  if (getFunction() == "unique" || getFunction() == "compress")
    return uniqueFacts(*this, rule, results);
  if (getFunction() == "non_max_suppression")
    results.push_back({{AffineExpr(), rule.constant(3)}, std::nullopt});
  else
    results.push_back({{rule.constant(rule.dims(getOperands()[0]).size()), AffineExpr()}, std::nullopt});
  return success();
}
