#pragma once

#include "schedules/core/Registry.h"

namespace convoy::schedules {

/// Op `resize` and its template.
void registerResize(Registry &registry);

} // namespace convoy::schedules
