#pragma once

#include "schedules/core/Result.h"

#include <memory>
#include <string>

namespace llvm {
class Module;
class TargetMachine;
} // namespace llvm

namespace convoy::compiler {

/// LLVM's triple for a Halide target string; an error for what modules cannot be emitted for.
Result<std::string> tripleOf(const std::string &halideTarget);

/// Bits of convoy_cpu_feature (runtime/ops/entry.h) that code for a Halide target string needs.
uint64_t cpuFeaturesOf(const std::string &halideTarget);

/// LLVM's code generator for the steps between kernels: no vector instructions, small position-independent code.
Result<std::unique_ptr<llvm::TargetMachine>> openTarget(const std::string &triple);

struct GeneratedCode {
  std::string object;
  std::string assembly; ///< Filled when asked for.
};

Result<GeneratedCode> generateCode(llvm::Module &module, llvm::TargetMachine &machine, bool assembly);

} // namespace convoy::compiler
