#pragma once

#include "schedules/kernel.pb.h"

namespace convoy::schedules::gpu {

/// A convolution of single pixels whose images lie without gaps, as one over a row of all its pixels: the same memory
/// under fewer dimensions. Any other kernel as it is.
proto::Kernel pixelsJoined(const proto::Kernel &kernel);

} // namespace convoy::schedules::gpu
