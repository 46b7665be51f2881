#pragma once

#include "compiler/Types/Quantise/Calibration.h"
#include "compiler/Types/Quantise/Placement.h"

#include "mlir/IR/IRMapping.h"

// Copies of a network that are run to learn something about it.
namespace convoy::compiler {

/// The network that is calibrated: a copy of the user's, its gates in front of convolutions.
struct Specimen {
  mlir::ModuleOp module;
  const ValueNumbers &numbers;
  LayerFilter isCandidate;

  llvm::SmallVector<mlir::Operation *> layers() const; ///< Those that may come to compute in 8 bits.
};

/// A copy whose results are what `build` returns: it appends ops, and finds copies of the network's values and ops.
using ResultBuilder = llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::OpBuilder &, mlir::IRMapping &copies)>;
mlir::OwningOpRef<mlir::ModuleOp> copyWithResults(mlir::ModuleOp network, ResultBuilder build);

/// A reduction over all dimensions, or all but one.
mlir::Value reduceAll(mlir::OpBuilder &builder, mlir::Value value, cnn::ReduceKind kind,
                      std::optional<int64_t> kept = std::nullopt);

float floatOf(const HostValue &value, size_t index = 0);
llvm::ArrayRef<float> floatsOf(const HostValue &value);

/// Runs the network with each layer in 8 bits beside itself in f32, both of the same inputs: fills in signal, noise and
/// corrections of `calibration.layers`, whose scales are known.
mlir::LogicalResult judgeLayers(const Specimen &specimen, const CalibrationOptions &options, Calibration &calibration);

/// Fills in the scales of the weights.
mlir::LogicalResult scaleWeights(const Specimen &specimen, const CalibrationOptions &options, Calibration &calibration);

} // namespace convoy::compiler
