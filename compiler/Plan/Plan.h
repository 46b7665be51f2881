#pragma once

#include "compiler/Plan/program.pb.h"
#include "dialects/kernel/Kernel.h"

#include "mlir/IR/BuiltinOps.h"

#include <functional>
#include <string>
#include <vector>

namespace convoy::compiler {

/// Evaluates kernel.prepare: the bytes of each result as its layout allocates them, surroundings included.
using PrepareEvaluator = std::function<mlir::FailureOr<std::vector<std::vector<char>>>(kernel::PrepareOp)>;

struct PlanOptions {
  std::string name;        ///< Of the module.
  std::string target;      ///< Halide target string, or "host".
  std::string weightsPath; ///< Where the bytes of the weight section go; written whole or not at all.
};

/// From kernels with layouts and schedules to the flat program over placed buffers.
mlir::FailureOr<proto::Program> planProgram(mlir::ModuleOp module, const PlanOptions &options,
                                            const PrepareEvaluator &evaluate);

} // namespace convoy::compiler
