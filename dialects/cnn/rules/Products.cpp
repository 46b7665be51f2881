// Shape rules of matmul, reductions and what runs along one dimension.
#include "dialects/cnn/rules/Arithmetic.h"

using namespace mlir;
using namespace convoy::cnn;
using shape::Rule;

//===-- matmul ----------------------------------------------------------------------------------===//

LogicalResult MatmulOp::inferFacts(ShapeAnalysis &analysis, SmallVectorImpl<Facts> &results) {
  Rule rule(*this, analysis);
  ArrayRef<AffineExpr> lhs = rule.dims(getLhs()), rhs = rule.dims(getRhs());
  if (lhs.size() < 2 || rhs.size() < 2)
    return rule.error("matmul_c1") << "operands have ranks " << lhs.size() << " and " << rhs.size()
                                   << "; both must be at least 2 (cnn.reshape adds dimensions)";
  Type element = getType().getElementType(), leftType = getLhs().getType().getElementType();
  Type rightType = getRhs().getType().getElementType();
  bool isQuantised = (leftType.isUnsignedInteger(8) || leftType.isSignlessInteger(8)) &&
                     rightType.isSignlessInteger(8) && element.isSignlessInteger(32);
  bool isOfHalves = leftType.isBF16() && rightType.isBF16() && element.isF32();
  if (!isQuantised && !isOfHalves && (leftType != element || rightType != element))
    return rule.error("matmul_c4")
           << "operands and result must have one element type, or be ui8 or i8, i8 and i32, or bf16, bf16 and f32";
  ArrayRef<AffineExpr> left = lhs.take_back(2), right = rhs.take_back(2);
  AffineExpr rows = left[getTransposeLhs() ? 1 : 0], depth = left[getTransposeLhs() ? 0 : 1];
  AffineExpr columns = right[getTransposeRhs() ? 0 : 1], height = right[getTransposeRhs() ? 1 : 0];
  if (!rule.unify(depth, height))
    return rule.error("matmul_c2") << "the operands " << shape::toString(lhs) << " and " << shape::toString(rhs)
                                   << " are to be summed over " << shape::toString(depth) << " and "
                                   << shape::toString(height) << " elements";
  std::optional<Expressions> dims = rule.broadcast(lhs.drop_back(2), rhs.drop_back(2));
  if (!dims)
    return rule.error("matmul_c3") << "leading dimensions of " << shape::toString(lhs) << " and "
                                   << shape::toString(rhs) << " do not broadcast";
  dims->append({rows, columns});
  results.push_back({std::move(*dims), std::nullopt});
  return success();
}

//===-- reduce ----------------------------------------------------------------------------------===//

static AffineExpr joined(ReduceKind kind, AffineExpr lhs, AffineExpr rhs) {
  switch (kind) {
  case ReduceKind::Sum:
    return shape::add(lhs, rhs);
  case ReduceKind::Prod:
    return shape::mul(lhs, rhs);
  case ReduceKind::Max:
  case ReduceKind::Min: {
    std::optional<bool> less = shape::isLess(lhs, rhs);
    if (!less)
      return {};
    return *less == (kind == ReduceKind::Max) ? rhs : lhs;
  }
  default:
    return {};
  }
}

/// The single element that a tensor of elements reduces to over all its dimensions.
static std::optional<Expressions> reducedElements(ReduceOp op, const Rule &rule) {
  auto elements = rule.elements(op.getInput());
  if (!elements || elements->empty() || op.getAxes().size() != rule.dims(op.getInput()).size())
    return std::nullopt;
  AffineExpr result = elements->front();
  for (AffineExpr element : elements->drop_front())
    result = result ? joined(op.getKind(), result, element) : result;
  if (!result || (elements->size() == 1 && !joined(op.getKind(), rule.constant(1), rule.constant(1))))
    return std::nullopt;
  return Expressions{result};
}

LogicalResult ReduceOp::inferFacts(ShapeAnalysis &analysis, SmallVectorImpl<Facts> &results) {
  Rule rule(*this, analysis);
  ArrayRef<AffineExpr> input = rule.dims(getInput());
  if (failed(rule.checkAxes(getAxes(), input.size(), "reduce_c1")))
    return failure();
  if (!llvm::is_sorted(getAxes()))
    return rule.error("reduce_c1") << "axes must ascend";
  Type element = getType().getElementType();
  if (getKind() == ReduceKind::ArgMax || getKind() == ReduceKind::ArgMin) {
    if (getAxes().size() != 1 || !element.isSignlessInteger(64))
      return rule.error("reduce_c2") << stringifyReduceKind(getKind()) << " has one axis and an i64 result, not "
                                     << getAxes().size() << " axes and " << element;
  } else if (element != getInput().getType().getElementType()) {
    return rule.error("reduce_c3") << "the result's element type " << element << " is not the input's";
  }
  Facts facts;
  for (auto [i, dim] : llvm::enumerate(input)) {
    bool isReduced = llvm::is_contained(getAxes(), static_cast<int64_t>(i));
    if (!isReduced)
      facts.dims.push_back(dim);
    else if (getKeepDims())
      facts.dims.push_back(rule.constant(1));
  }
  facts.elements = reducedElements(*this, rule);
  results.push_back(std::move(facts));
  return success();
}

//===-- softmax, scan ---------------------------------------------------------------------------===//

/// Shape rule of an op that keeps the shape and works along one dimension.
static LogicalResult alongAxis(Rule &rule, Value input, int64_t axis, StringRef label,
                               SmallVectorImpl<Facts> &results) {
  if (failed(rule.checkAxes(axis, rule.dims(input).size(), label)))
    return failure();
  results.push_back({Expressions(rule.dims(input)), std::nullopt});
  return success();
}

LogicalResult SoftmaxOp::inferFacts(ShapeAnalysis &analysis, SmallVectorImpl<Facts> &results) {
  Rule rule(*this, analysis);
  Type element = getInput().getType().getElementType();
  if (!isa<FloatType>(element) || element != getType().getElementType())
    return rule.error("softmax_c2") << "input and result must have one floating point type, not " << element << " and "
                                    << getType().getElementType();
  return alongAxis(rule, getInput(), getAxis(), "softmax_c1", results);
}

LogicalResult ScanOp::inferFacts(ShapeAnalysis &analysis, SmallVectorImpl<Facts> &results) {
  Rule rule(*this, analysis);
  if (getInput().getType().getElementType() != getType().getElementType())
    return rule.error("scan_c2") << "input and result must have one element type";
  return alongAxis(rule, getInput(), getAxis(), "scan_c1", results);
}
