#include "schedules/conv/Templates.h"
#include "schedules/core/Plain.h"
#include "schedules/core/Registry.h"
#include "schedules/elementwise/Elementwise.h"
#include "schedules/matmul/Algorithm.h"

namespace convoy::schedules {

void registerFamilies(Registry &registry) {
  registerConv(registry);
  registry.algorithms["matmul"] = matmul;
  registerElementwise(registry);
  registerPlain(registry);
}

} // namespace convoy::schedules
