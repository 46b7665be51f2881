#pragma once

#include "schedules/conv/ConvShape.h"
#include "schedules/conv/dot/Instruction.h"

namespace convoy::schedules {

/// `dotDepth` of a convolution that may read so many neighbouring channels of its input at once; else 1.
int64_t convDotDepth(const proto::Kernel &kernel, const ConvShape &shape);

/// Replaces the result of the anchor, a convolution, by one whose update runs over `depth` inputs, then over the groups
/// of them, then over the window. Returns what corrects the sums for shifted data, one per channel, to be computed per
/// task; undefined if nothing is to be corrected.
Halide::Func useDot(Graph &graph, const ConvShape &shape, int64_t depth);

} // namespace convoy::schedules
