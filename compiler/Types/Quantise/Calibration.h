#pragma once

#include "compiler/Types/NetworkRunner.h"
#include "compiler/Types/Quantise/Ranges.h"
#include "compiler/Types/Types.h"
#include "compiler/Weights/WeightFile.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringSet.h"

#include <string>
#include <vector>

namespace convoy::compiler {

/// What is known of a layer that can compute in 8 bits.
struct LayerCalibration {
  std::string name;               ///< As `layerName` says.
  std::vector<float> weightScale; ///< One per output channel.
  std::vector<float> correction;  ///< What is to be added to the bias, so that results are right on average.
  double signal = 0;              ///< Sum of the squares of the layer's results in f32, over all samples.
  double noise = 0;               ///< The same of what 8 bits in this layer alone change, the bias corrected.

  double decibels() const; ///< Of signal over noise.
};

/// What quantising a network needs to know of its values, for any choice of the layers that compute in 8 bits. It
/// belongs to the network that was calibrated, and to copies of it.
class Calibration {
public:
  llvm::DenseMap<unsigned, Scale> scales;            ///< By the numbers of values.
  llvm::DenseMap<unsigned, LayerCalibration> layers; ///< By those of layers' results.

  /// Null if the layer can't compute in 8 bits. `network` is the network that was calibrated, or a copy.
  const LayerCalibration *find(mlir::Operation *layer, mlir::ModuleOp network) const;
};

struct CalibrationOptions {
  RangeMethod method = RangeMethod::Mse;
  bool correctsBias = true;
  NetworkRunner *runner = nullptr;
  const weights::WeightFile *weights = nullptr; ///< Null if the network has none.
  llvm::StringSet<> kept = {};                  ///< Layers that stay in f32 in any case, by name.
};

/// Runs the network, as the phase `network` leaves it in f32, on the samples.
mlir::FailureOr<Calibration> calibrate(mlir::ModuleOp network, const CalibrationOptions &options);

} // namespace convoy::compiler
