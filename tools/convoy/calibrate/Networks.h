#pragma once

#include "compiler/Types/Auto/NetworkTimer.h"
#include "compiler/Types/NetworkRunner.h"
#include "tools/convoy/Globals.h"
#include "tools/convoy/io/Module.h"

// Networks that the compiler wants to be run on this machine.
namespace convoy::tools {

/// Compiles a network that stands behind the phase `network`. What is wrong is a diagnostic of its context.
mlir::LogicalResult compileNetwork(mlir::ModuleOp network, const std::string &output);

/// Runs a session and shows the results to the visitor; `sample` is their name.
mlir::LogicalResult runSession(mlir::MLIRContext &context, convoy_session *session,
                               const std::vector<HostTensor> &inputs, size_t outputs, const std::string &sample,
                               compiler::NetworkRunner::Visitor visit);

/// Runs networks once, on random inputs: to judge rounding where nobody gave samples.
class RandomRunner : public compiler::NetworkRunner {
public:
  mlir::LogicalResult run(mlir::ModuleOp network, Visitor visit) override;
};

/// Says nothing of inputs that nobody asked for.
Globals silent();

/// Times networks on all cores, with random inputs.
class ModuleTimer : public compiler::NetworkTimer {
public:
  explicit ModuleTimer(const Globals &globals) : globals(globals) {}

  mlir::FailureOr<std::vector<compiler::NetworkTime>> time(mlir::ArrayRef<mlir::ModuleOp> networks) override;

private:
  const Globals &globals;
};

} // namespace convoy::tools
