#include "compiler/Kernels/Passes.h"
#include "compiler/Kernels/Quantise/Quantise.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace convoy::compiler {

#define GEN_PASS_DEF_FUSEQUANTISED
#include "compiler/Kernels/Passes.h.inc"

namespace {

struct FuseQuantisedPass : impl::FuseQuantisedBase<FuseQuantisedPass> {
  using FuseQuantisedBase::FuseQuantisedBase;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    addProductPatterns(patterns);
    addResultPatterns(patterns);
    FrozenRewritePatternSet frozen(std::move(patterns));
    for (func::FuncOp network : getOperation().getOps<func::FuncOp>()) {
      if (failed(applyPatternsGreedily(network, frozen)))
        return signalPassFailure();
      if (tables)
        tabulate(network);
      splitDequantised(network);
    }
  }

  /// Each reader dequantises for itself: its operand stays 8 bits wide in memory.
  static void splitDequantised(func::FuncOp network) {
    for (auto op : llvm::to_vector(network.getBody().front().getOps<cnn::DequantizeOp>())) {
      if (isFromWeights(op.getResult()) || !dequantised(op.getResult()))
        continue;
      OpBuilder builder(op);
      SmallVector<OpOperand *> uses(llvm::make_pointer_range(op->getUses()));
      for (OpOperand *use : llvm::drop_begin(uses))
        use->set(builder.clone(*op)->getResult(0));
    }
  }
};

} // namespace

} // namespace convoy::compiler
