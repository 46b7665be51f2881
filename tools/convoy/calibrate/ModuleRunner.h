#pragma once

#include "compiler/Types/NetworkRunner.h"
#include "tools/convoy/Globals.h"
#include "tools/convoy/calibrate/Networks.h"
#include "tools/convoy/calibrate/Samples.h"

#include <optional>

namespace convoy::tools {

/// Compiles networks for this machine and runs them on the samples of a folder.
class ModuleRunner : public compiler::NetworkRunner {
public:
  ModuleRunner(std::string folder, std::string preprocess, KernelOptions kernels, Globals &globals)
      : folder(std::move(folder)), preprocess(std::move(preprocess)), kernels(std::move(kernels)), globals(globals) {}

  mlir::LogicalResult run(mlir::ModuleOp network, Visitor visit) override;

private:
  mlir::LogicalResult runModule(mlir::MLIRContext &context, const std::string &path, Visitor visit);

  std::string folder, preprocess;
  KernelOptions kernels;
  Globals &globals;
  std::optional<Samples> samples; ///< Once a module has said what it takes.
};

} // namespace convoy::tools
