#pragma once

#include "schedules/kernel.pb.h"

#include <Halide.h>

namespace convoy::schedules {

/// Halide's target for a kernel, with the features that all kernels are compiled with.
Halide::Target kernelTarget(const proto::Kernel &kernel);

/// Target of kernels that are compiled into this process.
Halide::Target processTarget();

} // namespace convoy::schedules
