#pragma once

#include "schedules/core/Template.h"

namespace convoy::schedules {

/// Builds the Funcs of a kernel. Throws Halide::CompileError on a kernel that makes no sense.
Graph buildGraph(const proto::Kernel &kernel, bool wide);

} // namespace convoy::schedules
