#pragma once

#include "llvm/ADT/StringRef.h"

#include <optional>

namespace convoy::compiler {

/// The phases of a compilation in order; after each of them the state is a file that a person can read.
enum class Phase {
  Import,  ///< .mlir: the network as its file says it, weights beside it
  Network, ///< .mlir: folded and simplified
  Kernels, ///< .mlir: fused kernels with layouts and schedules
  Plan,    ///< .program: the flat program over placed buffers, weights as the module will hold them beside it
  Objects, ///< a folder: the program and an object file for each kernel
  Package, ///< .so: the module
};

llvm::StringRef nameOf(Phase phase);
std::optional<Phase> phaseNamed(llvm::StringRef name);

/// What a file on the command line is, told by its content.
enum class FileKind { Onnx, Text, Mlir, Program, Objects, Module, Unknown };

FileKind kindOf(llvm::StringRef path);

} // namespace convoy::compiler
