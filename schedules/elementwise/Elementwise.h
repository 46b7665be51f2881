#pragma once

#include "schedules/core/Registry.h"

namespace convoy::schedules {

/// Ops `elementwise`, `cast` and `constant`.
void registerElementwise(Registry &registry);

/// Op `lookup`.
void registerLookup(Registry &registry);

/// The template of elementwise chains and movement.
void registerStream(Registry &registry);

} // namespace convoy::schedules
