#pragma once

#include "schedules/core/Registry.h"

namespace convoy::schedules {

/// Batched matrix product. The result has one update over an RDom along K.
Halide::Func matmul(const OpContext &context);

} // namespace convoy::schedules
