#pragma once

#include <Halide.h>

#include <cstdint>
#include <string>

namespace convoy::schedules {

/// Questions about a lowered module whose kernels run on a CUDA device, and changes of it. They throw
/// Halide::CompileError.

/// Checks that the host does nothing but launch kernels on arguments that lie on the device: no loop, no access to a
/// tensor's elements, no copy back. Returns the bytes of the intermediates that live in the device's memory,
/// 256-aligned each; a size that is not constant is an error.
int64_t checkHostSide(const Halide::Module &module);

/// The PTX of a module.
std::string deviceCode(const Halide::Module &module);

/// The module with a cubin for sm_`capability` beside its PTX. `assembler`: path of ptxas.
Halide::Module withCubin(const Halide::Module &module, int capability, const std::string &assembler);

} // namespace convoy::schedules
