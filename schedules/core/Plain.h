#pragma once

#include "schedules/core/Registry.h"

namespace convoy::schedules {

/// The template `plain`: fits every kernel, computes op by op in the simplest order, sums in double. The evaluator's.
void registerPlain(Registry &registry);

} // namespace convoy::schedules
