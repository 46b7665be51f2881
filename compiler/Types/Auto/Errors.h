#pragma once

#include "compiler/Types/NetworkRunner.h"

#include "llvm/ADT/StringMap.h"

namespace convoy::compiler {

/// How far a network of other types is from itself in f32: root mean squares of the difference relative to those of
/// what is right, over all samples.
struct NetworkErrors {
  double results = 0;             ///< The largest of the network's results.
  llvm::StringMap<double> layers; ///< Of each layer's results, the errors of the layers before it included.
};

/// Runs both side by side on the samples. `converted` is a converted copy of `original`; both name their weight files
/// by absolute paths. A network without a result in f32 can't be judged.
mlir::FailureOr<NetworkErrors> measureErrors(mlir::ModuleOp original, mlir::ModuleOp converted, NetworkRunner &runner);

} // namespace convoy::compiler
