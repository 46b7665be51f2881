#include "schedules/gpu/product/Templates.h"

namespace convoy::schedules {

void registerGpuProducts(Registry &registry) {
  gpu::registerDepthwise(registry);
  gpu::registerConvolution(registry);
  gpu::registerMatmul(registry);
}

} // namespace convoy::schedules
