#include "compiler/Kernels/Passes.h"
#include "schedules/core/Schedules.h"

#include "mlir/Transforms/Passes.h"

namespace convoy::compiler {

void buildKernelsPipeline(mlir::OpPassManager &manager, const KernelsOptions &options) {
  // Kernels of a GPU guard what they load; a target that is none is refused by the pass that needs it.
  auto target = schedules::parseTarget(options.target);
  AssignLayoutsOptions layouts;
  layouts.halos = !target || !target->has_gpu();
  FuseQuantisedOptions quantised;
  quantised.tables = layouts.halos;
  manager.addPass(createFuseQuantised(quantised));
  manager.addPass(createFuseHalves());
  manager.addPass(createFormKernels({options.target}));
  manager.addPass(createAssignLayouts(layouts));
  manager.addPass(createDeduplicateKernels());
  manager.addPass(createChooseSchedules({options.target, options.winograd}));
  manager.addPass(createHoistPrepare());
}

} // namespace convoy::compiler
