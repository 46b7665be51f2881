#pragma once

#include "schedules/core/Registry.h"

namespace convoy::schedules {

/// Ops `elementwise`, `cast` and `constant`, and the template of chains of them.
void registerElementwise(Registry &registry);

} // namespace convoy::schedules
