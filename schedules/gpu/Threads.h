#pragma once

#include "schedules/core/Template.h"
#include "schedules/gpu/Model.h"

#include <vector>

namespace convoy::schedules::gpu {

/// What a block of threads computes of a Func: `vector * x` neighbours in memory, in each of `y` rows.
struct ThreadTile {
  int vector = 1; ///< Neighbours that one thread loads and stores at once; must divide the innermost extent.
  int x = warp;   ///< Threads along the innermost axis, neighbours of neighbours: loads are coalesced.
  int y = 4;      ///< Threads along the axes outside of it.
};

/// Names of the loops of a Func on the device: blocks around threads around the elements of a thread.
struct ThreadLoops {
  Halide::Var lane{"lane"};   ///< Within a vector; unused if `vector` is 1.
  Halide::Var x{"thread_x"};  ///< `compute_at` it: in the registers of a thread.
  Halide::Var y{"thread_y"};  ///< Unused if there is one loop only.
  Halide::Var block{"block"}; ///< `compute_at` it: in shared memory, loops of its own over threads.
};

/// Makes vectors of a loop of few iterations. For OpenCL, the tests', it is unrolled instead: Halide's generator of
/// OpenCL code can't select by a strict comparison of vectors.
void makeVector(Halide::Stage stage, const Halide::VarOrRVar &lane, const proto::Target &target);

/// Maps the pure loops of a stage, innermost first, to threads and one row of blocks (so no limit of a grid is met).
/// Extents of -1 are symbolic. What no tile covers wholly is guarded. `inner` loops, if any, stay inside of a thread.
/// Vectors are the caller's to make: makeVector(stage, loops.lane, ...).
ThreadLoops mapToThreads(Halide::Stage stage, const std::vector<Halide::Var> &loops,
                         const std::vector<int64_t> &extents, const ThreadTile &tile,
                         const std::vector<Halide::VarOrRVar> &inner = {});

/// The same for an output, in the order of its memory; an output without dimensions is left to one thread.
ThreadLoops mapOutput(Graph &graph, int output, const ThreadTile &tile);

/// Extents of an output's loops in the order of memory, innermost first, as mapOutput sees them: -1 for symbols.
std::vector<int64_t> memoryExtents(const proto::Tensor &tensor);

/// Threads for a Func of these extents (innermost first): about `threads` of them, whole warps along the innermost axis
/// where it is long enough.
ThreadTile tileFor(const std::vector<int64_t> &extents, int threads, int vector = 1);

/// The tile as knobs of a schedule: `vector`, `x`, `y`.
std::vector<Knob> tileKnobs();
void setTile(proto::Schedule &schedule, const ThreadTile &tile);
ThreadTile tileOf(const proto::Schedule &schedule);

/// Blocks that mapToThreads makes. Symbols count as 64.
double blocksOf(const std::vector<int64_t> &extents, const ThreadTile &tile);

/// The extents of a kernel's first output as mapOutput sees them, the innermost rounded up to `vector`.
std::vector<int64_t> outputExtents(const proto::Kernel &kernel, int vector);

/// How many neighbours along the innermost axis a thread may load and store at once: 4, 2 or 1. Asks that all
/// parameters that have that axis begin and continue at multiples of it.
int vectorOf(const proto::Kernel &kernel);

/// A Func that must lie in memory, op by op: each element a thread, the loops of updates inside of a thread.
void storeInMemory(Halide::Func func);

/// Knob sets in the order of the template's own estimates.
std::vector<proto::Schedule> bestFirst(const Template &of, const proto::Kernel &kernel,
                                       const std::vector<proto::Schedule> &schedules);

/// Bytes that a kernel moves at least, and the arithmetic of its elementwise functions.
Work streamWork(const proto::Kernel &kernel);

} // namespace convoy::schedules::gpu
