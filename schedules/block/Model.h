#pragma once

#include "schedules/block/Chain.h"
#include "schedules/conv/Tiling.h"

#include <vector>

namespace convoy::schedules {

/// How a chain is cut: strips of `rows` rows of the result; `expand` and `project` are tiles of one row.
struct BlockCut {
  Tile expand, project;
  int64_t patch = 1; ///< Neighbouring pixels of a depthwise patch, which has `rows` rows.
  int64_t rows = 1;
  int64_t groups = 1; ///< Parts along rows that are tasks of their own.
};

BlockCut cutOf(const proto::Schedule &schedule);
proto::Schedule scheduleOf(const BlockCut &cut);

/// Part `position` with the schedule that its own template (conv_direct or conv_depthwise) has for it within the cut.
proto::Schedule scheduleOfPart(const Chain &chain, size_t position, const BlockCut &cut);

/// The cuts worth trying, best first.
std::vector<BlockCut> rankCuts(const Chain &chain);

/// Microseconds on the target.
double blockMicroseconds(const Chain &chain, const BlockCut &cut);

/// Bytes of the results that only the chain itself reads.
double hiddenBytes(const Chain &chain);

} // namespace convoy::schedules
