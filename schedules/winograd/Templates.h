#pragma once

#include "schedules/core/Registry.h"

namespace convoy::schedules {

/// Winograd convolution.
void registerWinograd(Registry &registry);

} // namespace convoy::schedules
