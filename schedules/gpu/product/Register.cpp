#include "schedules/gpu/product/Templates.h"

namespace convoy::schedules {

void registerGpuProducts(Registry &registry) { gpu::registerConvolution(registry); }

} // namespace convoy::schedules
