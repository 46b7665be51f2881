#pragma once

#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"

namespace mlir::func {
class FuncOp;
}

namespace convoy::compiler {

#define GEN_PASS_DECL
#include "compiler/Network/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "compiler/Network/Passes.h.inc"

/// From what a frontend imported to the network that kernels are formed of.
void buildNetworkPipeline(mlir::OpPassManager &manager);

/// Registers that pipeline as `convoy-network`.
void registerNetworkPipeline();

} // namespace convoy::compiler
