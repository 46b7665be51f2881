#pragma once

#include "schedules/conv/ConvShape.h"
#include "schedules/conv/TileSchedule.h"
#include "schedules/core/Template.h"

namespace convoy::schedules {

/// Depthwise convolutions of 8-bit integers by instructions that sum four products (see
/// schedules/conv/dot/Instruction.h): four neighbouring pixels of 16 channels are interleaved in registers to [16][4],
/// which the rows of a tall patch share; windows are filled up to a multiple of four with weights of zero.
///
/// Measured on one core of a Zen 5, 192 channels @28: 10 us, against 16 with products of 32 bits and 14 in single
/// floats.

/// Taps of a row of the window that one instruction sums for this kernel; 1 if it has to do without.
int64_t depthwiseDotDepth(const proto::Kernel &kernel, const ConvShape &shape);

struct DepthwiseDot {
  Halide::Func pixels;      ///< Of the padded image, to be loaded per patch.
  Halide::Func interleaved; ///< From them, per patch.
  Halide::Func correction;  ///< As that of `useDot`.
};

/// Replaces the anchor's result.
DepthwiseDot useDepthwiseDot(Graph &graph, const ConvShape &shape, int64_t depth);

/// To be called after `scheduleTiles`.
void scheduleInterleaved(Graph &graph, const DepthwiseDot &dot, const ConvShape &shape, const TilePlan &plan);

} // namespace convoy::schedules
