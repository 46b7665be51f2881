#pragma once

#include <Halide.h>

namespace convoy::schedules {

/// Halide 21 fails on vectors that are loaded or stored at a constant index below zero, as in the halo before an image
/// that is one tile: hides that such an index is known.
void hideNegativeIndices(Halide::Pipeline &pipeline);

} // namespace convoy::schedules
