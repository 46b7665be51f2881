#include "tools/convoy-opt/Register.h"

#include "dialects/cnn/Cnn.h"
#include "dialects/kernel/Kernel.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/Transforms/Passes.h"

void convoy::registerEverything(mlir::DialectRegistry &registry) {
  registry.insert<cnn::CnnDialect, kernel::KernelDialect, mlir::func::FuncDialect>();
  mlir::registerCanonicalizerPass();
  mlir::registerCSEPass();
  mlir::registerSymbolDCEPass();
}
