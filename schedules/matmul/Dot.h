#pragma once

#include "schedules/core/Template.h"

namespace convoy::schedules {

/// Matrix products of narrow numbers by instructions that sum several products: see schedules/conv/dot/Instruction.h.

/// Inputs that one instruction may sum for the kernel's anchor, a matrix product: the left side has them as neighbours,
/// the right side is one matrix for all. 1 if there is no such instruction.
int64_t matmulDotDepth(const proto::Kernel &kernel);

/// Replaces the anchor's result by one whose update runs over `depth` inputs, then over the groups of them. Returns
/// what corrects the sums for shifted data, one per column; undefined if nothing is to be corrected.
Halide::Func useMatmulDot(Graph &graph, int64_t depth);

} // namespace convoy::schedules
