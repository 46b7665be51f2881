#pragma once

#include "schedules/core/Registry.h"

namespace convoy::schedules {

void registerConvTransposed(Registry &registry);

/// The algorithm and all templates of this folder.
void registerConv(Registry &registry);

} // namespace convoy::schedules
