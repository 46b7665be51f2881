#pragma once

#include "compiler/Types/Auto/NetworkTimer.h"
#include "compiler/Types/Types.h"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace convoy::compiler {

constexpr std::array allTypes = {ComputeType::F32, ComputeType::BF16, ComputeType::I8};

/// A layer and what its types cost.
struct LayerCosts {
  std::string name;
  std::array<double, 3> seconds = {-1, -1, -1}; ///< By ComputeType; negative: it does not have that type.
  double noise = 0;                             ///< In 8 bits, over the signal.
  /// Layers before it whose results lead here, and elements on the way.
  std::vector<std::pair<size_t, double>> before;

  double in(ComputeType type) const { return seconds[static_cast<size_t>(type)]; }
  bool has(ComputeType type) const { return in(type) >= 0; }
};

/// The layers of a network and how they follow each other.
std::vector<LayerCosts> layersInOrder(mlir::ModuleOp network);

/// Adds up the launches of each layer; those that belong to no layer count nowhere.
void addTimes(const NetworkTime &time, ComputeType type, std::vector<LayerCosts> &layers);

/// The types of least time, `change` seconds per element where neighbours have different ones.
std::vector<ComputeType> cheapestTypes(const std::vector<LayerCosts> &layers, double change);

LayerTypes typesOf(const std::vector<LayerCosts> &layers, const std::vector<ComputeType> &types);

} // namespace convoy::compiler
