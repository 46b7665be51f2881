#pragma once

#include <Halide.h>

#include <cstdint>

namespace convoy::schedules {

struct Scratch {
  int64_t taskBytes = 0;   ///< Of one task of a parallel loop.
  int64_t serialBytes = 0; ///< Outside of parallel loops.
};

/// Sums what a lowered module asks of `halide_malloc`, the same way as Halide's code generator decides between stack
/// and heap. Throws Halide::CompileError on a heap allocation whose size is not constant.
Scratch scratchOf(const Halide::Module &module);

} // namespace convoy::schedules
