#pragma once

#include "schedules/conv/Tiling.h"
#include "schedules/core/Template.h"

namespace convoy::schedules {

/// What happens where channels are no multiple of a tile's.
enum class ChannelTail {
  Exact,   ///< They are.
  Guarded, ///< The last tile stores what is left.
  Shifted, ///< The last tile begins earlier and computes some channels again.
};

/// A loop nest over register tiles of the anchor, stored through the epilogue.
struct TilePlan {
  Tile tile;
  int64_t lanes = 16;
  int channel = 0; ///< Argument of Funcs along which vectors run.
  int pixel = 0;   ///< Argument that `tile.pixels` cuts.
  int row = -1;    ///< Argument that `tile.rows` cuts; -1 if there is none.
  ChannelTail channelTail = ChannelTail::Exact;
  int64_t partial = 0;      ///< Steps of the sum that are summed by themselves before they reach the total; 0: all.
  int64_t groupLanes = 0;   ///< Channels of a group, fewer than `lanes` and a divisor of it; 0: groups are no matter.
  bool guardPixels = false; ///< Pixels and rows that no tile divides are guarded, not computed again by a shifted tile.
  bool tapsInside = false;  ///< All sums but the first are unrolled inside of it.
  bool symbolic = false;    ///< The extent along `pixel` is not known: it may be below `tile.pixels`.
  int64_t groups = 1;       ///< Parts along rows (along pixels without rows) that are tasks of their own.
  bool rowsOutside = false; ///< All blocks of channels of a group follow each other as tasks.
  bool parallel = true;
  int64_t depth = 1;         ///< Above 1: the first reduction variable, which one instruction sums.
  int64_t unroll = 1;        ///< Steps of the innermost sum at once; 0: all steps of all sums.
  bool blocksInside = false; ///< All blocks of channels of a task are computed for a tile before the next tile.
  int64_t parts = 1;         ///< With `blocksInside`: parts of the channels that are tasks of their own.
  Halide::Expr channels;     ///< With `blocksInside`: extent along `channel`.
  Halide::Expr pixels;       ///< Extent along `pixel`.
  Halide::Expr rows;         ///< Extent along `row`.
};

/// The loop of the output over tasks.
Halide::Var taskLoop();

/// Lets tasks ask for the weights of later ones, if all weights are more than a core keeps: kernel input `tensor`, one
/// block of `blockElements` behind the other, of which each tile reads one.
void streamWeights(Graph &graph, int tensor, const TilePlan &plan, int64_t blockElements);

/// The loop of the output over rows of tiles, within a task.
Halide::Var rowLoop();

/// The loop of the output over tiles, at which the sum is computed.
Halide::Var tileLoop(const TilePlan &plan);

/// Schedules the output and `sum`, the Func with one update that the output leads to. `sum` runs over the output's
/// arguments; the first reduction variable is the innermost loop.
void scheduleTiles(Graph &graph, Halide::Func sum, const TilePlan &plan);

/// Schedules the sum of a tile that a loop of another Func than the output stores.
void scheduleSum(Halide::Func sum, const Halide::LoopLevel &at, const TilePlan &plan);

/// Schedules a Func of channels alone, which the tiles of `scheduleTiles` read, to be computed once per task, or with
/// `blocksInside` before all tasks.
void schedulePerTask(Graph &graph, Halide::Func perChannel, const TilePlan &plan);

} // namespace convoy::schedules
