#include "schedules/conv/Algorithm.h"
#include "schedules/core/Plain.h"
#include "schedules/core/Registry.h"
#include "schedules/matmul/Algorithm.h"

namespace convoy::schedules {

void registerFamilies(Registry &registry) {
  registry.algorithms["convolution"] = convolution;
  registry.algorithms["matmul"] = matmul;
  registerPlain(registry);
}

} // namespace convoy::schedules
