#include "compiler/Kernels/Passes.h"

#include "mlir/Transforms/Passes.h"

namespace convoy::compiler {

void buildKernelsPipeline(mlir::OpPassManager &manager, const KernelsOptions &options) {
  manager.addPass(createFormKernels());
  manager.addPass(createAssignLayouts());
  manager.addPass(createDeduplicateKernels());
  manager.addPass(createChooseSchedules({options.target, options.winograd}));
  manager.addPass(createHoistPrepare());
}

} // namespace convoy::compiler
