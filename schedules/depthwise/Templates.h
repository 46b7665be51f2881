#pragma once

#include "schedules/core/Registry.h"

namespace convoy::schedules {

/// The templates of depthwise convolutions.
void registerDepthwise(Registry &registry);

} // namespace convoy::schedules
