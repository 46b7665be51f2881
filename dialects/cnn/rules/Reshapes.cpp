// Shape rules of ops that give elements another shape: reshape, expand, transpose, relayout.
#include "dialects/cnn/rules/Arithmetic.h"

#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace convoy::cnn;
using shape::Rule;

LogicalResult RelayoutOp::inferFacts(ShapeAnalysis &analysis, SmallVectorImpl<Facts> &results) {
  Rule rule(*this, analysis);
  if (failed(verifyCompatibleShape(getInput().getType(), getType())))
    return rule.error("relayout_c1") << getInput().getType() << " and " << getType()
                                     << " must have one shape; only the layout changes";
  results.push_back(analysis.facts(getInput()));
  return success();
}

//===-- reshape ---------------------------------------------------------------------------------===//

/// Replaces 0 by the input's extent. Gives the position of -1, or of none.
static FailureOr<std::optional<size_t>> resolveZeros(ReshapeOp op, const Rule &rule, Expressions &shape) {
  ArrayRef<AffineExpr> input = rule.dims(op.getInput());
  std::optional<size_t> inferred;
  for (auto [i, extent] : llvm::enumerate(shape)) {
    std::optional<int64_t> value = constantOf(extent);
    if (value == 0 && !op.getAllowZero()) {
      if (i >= input.size())
        return rule.error("reshape_c3") << "0 at position " << i << " stands for a dimension that the input of rank "
                                        << input.size() << " does not have";
      extent = input[i];
    } else if (value == -1) {
      if (inferred)
        return rule.error("reshape_c3") << "-1 stands at positions " << *inferred << " and " << i
                                        << ", but only one dimension can be inferred";
      inferred = i;
    } else if (value && *value < 0) {
      return rule.error("reshape_c3") << "the extent " << *value << " at position " << i << " is negative";
    }
  }
  return inferred;
}

static LogicalResult inferExtent(ReshapeOp op, const Rule &rule, Expressions &shape, size_t position, bool isPartial) {
  ArrayRef<AffineExpr> input = rule.dims(op.getInput());
  Expressions others(shape);
  others.erase(others.begin() + position);
  shape[position] = shape::quotient(rule.context(), input, others);
  bool isKnown = !llvm::is_contained(input, AffineExpr()) && !llvm::is_contained(others, AffineExpr());
  if (shape[position] || !isKnown)
    return success();
  bool isStatic = shape::constants(input) && shape::constants(others);
  if (isPartial && !isStatic)
    return success();
  return rule.error("reshape_c1") << "the elements of " << shape::toString(input) << " are no multiple of those of "
                                  << shape::toString(others);
}

LogicalResult ReshapeOp::inferFacts(ShapeAnalysis &analysis, SmallVectorImpl<Facts> &results) {
  Rule rule(*this, analysis);
  FailureOr<Expressions> shape = rule.shapeOperand(getShape(), "reshape_c2", "the shape");
  if (failed(shape))
    return failure();
  FailureOr<std::optional<size_t>> inferred = resolveZeros(*this, rule, *shape);
  if (failed(inferred))
    return failure();
  if (*inferred && failed(inferExtent(*this, rule, *shape, **inferred, analysis.seesOneOp())))
    return failure();
  ArrayRef<AffineExpr> input = rule.dims(getInput());
  if (!*inferred && !rule.unify(shape::product(rule.context(), input), shape::product(rule.context(), *shape)))
    return rule.error("reshape_c1") << "the shapes " << shape::toString(input) << " and " << shape::toString(*shape)
                                    << " have different numbers of elements";
  results.push_back({std::move(*shape), analysis.facts(getInput()).elements});
  return success();
}

//===-- expand ----------------------------------------------------------------------------------===//

LogicalResult ExpandOp::inferFacts(ShapeAnalysis &analysis, SmallVectorImpl<Facts> &results) {
  Rule rule(*this, analysis);
  FailureOr<Expressions> shape = rule.shapeOperand(getShape(), "expand_c2", "the shape");
  if (failed(shape))
    return failure();
  ArrayRef<AffineExpr> input = rule.dims(getInput());
  std::optional<Expressions> dims = rule.broadcast(input, *shape);
  if (!dims)
    return rule.error("expand_c1") << "the input " << shape::toString(input) << " does not broadcast to "
                                   << shape::toString(*shape);
  Facts facts{std::move(*dims), std::nullopt};
  auto known = rule.elements(getInput());
  if (known && shape::smallCount(facts.dims)) {
    SmallVector<int64_t> own = *shape::constants(input), extents = *shape::constants(facts.dims);
    facts.elements = shape::rearrange(*known, extents, [&](ArrayRef<int64_t> index) {
      SmallVector<int64_t> inside(index.drop_front(extents.size() - own.size()));
      for (auto [i, extent] : llvm::zip_equal(inside, own))
        i = extent == 1 ? 0 : i;
      return shape::linearize(inside, own);
    });
  }
  results.push_back(std::move(facts));
  return success();
}

//===-- transpose -------------------------------------------------------------------------------===//

LogicalResult TransposeOp::inferFacts(ShapeAnalysis &analysis, SmallVectorImpl<Facts> &results) {
  Rule rule(*this, analysis);
  ArrayRef<AffineExpr> input = rule.dims(getInput());
  ArrayRef<int64_t> permutation = getPermutation();
  if (permutation.size() != input.size())
    return rule.error("transpose_c1") << "the permutation has " << permutation.size()
                                      << " numbers, but the input has rank " << input.size();
  if (failed(rule.checkAxes(permutation, input.size(), "transpose_c1")))
    return failure();
  Facts facts;
  for (int64_t axis : permutation)
    facts.dims.push_back(input[axis]);
  if (auto known = rule.elements(getInput())) {
    SmallVector<int64_t> own = *shape::constants(input), extents = *shape::constants(facts.dims);
    facts.elements = shape::rearrange(*known, extents, [&](ArrayRef<int64_t> index) {
      SmallVector<int64_t> inside(own.size());
      for (auto [i, axis] : llvm::enumerate(permutation))
        inside[axis] = index[i];
      return shape::linearize(inside, own);
    });
  }
  results.push_back(std::move(facts));
  return success();
}
