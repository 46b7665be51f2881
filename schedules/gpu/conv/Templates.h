#pragma once

#include "schedules/core/Registry.h"

namespace convoy::schedules {

/// Templates for GPUs of convolutions and matrix products.
void registerGpuProducts(Registry &registry);

namespace gpu {
void registerConvolution(Registry &registry);
void registerDepthwise(Registry &registry);
void registerMatmul(Registry &registry);
void registerWinograd(Registry &registry);
} // namespace gpu

} // namespace convoy::schedules
