#pragma once

#include "compiler/Pipeline/Pipeline.h"
#include "compiler/Types/Auto/NetworkTimer.h"
#include "compiler/Types/NetworkRunner.h"
#include "tools/convoy/Globals.h"
#include "tools/convoy/io/Module.h"

// Networks that the compiler wants to be run on this machine.
namespace convoy::tools {

/// How kernels are compiled for the user's network, and so for those that tell something about it.
struct KernelOptions {
  int64_t winograd;
  std::string cacheFolder;
  bool useCache;
  int workers;

  static KernelOptions of(const compiler::CompileOptions &options) {
    return {options.winograd, options.cacheFolder, options.useCache, options.workers};
  }
};

/// Compiles a network that stands behind the phase `network`. What is wrong is a diagnostic of its context.
mlir::LogicalResult compileNetwork(mlir::ModuleOp network, const std::string &output, const KernelOptions &kernels);

/// Runs a session and shows the results to the visitor; `sample` is their name.
mlir::LogicalResult runSession(mlir::MLIRContext &context, convoy_session *session,
                               const std::vector<HostTensor> &inputs, size_t outputs, const std::string &sample,
                               compiler::NetworkRunner::Visitor visit);

/// Runs networks once, on random inputs: to judge rounding where nobody gave samples.
class RandomRunner : public compiler::NetworkRunner {
public:
  explicit RandomRunner(KernelOptions kernels) : kernels(std::move(kernels)) {}

  mlir::LogicalResult run(mlir::ModuleOp network, Visitor visit) override;

private:
  KernelOptions kernels;
};

/// Times networks on all cores, with random inputs.
class ModuleTimer : public compiler::NetworkTimer {
public:
  ModuleTimer(KernelOptions kernels, const Globals &globals) : kernels(std::move(kernels)), globals(globals) {}

  mlir::FailureOr<std::vector<compiler::NetworkTime>> time(mlir::ArrayRef<mlir::ModuleOp> networks) override;

private:
  KernelOptions kernels;
  const Globals &globals;
};

} // namespace convoy::tools
