#pragma once

#include "schedules/kernel.pb.h"

#include <Halide.h>

namespace convoy::schedules {

/// Halide's target for a kernel, with the features that all kernels are compiled with.
Halide::Target kernelTarget(const proto::Kernel &kernel);

/// Target of a kernel that is compiled into this process: its own, if this machine can run it, else the host's.
Halide::Target processTarget(const proto::Kernel &kernel);

} // namespace convoy::schedules
