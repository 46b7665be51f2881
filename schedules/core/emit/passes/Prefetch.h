#pragma once

#include "schedules/core/Template.h"

namespace convoy::schedules {

/// Asks for the weights of the tasks to come while a task computes: see `WeightStream`. Where they lie in memory and
/// not in a cache, the first tile of a task would wait for them, and all others would leave the memory idle. `output`:
/// name of the Func that has the loop over tasks.
void prefetchWeights(Halide::Pipeline &pipeline, const WeightStream &stream, const std::string &output);

} // namespace convoy::schedules
