#include "dialects/cnn/rules/Arithmetic.h"

using namespace mlir;

namespace convoy::cnn::shape {

std::optional<AffineExpr> Rule::unify(AffineExpr lhs, AffineExpr rhs) {
  if (!lhs || !rhs)
    return lhs ? lhs : rhs;
  if (areEqual(lhs, rhs))
    return lhs;
  if (areDifferent(lhs, rhs))
    return std::nullopt;
  analysis.assume({Assumption::Zero, sub(lhs, rhs), op->getLoc()});
  return constantOf(rhs) ? rhs : lhs;
}

std::optional<AffineExpr> Rule::broadcast(AffineExpr lhs, AffineExpr rhs) {
  if (lhs && constantOf(lhs) == 1)
    return rhs;
  if (rhs && constantOf(rhs) == 1)
    return lhs;
  return unify(lhs, rhs);
}

std::optional<Expressions> Rule::broadcast(ArrayRef<AffineExpr> lhs, ArrayRef<AffineExpr> rhs) {
  if (lhs.size() < rhs.size())
    std::swap(lhs, rhs);
  size_t more = lhs.size() - rhs.size();
  Expressions result(lhs);
  for (size_t i = 0; i < rhs.size(); ++i) {
    std::optional<AffineExpr> dim = broadcast(lhs[more + i], rhs[i]);
    if (!dim)
      return std::nullopt;
    result[more + i] = *dim;
  }
  return result;
}

bool Rule::assumeNotNegative(AffineExpr expression) {
  if (!expression || isNotNegative(expression))
    return true;
  if (std::optional<int64_t> most = upperBound(expression); most && *most < 0)
    return false;
  analysis.assume({Assumption::NotNegative, expression, op->getLoc()});
  return true;
}

FailureOr<Expressions> Rule::shapeOperand(Value value, StringRef label, StringRef what) {
  if (dims(value).size() != 1)
    return error(label) << what << " must be a rank-1 tensor, but has rank " << dims(value).size();
  if (auto known = elements(value))
    return Expressions(*known);
  AffineExpr count = dims(value)[0];
  if (!analysis.seesOneOp())
    return error(label) << what << " can't be known before the network runs; only what follows from the shapes of the "
                        << "inputs is supported";
  if (!count || !constantOf(count))
    return error(label) << "the number of " << what << " must be known";
  return Expressions(*constantOf(count), AffineExpr());
}

LogicalResult Rule::checkAxes(ArrayRef<int64_t> axes, size_t rank, StringRef label) {
  for (auto [i, axis] : llvm::enumerate(axes)) {
    if (axis < 0 || axis >= static_cast<int64_t>(rank))
      return error(label) << "axis " << axis << " is outside of the rank " << rank;
    if (llvm::is_contained(axes.take_front(i), axis))
      return error(label) << "axis " << axis << " stands twice";
  }
  return success();
}

} // namespace convoy::cnn::shape
