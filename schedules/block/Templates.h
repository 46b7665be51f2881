#pragma once

#include "schedules/core/Registry.h"

namespace convoy::schedules {

void registerBlock(Registry &registry);

} // namespace convoy::schedules
