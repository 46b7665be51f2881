// Structural folds: what needs no arithmetic on values and is right for any consumer.
#include "dialects/cnn/Cnn.h"

#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace convoy::cnn;

OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValue(); }

/// The operand of an op that may be an identity, if types show that it keeps the shape.
static OpFoldResult unchanged(TypedValue<RankedTensorType> input, Type result) {
  if (input.getType() == result && input.getType().hasStaticShape())
    return input;
  return {};
}

static bool isZero(Attribute constant) {
  auto elements = dyn_cast_or_null<DenseElementsAttr>(constant);
  return elements && llvm::all_of(elements.getValues<APInt>(), [](const APInt &value) { return value.isZero(); });
}

/// Nothing changes, or what a wider type came from comes back.
OpFoldResult CastOp::fold(FoldAdaptor) {
  if (getInput().getType() == getType())
    return getInput();
  auto inner = getInput().getDefiningOp<CastOp>();
  bool widens = inner && inner.getInput().getType() == getType() && getType().getElementType().isBF16() &&
                inner.getType().getElementType().isF32();
  return widens ? OpFoldResult(inner.getInput()) : OpFoldResult();
}

OpFoldResult RelayoutOp::fold(FoldAdaptor) {
  return getInput().getType() == getType() ? OpFoldResult(getInput()) : OpFoldResult();
}

OpFoldResult ElementwiseOp::fold(FoldAdaptor) {
  if (getFunction() == "identity" && getOperands().front().getType() == getType())
    return getOperands().front();
  return {};
}

/// What was a quantised number is the same one again: the error of the product and the quotient is far below half a
/// step.
OpFoldResult QuantizeOp::fold(FoldAdaptor) {
  auto inner = getInput().getDefiningOp<DequantizeOp>();
  if (!inner || inner.getInput().getType() != getType() || !getInput().getType().getElementType().isF32() ||
      getType().getElementTypeBitWidth() > 16)
    return {};
  return inner.getScale() == getScale() && inner.getZeroPoint() == getZeroPoint() ? OpFoldResult(inner.getInput())
                                                                                  : OpFoldResult();
}

OpFoldResult ReshapeOp::fold(FoldAdaptor) { return unchanged(getInput(), getType()); }
OpFoldResult ExpandOp::fold(FoldAdaptor) { return unchanged(getInput(), getType()); }
OpFoldResult ResizeOp::fold(FoldAdaptor) {
  // Other scales than 1 move coordinates even if the extent stays.
  bool isPlain = llvm::all_of(getScales(), [](double scale) { return scale == 1; });
  return isPlain ? unchanged(getInput(), getType()) : OpFoldResult();
}

OpFoldResult TransposeOp::fold(FoldAdaptor) {
  bool isIdentity = llvm::is_sorted(getPermutation());
  return isIdentity && getInput().getType() == getType() ? OpFoldResult(getInput()) : OpFoldResult();
}

OpFoldResult SliceOp::fold(FoldAdaptor) {
  if (getAxes().empty() && getInput().getType() == getType())
    return getInput();
  bool isForward = llvm::all_of(getSteps(), [](int64_t step) { return step == 1; });
  return isForward ? unchanged(getInput(), getType()) : OpFoldResult();
}

OpFoldResult PadOp::fold(FoldAdaptor adaptor) {
  return isZero(adaptor.getPads()) && getInput().getType() == getType() ? OpFoldResult(getInput()) : OpFoldResult();
}

OpFoldResult ConcatOp::fold(FoldAdaptor) {
  if (getInputs().size() == 1 && getInputs().front().getType() == getType())
    return getInputs().front();
  return {};
}

OpFoldResult ReduceOp::fold(FoldAdaptor) {
  bool keepsValue = llvm::is_contained(
      {ReduceKind::Sum, ReduceKind::Mean, ReduceKind::Max, ReduceKind::Min, ReduceKind::Prod}, getKind());
  return getAxes().empty() && keepsValue && getInput().getType() == getType() ? OpFoldResult(getInput())
                                                                              : OpFoldResult();
}

OpFoldResult PoolOp::fold(FoldAdaptor) {
  auto isAll = [](ArrayRef<int64_t> values, int64_t wanted) {
    return llvm::all_of(values, [&](int64_t value) { return value == wanted; });
  };
  bool takesOne = isAll(getWindow(), 1) && isAll(getStrides(), 1) && isAll(getPads(), 0);
  return takesOne && getKind() != PoolKind::Lp && getInput().getType() == getType() ? OpFoldResult(getInput())
                                                                                    : OpFoldResult();
}

//===-- Patterns --------------------------------------------------------------------------------===//

/// transpose(transpose(x)) is one transpose.
static LogicalResult joinTransposes(TransposeOp op, PatternRewriter &rewriter) {
  auto inner = op.getInput().getDefiningOp<TransposeOp>();
  if (!inner)
    return rewriter.notifyMatchFailure(op, "input is no transpose");
  auto permutation =
      llvm::map_to_vector(op.getPermutation(), [&](int64_t axis) { return inner.getPermutation()[axis]; });
  rewriter.replaceOpWithNewOp<TransposeOp>(op, op.getType(), inner.getInput(), permutation);
  return success();
}

void TransposeOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *) {
  patterns.add(joinTransposes);
}

static std::optional<SmallVector<int64_t>> constantShape(Value shape) {
  DenseElementsAttr elements;
  if (!matchPattern(shape, m_Constant(&elements)))
    return std::nullopt;
  return llvm::map_to_vector(elements.getValues<int64_t>(), [](int64_t extent) { return extent; });
}

/// reshape(reshape(x)) is one reshape, unless the outer one takes over extents of the inner one.
static LogicalResult joinReshapes(ReshapeOp op, PatternRewriter &rewriter) {
  auto inner = op.getInput().getDefiningOp<ReshapeOp>();
  if (!inner)
    return rewriter.notifyMatchFailure(op, "input is no reshape");
  std::optional<SmallVector<int64_t>> shape = constantShape(op.getShape());
  if (!shape || (!op.getAllowZero() && llvm::is_contained(*shape, 0)))
    return rewriter.notifyMatchFailure(op, "the shape may refer to the inner reshape");
  rewriter.modifyOpInPlace(op, [&] { op.getInputMutable().assign(inner.getInput()); });
  return success();
}

/// A static result says its shape by itself: nothing that computes the shape has to be kept.
static LogicalResult writeStaticShape(ReshapeOp op, PatternRewriter &rewriter) {
  ArrayRef<int64_t> extents = op.getType().getShape();
  if (!op.getType().hasStaticShape() || constantShape(op.getShape()) == SmallVector<int64_t>(extents))
    return rewriter.notifyMatchFailure(op, "the shape is dynamic or constant already");
  bool hasZero = llvm::is_contained(extents, 0);
  auto type = RankedTensorType::get({static_cast<int64_t>(extents.size())}, rewriter.getI64Type());
  Value shape = ConstantOp::create(rewriter, op.getLoc(), type, DenseElementsAttr::get(type, extents));
  rewriter.modifyOpInPlace(op, [&] {
    op.getShapeMutable().assign(shape);
    op.setAllowZero(hasZero);
  });
  return success();
}

void ReshapeOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *) {
  patterns.add(writeStaticShape);
  patterns.add(joinReshapes);
}
