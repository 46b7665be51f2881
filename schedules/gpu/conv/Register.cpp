#include "schedules/gpu/conv/Templates.h"

namespace convoy::schedules {

void registerGpuProducts(Registry &registry) {
  gpu::registerDepthwise(registry);
  gpu::registerConvolution(registry);
  gpu::registerMatmul(registry);
  gpu::registerWinograd(registry);
}

} // namespace convoy::schedules
