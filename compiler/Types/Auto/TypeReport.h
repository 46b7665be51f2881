#pragma once

#include "compiler/Types/Types.h"

#include <array>
#include <string>
#include <vector>

namespace convoy::compiler {

/// What is known of the types of a network's layers, for people.
struct TypeReport {
  struct Layer {
    std::string name;
    ComputeType type = ComputeType::F32;
    double error = -1;                            ///< As of a candidate, of this layer's results; -1: not measured.
    std::array<double, 3> seconds = {-1, -1, -1}; ///< By ComputeType, in a network of that type; -1: not measured.
  };
  /// A choice of types for the whole network.
  struct Candidate {
    std::string name; ///< "f32", "i8", "mixed", ...
    double seconds = -1;
    /// Root mean square of what differs from the network in f32, relative to that of its results, on the samples; of
    /// several results the largest. -1: not measured.
    double error = -1;
    bool isChosen = false;
  };
  std::vector<Layer> layers;
  std::vector<Candidate> candidates;
  double budget = -1; ///< The largest error that was allowed; -1: none was given.
};

} // namespace convoy::compiler
