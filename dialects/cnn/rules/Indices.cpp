// Shape rules of gather and scatter.
#include "dialects/cnn/rules/Arithmetic.h"

using namespace mlir;
using namespace convoy::cnn;
using shape::Rule;

static LogicalResult checkIndices(const Rule &rule, Value indices, StringRef label) {
  Type element = cast<RankedTensorType>(indices.getType()).getElementType();
  if (element.isInteger(32) || element.isInteger(64))
    return success();
  return rule.error(label) << "indices must be i32 or i64, not " << element;
}

//===-- gather ----------------------------------------------------------------------------------===//

static FailureOr<Expressions> gatherNdDims(GatherOp op, const Rule &rule) {
  ArrayRef<AffineExpr> input = rule.dims(op.getInput()), indices = rule.dims(op.getIndices());
  size_t batch = op.getAxis();
  std::optional<int64_t> depth = indices.empty() ? std::nullopt : constantOf(indices.back());
  if (!depth || batch >= indices.size() || *depth < 1 || batch + *depth > input.size())
    return rule.error("gather_c3") << "indices " << shape::toString(indices) << " with " << batch
                                   << " batch dimensions do not address " << shape::toString(input);
  Expressions dims(indices.drop_back());
  llvm::append_range(dims, input.drop_front(batch + *depth));
  return dims;
}

/// Elements of slices along the axis, for constant indices.
static std::optional<Expressions> gatheredElements(GatherOp op, const Rule &rule, ArrayRef<AffineExpr> dims) {
  auto known = rule.elements(op.getInput()), indices = rule.elements(op.getIndices());
  auto chosen = indices ? shape::constants(*indices) : std::nullopt;
  if (op.getKind() != GatherKind::Slices || !known || !chosen || !shape::smallCount(dims))
    return std::nullopt;
  SmallVector<int64_t> own = *shape::constants(rule.dims(op.getInput()));
  SmallVector<int64_t> indexExtents = *shape::constants(rule.dims(op.getIndices()));
  size_t axis = op.getAxis();
  for (int64_t &index : *chosen) {
    index = index < 0 ? index + own[axis] : index;
    if (index < 0 || index >= own[axis])
      return std::nullopt;
  }
  return shape::rearrange(*known, *shape::constants(dims), [&](ArrayRef<int64_t> index) {
    SmallVector<int64_t> inside(index.take_front(axis));
    inside.push_back((*chosen)[shape::linearize(index.slice(axis, indexExtents.size()), indexExtents)]);
    llvm::append_range(inside, index.drop_front(axis + indexExtents.size()));
    return shape::linearize(inside, own);
  });
}

static LogicalResult checkConstantIndices(GatherOp op, const Rule &rule) {
  auto indices = rule.elements(op.getIndices());
  std::optional<int64_t> extent = constantOf(rule.dims(op.getInput())[op.getAxis()]);
  if (!indices || !extent)
    return success();
  for (AffineExpr index : *indices)
    if (auto value = constantOf(index); value && (*value < -*extent || *value >= *extent))
      return rule.error("gather_c4") << "the index " << *value << " is outside of dimension " << op.getAxis()
                                     << " of extent " << *extent;
  return success();
}

LogicalResult GatherOp::inferFacts(ShapeAnalysis &analysis, SmallVectorImpl<Facts> &results) {
  Rule rule(*this, analysis);
  ArrayRef<AffineExpr> input = rule.dims(getInput()), indices = rule.dims(getIndices());
  if (failed(rule.checkAxes(static_cast<int64_t>(getAxis()), input.size(), "gather_c1")) ||
      failed(checkIndices(rule, getIndices(), "gather_c2")))
    return failure();
  if (getKind() == GatherKind::Nd) {
    FailureOr<Expressions> dims = gatherNdDims(*this, rule);
    if (failed(dims))
      return failure();
    results.push_back({std::move(*dims), std::nullopt});
    return success();
  }
  if (getKind() == GatherKind::Elements) {
    if (indices.size() != input.size())
      return rule.error("gather_c3") << "indices " << shape::toString(indices) << " must have the rank of the input "
                                     << shape::toString(input);
    results.push_back({Expressions(indices), std::nullopt});
    return success();
  }
  if (failed(checkConstantIndices(*this, rule)))
    return failure();
  Facts facts{Expressions(input.take_front(getAxis())), std::nullopt};
  llvm::append_range(facts.dims, indices);
  llvm::append_range(facts.dims, input.drop_front(getAxis() + 1));
  facts.elements = gatheredElements(*this, rule, facts.dims);
  results.push_back(std::move(facts));
  return success();
}

//===-- scatter ---------------------------------------------------------------------------------===//

/// The shape that the updates of the op must have; nothing if the indices don't address the input.
static std::optional<Expressions> wantedUpdates(ScatterOp op, const Rule &rule) {
  ArrayRef<AffineExpr> input = rule.dims(op.getInput()), indices = rule.dims(op.getIndices());
  if (!op.getNd())
    return indices.size() == input.size() ? std::optional(Expressions(indices)) : std::nullopt;
  std::optional<int64_t> depth = indices.empty() ? std::nullopt : constantOf(indices.back());
  if (!depth || *depth < 1 || *depth > static_cast<int64_t>(input.size()))
    return std::nullopt;
  Expressions dims(indices.drop_back());
  llvm::append_range(dims, input.drop_front(*depth));
  return dims;
}

/// Elements of a rank-1 tensor after constant indices have set some.
static std::optional<Expressions> scatteredElements(ScatterOp op, const Rule &rule) {
  auto known = rule.elements(op.getInput()), updates = rule.elements(op.getUpdates());
  auto indices = rule.elements(op.getIndices());
  auto chosen = indices ? shape::constants(*indices) : std::nullopt;
  if (op.getKind() != ScatterKind::Set || !known || !updates || !chosen || rule.dims(op.getInput()).size() != 1 ||
      chosen->size() != updates->size())
    return std::nullopt;
  Expressions result(*known);
  auto extent = static_cast<int64_t>(result.size());
  for (auto [index, update] : llvm::zip_equal(*chosen, *updates)) {
    int64_t position = index < 0 ? index + extent : index;
    if (position < 0 || position >= extent)
      return std::nullopt;
    result[position] = update;
  }
  return result;
}

LogicalResult ScatterOp::inferFacts(ShapeAnalysis &analysis, SmallVectorImpl<Facts> &results) {
  Rule rule(*this, analysis);
  ArrayRef<AffineExpr> input = rule.dims(getInput()), updates = rule.dims(getUpdates());
  if (failed(checkIndices(rule, getIndices(), "scatter_c2")) ||
      (!getNd() && failed(rule.checkAxes(static_cast<int64_t>(getAxis()), input.size(), "scatter_c1"))))
    return failure();
  std::optional<Expressions> wanted = wantedUpdates(*this, rule);
  bool fits = wanted && wanted->size() == updates.size();
  for (size_t i = 0; fits && i < updates.size(); ++i)
    fits = rule.unify((*wanted)[i], updates[i]).has_value();
  if (!fits)
    return rule.error("scatter_c3") << "updates " << shape::toString(updates) << " do not fit the indices "
                                    << shape::toString(rule.dims(getIndices())) << " into " << shape::toString(input);
  results.push_back({Expressions(input), scatteredElements(*this, rule)});
  return success();
}
