#pragma once

#include <Halide.h>

namespace convoy::schedules {

/// Rounds single floats to bf16, to the nearest, ties to even; NaN stays NaN, unlike Halide's own cast. Neighbouring
/// vectors are stored together: one permutation of 16-bit words takes the upper halves of two registers. (LLVM 21 has
/// `vcvtneps2bf16`, which Halide 21 does not reach; `vpmovdw`, one vector at a time, takes three cycles of a Zen 5.)
void roundToHalves(Halide::Pipeline &pipeline, const Halide::Target &target);

} // namespace convoy::schedules
