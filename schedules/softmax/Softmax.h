#pragma once

#include "schedules/core/Registry.h"

namespace convoy::schedules {

/// Helpers: `best` (largest element of a row), `power` (exp of what is left, pure), `sum`.
Halide::Func softmax(const OpContext &context);

/// Op `softmax` and its template.
void registerSoftmax(Registry &registry);

} // namespace convoy::schedules
