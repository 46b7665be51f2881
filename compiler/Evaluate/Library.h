#pragma once

#include "compiler/Evaluate/HostValue.h"
#include "dialects/cnn/Cnn.h"

namespace convoy::compiler {

/// Calls the function of runtime/ops that the op names.
mlir::FailureOr<std::vector<HostValue>> callLibrary(cnn::LibraryCallOp op, llvm::ArrayRef<HostValue> operands);

} // namespace convoy::compiler
