#pragma once

#include "compiler/Evaluate/HostValue.h"

#include "mlir/IR/Operation.h"

#include <optional>

namespace convoy::compiler {

/// What `prepare` of nearly every network consists of, computed without compiling anything: arithmetic of float32
/// weights under broadcast, and movement that is a strided copy. Nothing for every other op.
std::optional<HostValue> evaluateNatively(mlir::Operation *op, llvm::ArrayRef<HostValue> operands,
                                          llvm::ArrayRef<int64_t> resultDims);

/// The same for quantisation, and for integers of at most 32 bits.
std::optional<HostValue> evaluateQuantised(mlir::Operation *op, llvm::ArrayRef<HostValue> operands,
                                           llvm::ArrayRef<int64_t> resultDims);

} // namespace convoy::compiler
