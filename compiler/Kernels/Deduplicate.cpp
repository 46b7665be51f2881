#include "compiler/Kernels/KernelWriter.h"
#include "compiler/Kernels/Passes.h"
#include "compiler/Network/Matching.h"
#include "schedules/core/Schedules.h"

#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;

namespace convoy::compiler {

#define GEN_PASS_DEF_DEDUPLICATEKERNELS
#include "compiler/Kernels/Passes.h.inc"

namespace {

class DeduplicateKernelsPass : public impl::DeduplicateKernelsBase<DeduplicateKernelsPass> {
  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    llvm::StringMap<StringRef> firstOfKey;
    getOperation().walk([&](kernel::CallOp call) {
      auto func = symbols.lookup<kernel::FuncOp>(call.getCallee());
      FailureOr<proto::Kernel> kernel = writeKernel(func, proto::Target());
      if (failed(kernel)) {
        signalPassFailure();
        return WalkResult::interrupt();
      }
      std::string key = schedules::canonicalForm(*kernel);
      // What is laid out by `prepare` and what is written by other kernels must not be mixed up.
      for (Value operand : call.getOperands())
        key += isFromWeights(operand) ? 'w' : 'a';
      auto [entry, isNew] = firstOfKey.try_emplace(key, func.getSymName());
      if (!isNew && entry->second != call.getCallee())
        call.setCallee(entry->second);
      return WalkResult::advance();
    });
    for (auto func : llvm::make_early_inc_range(getOperation().getOps<kernel::FuncOp>()))
      if (SymbolTable::symbolKnownUseEmpty(func.getSymNameAttr(), getOperation()))
        symbols.erase(func);
  }
};

} // namespace
} // namespace convoy::compiler
