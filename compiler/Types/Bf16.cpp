#include "compiler/Types/Types.h"

using namespace mlir;

namespace convoy::compiler {

LogicalResult convertToBf16(ModuleOp module, const LayerTypes &types) {
  return emitError(UnknownLoc::get(module.getContext())) << "--dtype=bf16: not available in this version";
}

} // namespace convoy::compiler
