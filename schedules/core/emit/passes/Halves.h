#pragma once

#include <Halide.h>

namespace convoy::schedules {

/// Turns bfloat16, which Halide 21 can't generate code for on a GPU, into its bits: 16-bit words in memory and in
/// registers, widened by a shift to compute with, and rounded to the nearest, to even in the middle of two, behind each
/// operation. No NaN becomes a number.
void halvesAsBits(Halide::Pipeline &pipeline);

} // namespace convoy::schedules
