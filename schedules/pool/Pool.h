#pragma once

#include "schedules/core/Registry.h"

namespace convoy::schedules {

/// Windows of the spatial dimensions. One helper `window` with an update over the window (last dimension first).
Halide::Func pool(const OpContext &context);

void registerPool(Registry &registry);

} // namespace convoy::schedules
