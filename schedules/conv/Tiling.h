#pragma once

#include "schedules/kernel.pb.h"

#include <cstdint>
#include <vector>

namespace convoy::schedules {

/// The clock by which models turn cycles into time: what heavy vector code reaches.
constexpr double clockHz = 3.5e9;
/// Microseconds that a parallel loop costs, and below which it does not pay.
constexpr double forkMicroseconds = 0.4, leastParallelMicroseconds = 3;

/// A register tile: `vectors` vectors of channels times `pixels` neighbours along argument 0 times `rows` along
/// argument 1.
struct Tile {
  int64_t vectors = 1, pixels = 1, rows = 1;

  int64_t accumulators() const { return vectors * pixels * rows; }
};

/// What the model needs to know of a product: `outer` images of `height` times `width` pixels, each with
/// `channelVectors` vectors of channels, each a sum over `depth` products.
struct TileProblem {
  int64_t channelVectors = 1, width = 1, height = 1, outer = 1, depth = 1;
  int64_t lanes = 16, registers = 32, cores = 1;
  int64_t l1 = 32 << 10, l2 = 512 << 10, l3 = 8 << 20;
  double storeVectors = 1;   ///< Vectors that the epilogue reads and writes per vector of results.
  double storeFunctions = 0; ///< Functions like exp that the epilogue computes per result.
};

/// How a tiled loop nest is spread over cores: `groups` parts along rows (or along pixels, if there is one row).
struct Split {
  int64_t groups = 1, tasks = 1;
  bool rowsOutside = false; ///< Tasks of neighbouring rows follow each other, not those of a block of channels.
  double efficiency = 1;    ///< Share of the cores' time that is used.
};

/// Accumulators, a vector of weights each and a broadcast pixel must fit the registers, one of which stays free: at
/// exactly as many live vectors as registers LLVM spills.
bool fitsRegisters(const Tile &tile, int64_t registers);

/// Tiles worth trying, best first by `tileCycles`.
std::vector<Tile> rankTiles(const TileProblem &problem, size_t most);

/// Steps after which a sum in one register is added to a total. Rounding grows with the length of sums: at 1152 steps
/// partial sums of 128 have half the error. A total costs no time at this length; with few accumulators, which wait for
/// each other, shorter parts are even faster.
int64_t longestPart(const Tile &tile);

/// Cycles of one core for the whole product.
double tileCycles(const TileProblem &problem, const Tile &tile);

Split splitTasks(const TileProblem &problem, const Tile &tile);

/// Microseconds on the target, all cores working.
double tileMicroseconds(const TileProblem &problem, const Tile &tile);

/// Fields that describe the machine.
TileProblem machineOf(const proto::Target &target);

} // namespace convoy::schedules
