#pragma once

#include "compiler/Evaluate/HostValue.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Support/LLVM.h"

#include <string>

namespace convoy::compiler {

/// Runs networks on the user's samples. The compiler links no runtime: whoever calls it brings one.
class NetworkRunner {
public:
  virtual ~NetworkRunner() = default;

  /// Sees the results of the network for one sample, which `sample` names; they live until it returns.
  using Visitor = llvm::function_ref<mlir::LogicalResult(const std::string &sample, llvm::ArrayRef<HostValue> results)>;

  /// Compiles the network, which stands behind the phase `network` and names its weight file by an absolute path, and
  /// runs it on every sample, in the same order each time. What is wrong is a diagnostic of the network's context.
  virtual mlir::LogicalResult run(mlir::ModuleOp network, Visitor visit) = 0;
};

} // namespace convoy::compiler
