#include "compiler/Kernels/Passes.h"
#include "compiler/Network/Matching.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace convoy::compiler {

#define GEN_PASS_DEF_FUSEHALVES
#include "compiler/Kernels/Passes.h.inc"

/// The bf16 value that a value of f32 was widened from; null if it is none.
static Value widenedFrom(Value value) {
  auto cast = value.getDefiningOp<cnn::CastOp>();
  bool isWidened =
      cast && cast.getInput().getType().getElementType().isBF16() && cast.getType().getElementType().isF32();
  return isWidened ? cast.getInput() : Value();
}

static LogicalResult fuseConvolution(cnn::ConvolutionOp op, PatternRewriter &rewriter) {
  Value input = widenedFrom(op.getInput()), weight = widenedFrom(op.getWeight());
  if (!input || op.getTransposed())
    return rewriter.notifyMatchFailure(op, "no input of halves, or transposed");
  rewriter.modifyOpInPlace(op, [&] {
    op.getInputMutable().assign(input);
    if (weight)
      op.getWeightMutable().assign(weight);
  });
  return success();
}

static LogicalResult fuseMatmul(cnn::MatmulOp op, PatternRewriter &rewriter) {
  Value lhs = widenedFrom(op.getLhs()), rhs = widenedFrom(op.getRhs());
  if (!lhs || !rhs)
    return rewriter.notifyMatchFailure(op, "no two factors of halves");
  rewriter.modifyOpInPlace(op, [&] {
    op.getLhsMutable().assign(lhs);
    op.getRhsMutable().assign(rhs);
  });
  return success();
}

static bool blends(Operation *op) {
  auto resize = dyn_cast<cnn::ResizeOp>(op);
  return resize && resize.getMode() != cnn::ResizeMode::Nearest;
}

/// What moves elements moves halves: the op on the narrow operands, then one cast.
template <typename Op> static LogicalResult moveHalves(Op op, PatternRewriter &rewriter) {
  if (blends(op))
    return rewriter.notifyMatchFailure(op, "computes new elements");
  unsigned data = isa<cnn::ConcatOp>(op) ? op->getNumOperands() : 1;
  SmallVector<Value> operands(op->getOperands());
  for (Value &operand : MutableArrayRef<Value>(operands).take_front(data)) {
    operand = widenedFrom(operand);
    if (!operand)
      return rewriter.notifyMatchFailure(op, "an operand is none of halves");
  }
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  Operation *narrow = rewriter.clone(*op);
  narrow->setOperands(operands);
  narrow->getResult(0).setType(RankedTensorType::get(type.getShape(), rewriter.getBF16Type(), type.getEncoding()));
  rewriter.replaceOpWithNewOp<cnn::CastOp>(op, type, narrow->getResult(0));
  return success();
}

namespace {

struct FuseHalvesPass : impl::FuseHalvesBase<FuseHalvesPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add(fuseConvolution);
    patterns.add(fuseMatmul);
    patterns.add(moveHalves<cnn::ReshapeOp>);
    patterns.add(moveHalves<cnn::TransposeOp>);
    patterns.add(moveHalves<cnn::SliceOp>);
    patterns.add(moveHalves<cnn::ResizeOp>);
    patterns.add(moveHalves<cnn::ConcatOp>);
    FrozenRewritePatternSet frozen(std::move(patterns));
    for (func::FuncOp network : getOperation().getOps<func::FuncOp>()) {
      if (failed(applyPatternsGreedily(network, frozen)))
        return signalPassFailure();
      splitWidened(network);
    }
  }

  /// Each reader widens for itself: its operand stays narrow in memory.
  static void splitWidened(func::FuncOp network) {
    for (auto op : llvm::to_vector(network.getBody().front().getOps<cnn::CastOp>())) {
      if (!widenedFrom(op.getResult()) || isFromWeights(op.getResult()))
        continue;
      OpBuilder builder(op);
      DenseMap<Operation *, Value> widened;
      for (OpOperand &use : llvm::make_early_inc_range(op->getUses())) {
        Value &own = widened[use.getOwner()];
        if (!own)
          own = widened.size() == 1 ? Value(op.getResult()) : builder.clone(*op)->getResult(0);
        use.set(own);
      }
    }
  }
};

} // namespace

} // namespace convoy::compiler
