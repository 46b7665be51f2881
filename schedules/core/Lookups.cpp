#include "schedules/core/Lookups.h"

#include <algorithm>

namespace convoy::schedules {

bool hasLookups(const proto::Kernel &kernel) {
  return std::any_of(kernel.ops().begin(), kernel.ops().end(),
                     [](const proto::Op &op) { return op.kind() == "lookup"; });
}

bool isTable(const proto::Kernel &kernel, int tensor) {
  return std::any_of(kernel.ops().begin(), kernel.ops().end(), [&](const proto::Op &op) {
    return op.kind() == "lookup" && op.inputs(1) == tensor && op.inputs(0) != tensor;
  });
}

} // namespace convoy::schedules
