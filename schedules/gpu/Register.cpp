#include "schedules/gpu/Templates.h"

namespace convoy::schedules {

void registerGpu(Registry &registry) {
  gpu::registerPool(registry);
  gpu::registerReduce(registry);
  gpu::registerSoftmax(registry);
  gpu::registerTranspose(registry);
  gpu::registerStream(registry);
  gpu::registerPlain(registry);
}

} // namespace convoy::schedules
