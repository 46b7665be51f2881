#pragma once

#include "schedules/core/Registry.h"

namespace convoy::schedules {

/// Winograd convolution, by strips of tiles.
void registerWinogradStrips(Registry &registry);

/// Winograd convolution, by blocks of output channels.
void registerWinogradBlocks(Registry &registry);

} // namespace convoy::schedules
