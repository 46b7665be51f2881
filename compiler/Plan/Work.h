#pragma once

#include "schedules/kernel.pb.h"

namespace convoy::compiler {

struct Work {
  int64_t multiplyAdds = 0;
  int64_t bytes = 0; ///< Inputs read and outputs written once.
};

/// What a kernel has to do; symbolic extents count as 1. Multiply-adds of convolutions and matrix products, counted as
/// the direct algorithm does.
Work workOf(const proto::Kernel &kernel);

} // namespace convoy::compiler
