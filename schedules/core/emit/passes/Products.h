#pragma once

#include <Halide.h>

namespace convoy::schedules {

/// Rounds strict products of floats in code for CUDA: its generator makes one multiply-add of each product and the sum
/// behind it, strict ones too, and so does the assembler. Averages of quantised numbers, which end in the middle of
/// two, would then be rounded to another one than on the processor.
void roundProducts(Halide::Pipeline &pipeline);

} // namespace convoy::schedules
