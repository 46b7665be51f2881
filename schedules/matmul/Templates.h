#pragma once

#include "schedules/core/Registry.h"

namespace convoy::schedules {

/// The algorithm and the templates of matrix products.
void registerMatmul(Registry &registry);

} // namespace convoy::schedules
