#include "compiler/Kernels/Passes.h"
#include "compiler/Network/Matching.h"
#include "dialects/kernel/Kernel.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace convoy::compiler {

#define GEN_PASS_DEF_HOISTPREPARE
#include "compiler/Kernels/Passes.h.inc"

namespace {

class HoistPreparePass : public impl::HoistPrepareBase<HoistPreparePass> {
  void runOnOperation() override {
    for (func::FuncOp network : getOperation().getOps<func::FuncOp>())
      hoist(network);
  }

  static void hoist(func::FuncOp network) {
    Block &body = network.getBody().front();
    llvm::SetVector<Value> needed;
    for (Operation &op : body)
      if (isa<kernel::CallOp, cnn::LibraryCallOp, func::ReturnOp>(op))
        for (Value operand : op.getOperands())
          if (isFromWeights(operand))
            needed.insert(operand);
    if (needed.empty())
      return;
    OpBuilder builder = OpBuilder::atBlockBegin(&body);
    SmallVector<Type> types(llvm::map_range(needed, [](Value value) { return value.getType(); }));
    auto prepare = kernel::PrepareOp::create(builder, network.getLoc(), types);
    Block *inside = &prepare.getBody().emplaceBlock();
    builder.setInsertionPointToEnd(inside);
    cloneSlice(body, needed.getArrayRef(), builder, prepare);
    for (auto [value, result] : llvm::zip(needed, prepare.getResults()))
      Value(value).replaceUsesWithIf(result, [](OpOperand &use) {
        return isa<kernel::CallOp, cnn::LibraryCallOp, func::ReturnOp>(use.getOwner());
      });
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(body)))
      if (isa<cnn::CnnDialect>(op.getDialect()) && op.use_empty())
        op.erase();
  }

  /// Clones into the region what `needed` depends on, in program order.
  static void cloneSlice(Block &body, ArrayRef<Value> needed, OpBuilder &builder, kernel::PrepareOp prepare) {
    llvm::SetVector<Operation *> work;
    for (Value value : needed)
      work.insert(value.getDefiningOp());
    for (size_t next = 0; next < work.size(); ++next)
      for (Value operand : work[next]->getOperands())
        work.insert(operand.getDefiningOp());
    IRMapping mapping;
    for (Operation &op : body)
      if (&op != prepare && work.contains(&op))
        builder.clone(op, mapping);
    SmallVector<Value> results(llvm::map_range(needed, [&](Value value) { return mapping.lookup(value); }));
    kernel::ReturnOp::create(builder, prepare.getLoc(), results);
  }
};

} // namespace
} // namespace convoy::compiler
