#pragma once

#include "schedules/kernel.pb.h"

#include <cstdint>
#include <string>

namespace convoy::compiler {

/// What compiles kernels: changes with every change of `schedules/` and of Halide.
std::string kernelCompiler();

struct KernelKey {
  std::string canonicalForm;
  std::string name; ///< 16 hexadecimal digits of the form's and the compiler's hash.

  std::string symbol() const { return "convoy_kernel_" + name; }
};

/// `assembler`: version of what assembles the kernel's device code; empty: nothing does.
KernelKey keyOf(const proto::Kernel &kernel, const std::string &assembler = "");

} // namespace convoy::compiler
