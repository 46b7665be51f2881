#include "schedules/conv/Algorithm.h"
#include "schedules/conv/Templates.h"

namespace convoy::schedules {

void registerConv(Registry &registry) {
  registry.algorithms["convolution"] = convolution;
  registerConvDirect(registry);
  registerConvTransposed(registry);
}

} // namespace convoy::schedules
