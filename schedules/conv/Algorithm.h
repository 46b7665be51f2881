#pragma once

#include "schedules/core/Registry.h"

namespace convoy::schedules {

/// Convolution over any number of spatial dimensions; also transposed. The result has one update, whose RDom runs over
/// input channels of the group, then the kernel's dimensions from the last to the first.
Halide::Func convolution(const OpContext &context);

} // namespace convoy::schedules
