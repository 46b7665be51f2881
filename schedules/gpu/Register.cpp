#include "schedules/gpu/Templates.h"

namespace convoy::schedules {

void registerGpu(Registry &registry) { gpu::registerPlain(registry); }

} // namespace convoy::schedules
