#pragma once

#include "schedules/core/Registry.h"

namespace convoy::schedules {

/// Helpers: `best` (largest element of a row), `power` (exp of what is left, pure), `sum`.
Halide::Func softmax(const OpContext &context);

void registerSoftmax(Registry &registry);

} // namespace convoy::schedules
