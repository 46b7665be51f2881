#pragma once

#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"

#include <string>

namespace convoy::compiler {

#define GEN_PASS_DECL
#include "compiler/Kernels/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "compiler/Kernels/Passes.h.inc"

struct KernelsOptions {
  std::string target = "host"; ///< For parseTarget.
  int64_t winograd = 4;        ///< Largest F(m, 3) that 3x3 convolutions may use: 0, 2 or 4.
};

/// From a network of cnn ops to kernels with layouts and schedules.
void buildKernelsPipeline(mlir::OpPassManager &manager, const KernelsOptions &options);

} // namespace convoy::compiler
