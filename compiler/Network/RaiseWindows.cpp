#include "compiler/Network/Matching.h"
#include "compiler/Network/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

#include <cmath>

using namespace mlir;

namespace convoy::compiler {

#define GEN_PASS_DEF_RAISEWINDOWS
#include "compiler/Network/Passes.h.inc"

namespace {

/// Constant padding of spatial dimensions alone, in the order of convolution and pool.
struct SpatialPad {
  cnn::PadOp op;
  SmallVector<int64_t> pads;
  double value;
};

} // namespace

static std::optional<SpatialPad> matchSpatialPad(Value input) {
  auto op = input.getDefiningOp<cnn::PadOp>();
  DenseElementsAttr constant;
  if (!op || op.getMode() != cnn::PadMode::Constant || !matchPattern(op.getPads(), m_Constant(&constant)))
    return std::nullopt;
  std::optional<double> value = op.getValue() ? scalarOf(op.getValue()) : 0.0;
  SmallVector<int64_t> all(constant.getValues<int64_t>());
  size_t rank = all.size() / 2;
  if (!value || rank < 3 || llvm::any_of(all, [](int64_t pad) { return pad < 0; }))
    return std::nullopt;
  if (all[0] != 0 || all[1] != 0 || all[rank] != 0 || all[rank + 1] != 0)
    return std::nullopt;
  SpatialPad result{op, {}, *value};
  result.pads.append(all.begin() + 2, all.begin() + rank);
  result.pads.append(all.begin() + rank + 2, all.end());
  return result;
}

static SmallVector<int64_t> sum(ArrayRef<int64_t> lhs, ArrayRef<int64_t> rhs) {
  return llvm::map_to_vector(llvm::zip_equal(lhs, rhs),
                             [](auto pair) { return std::get<0>(pair) + std::get<1>(pair); });
}

static LogicalResult padConvolution(cnn::ConvolutionOp op, PatternRewriter &rewriter) {
  std::optional<SpatialPad> pad = matchSpatialPad(op.getInput());
  if (!pad || pad->value != 0 || op.getTransposed())
    return rewriter.notifyMatchFailure(op, "no zeros around the input");
  rewriter.modifyOpInPlace(op, [&] {
    op.getInputMutable().assign(pad->op.getInput());
    op.setPads(sum(op.getPads(), pad->pads));
  });
  return success();
}

/// Whether no element is below zero.
static bool isNotNegative(Value value) {
  auto op = value.getDefiningOp<cnn::ElementwiseOp>();
  if (!op)
    return false;
  return llvm::is_contained({"relu", "sigmoid", "hard_sigmoid", "softplus", "exp", "abs"}, op.getFunction()) ||
         (op.getFunction() == "clip" && op.getParameters()[0] >= 0);
}

static LogicalResult padPool(cnn::PoolOp op, PatternRewriter &rewriter) {
  std::optional<SpatialPad> pad = matchSpatialPad(op.getInput());
  if (!pad)
    return rewriter.notifyMatchFailure(op, "no constants around the input");
  if (op.getCeilMode())
    return rewriter.notifyMatchFailure(op, "windows may begin in the padding");
  bool isPadded = llvm::any_of(op.getPads(), [](int64_t value) { return value != 0; });
  SmallVector<int64_t> pads = sum(op.getPads(), pad->pads);
  size_t spatial = op.getWindow().size();
  for (auto [i, value] : llvm::enumerate(pads))
    if (value >= (op.getWindow()[i % spatial] - 1) * op.getDilations()[i % spatial] + 1)
      return rewriter.notifyMatchFailure(op, "a window would lie outside of the image");
  bool isAverage = op.getKind() == cnn::PoolKind::Average;
  // Zeros that were part of the image count; those that were padding must then have counted as well.
  bool fitsAverage = isAverage && pad->value == 0 && (!isPadded || op.getCountIncludePad());
  bool fitsMax = op.getKind() == cnn::PoolKind::Max &&
                 (pad->value == -INFINITY || (pad->value <= 0 && isNotNegative(pad->op.getInput())));
  if (!fitsAverage && !fitsMax)
    return rewriter.notifyMatchFailure(op, "the padded values would count");
  rewriter.modifyOpInPlace(op, [&] {
    op.getInputMutable().assign(pad->op.getInput());
    op.setPads(pads);
    op.setCountIncludePad(isAverage);
  });
  return success();
}

/// A pool whose only window is the whole image.
static LogicalResult reduceGlobalPool(cnn::PoolOp op, PatternRewriter &rewriter) {
  auto type = op.getInput().getType();
  if (op.getKind() == cnn::PoolKind::Lp || llvm::any_of(op.getPads(), [](int64_t pad) { return pad != 0; }))
    return rewriter.notifyMatchFailure(op, "no plain mean or maximum");
  SmallVector<int64_t> axes;
  for (auto [i, extent] : llvm::enumerate(op.getWindow())) {
    if (type.getDimSize(i + 2) != extent || op.getDilations()[i] != 1 || op.getType().getDimSize(i + 2) != 1)
      return rewriter.notifyMatchFailure(op, "the window is not the image");
    axes.push_back(i + 2);
  }
  auto kind = op.getKind() == cnn::PoolKind::Max ? cnn::ReduceKind::Max : cnn::ReduceKind::Mean;
  rewriter.replaceOpWithNewOp<cnn::ReduceOp>(op, op.getType(), op.getInput(), kind, axes);
  return success();
}

/// A reshape that only drops the dimensions that a reduction has kept.
static LogicalResult dropKeptDims(cnn::ReshapeOp op, PatternRewriter &rewriter) {
  auto reduce = op.getInput().getDefiningOp<cnn::ReduceOp>();
  if (!reduce || !reduce.getKeepDims() || !reduce.getResult().hasOneUse())
    return rewriter.notifyMatchFailure(op, "no reduction with kept dimensions that nobody else reads");
  SmallVector<int64_t> rest;
  for (auto [i, extent] : llvm::enumerate(reduce.getInput().getType().getShape()))
    if (!llvm::is_contained(reduce.getAxes(), static_cast<int64_t>(i)))
      rest.push_back(extent);
  bool isKnown = llvm::count(rest, ShapedType::kDynamic) <= 1;
  if (!isKnown || ArrayRef(rest) != op.getType().getShape())
    return rewriter.notifyMatchFailure(op, "another shape");
  rewriter.replaceOpWithNewOp<cnn::ReduceOp>(op, op.getType(), reduce.getInput(), reduce.getKind(), reduce.getAxes(),
                                             /*keep_dims=*/false, reduce.getSelectLast());
  return success();
}

namespace {

struct RaiseWindows : impl::RaiseWindowsBase<RaiseWindows> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add(padConvolution);
    patterns.add(padPool);
    patterns.add(reduceGlobalPool);
    patterns.add(dropKeptDims);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace

} // namespace convoy::compiler
