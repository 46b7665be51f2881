#pragma once

#include "compiler/Types/Auto/NetworkTimer.h"
#include "compiler/Types/Auto/TypeReport.h"
#include "compiler/Types/Quantise/Calibration.h"

#include "llvm/ADT/StringSet.h"

namespace convoy::compiler {

struct ChoiceOptions {
  const Calibration *calibration = nullptr;
  NetworkRunner *runner = nullptr;
  NetworkTimer *timer = nullptr;
  llvm::StringSet<> kept;       ///< Layers that the user keeps in f32.
  bool hasBf16 = false;         ///< The target multiplies halves.
  double budget = 0;            ///< The largest error of the network's results, as `NetworkErrors` has it.
  TypeReport *report = nullptr; ///< What was found out.
};

/// The types with which the network is fastest on this machine within the budget. The network stands behind the phase
/// `network` in f32 and names its weight file by an absolute path.
///
/// Each layer is measured in networks of one type. Of each the fastest type is taken, changes of type between
/// neighbours counted by what they move; where the error is beyond the budget, 8-bit layers with the most noise give
/// way, found by bisection. Such mixed networks are measured again beside those of one type, and the fastest network
/// within the budget is chosen: never one slower than a network of one type.
mlir::FailureOr<LayerTypes> chooseTypes(mlir::ModuleOp network, const ChoiceOptions &options);

} // namespace convoy::compiler
