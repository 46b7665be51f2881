#include "tools/convoy-opt/Register.h"

#include "compiler/Kernels/Passes.h"
#include "compiler/Network/Passes.h"
#include "dialects/kernel/Kernel.h"

#include "mlir/IR/DialectRegistry.h"
#include "mlir/Transforms/Passes.h"

void convoy::registerEverything(mlir::DialectRegistry &registry) {
  registerDialects(registry);
  compiler::registerNetworkPasses();
  compiler::registerNetworkPipeline();
  mlir::registerCanonicalizerPass();
  mlir::registerCSEPass();
  mlir::registerSymbolDCEPass();
  compiler::registerKernelsPasses();
}
