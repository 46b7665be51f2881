#pragma once

#include <Halide.h>

namespace convoy::schedules {

/// Sums of a block of a GPU that are to lie in registers (`store_in(MemoryType::Register)` outside of the loops over
/// threads) reach the code generators as one array of the whole block in each thread. Cuts them down to the elements
/// that a thread uses, at indices that are known when compiled. Fails where a thread's elements are no fixed set, moved
/// by an offset.
void keepTilesPrivate(Halide::Pipeline &pipeline);

} // namespace convoy::schedules
