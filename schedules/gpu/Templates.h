#pragma once

#include "schedules/core/Registry.h"

namespace convoy::schedules {

/// Templates for GPUs of elementwise chains, movement, pools, reductions and softmax, and `gpu_plain`, which fits every
/// kernel.
void registerGpu(Registry &registry);

namespace gpu {
void registerPlain(Registry &registry);
void registerStream(Registry &registry);
void registerTranspose(Registry &registry);
void registerPool(Registry &registry);
void registerReduce(Registry &registry);
void registerSoftmax(Registry &registry);
} // namespace gpu

} // namespace convoy::schedules
