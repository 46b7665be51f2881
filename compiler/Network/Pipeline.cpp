#include "compiler/Network/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

namespace convoy::compiler {

void buildNetworkPipeline(mlir::OpPassManager &manager) {
  mlir::OpPassManager &network = manager.nest<mlir::func::FuncOp>();
  network.addPass(createInferShapes());
  network.addPass(createFoldIndices());
  network.addPass(mlir::createCanonicalizerPass());
  network.addPass(mlir::createCSEPass());
  network.addPass(createFoldConstants());
  network.addPass(createRaiseActivations());
  network.addPass(createRaiseWindows());
  network.addPass(createFoldAffine());
  network.addPass(mlir::createCanonicalizerPass());
  network.addPass(mlir::createCSEPass());
  network.addPass(createInferShapes());
}

void registerNetworkPipeline() {
  mlir::PassPipelineRegistration<>("convoy-network", "All steps of the phase `network`", buildNetworkPipeline);
}

} // namespace convoy::compiler
