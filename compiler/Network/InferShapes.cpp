#include "compiler/Network/Passes.h"
#include "dialects/cnn/Cnn.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;

namespace convoy::compiler {

#define GEN_PASS_DEF_INFERSHAPES
#include "compiler/Network/Passes.h.inc"

namespace {

struct InferShapes : impl::InferShapesBase<InferShapes> {
  void runOnOperation() override {
    cnn::ShapeAnalysis analysis(&getContext());
    if (failed(cnn::analyzeFunction(getOperation(), analysis)))
      signalPassFailure();
  }
};

} // namespace

} // namespace convoy::compiler
