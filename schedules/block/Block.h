#pragma once

#include "schedules/kernel.pb.h"

namespace convoy::schedules {

/// Whether one kernel is expected to compute a chain of convolutions (dense, depthwise, pointwise; the first or the
/// last may be missing) in less time than a kernel per convolution. False of anything else.
bool blockPays(const proto::Kernel &kernel);

} // namespace convoy::schedules
