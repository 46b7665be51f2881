#pragma once

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Support/LLVM.h"

#include <string>
#include <vector>

namespace convoy::compiler {

/// How long a network takes, in seconds.
struct NetworkTime {
  struct Launch {
    std::vector<std::string> layers; ///< The user's layers that it computes.
    double seconds = 0;
  };
  double seconds = 0; ///< The fastest run.
  std::vector<Launch> launches;
};

/// Measures networks on this machine. The compiler links no runtime: whoever calls it brings one.
class NetworkTimer {
public:
  virtual ~NetworkTimer() = default;

  /// Compiles the networks, which stand behind the phase `network` and name their weight files by absolute paths, then
  /// runs them in turns, when nothing is compiled any more. What is wrong is a diagnostic of the networks' context.
  virtual mlir::FailureOr<std::vector<NetworkTime>> time(mlir::ArrayRef<mlir::ModuleOp> networks) = 0;
};

} // namespace convoy::compiler
