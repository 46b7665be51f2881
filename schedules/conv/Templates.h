#pragma once

#include "schedules/core/Registry.h"

namespace convoy::schedules {

void registerConvDirect(Registry &registry);
void registerConvTransposed(Registry &registry);

/// All templates of this folder.
void registerConv(Registry &registry);

} // namespace convoy::schedules
