#include "schedules/conv/Tiling.h"
#include "schedules/core/Tensors.h"

#include <algorithm>
#include <cmath>

namespace convoy::schedules {

namespace {

/// Bytes that a core loads per cycle from L2, from L3 and from memory.
constexpr double l2Rate = 47, l3Rate = 28, memoryRate = 9;
constexpr double fmaPerCycle = 2, fmaLatency = 4, loadsPerCycle = 2;
/// Cycles per tile outside of its sum: loop control, address arithmetic.
constexpr double tileOverhead = 12;

/// Cycles per step of the sum, for one tile.
double stepCycles(const TileProblem &problem, const Tile &tile) {
  const double products = double(tile.accumulators()), broadcasts = double(tile.pixels * tile.rows);
  double cycles = std::max(products / fmaPerCycle, (double(tile.vectors) + broadcasts) / loadsPerCycle);
  cycles = std::max(cycles, fmaLatency * products / std::max(products, fmaLatency * fmaPerCycle));
  cycles = std::max(cycles, products < fmaLatency * fmaPerCycle ? fmaLatency : 0.0);
  const double weightBytes = double(tile.vectors * problem.lanes * 4);
  const double block = weightBytes * double(problem.depth);
  const double all = double(problem.channelVectors * problem.lanes * 4) * double(problem.depth);
  if (block > 0.6 * double(problem.l1))
    cycles = std::max(cycles, weightBytes / l2Rate);
  if (block > 0.7 * double(problem.l2))
    cycles = std::max(cycles, weightBytes / l3Rate);
  if (all > 0.7 * double(problem.l3) && problem.width * problem.height == tile.pixels * tile.rows)
    cycles = std::max(cycles, weightBytes / memoryRate);
  return cycles;
}

/// Measured: multiplying with a broadcast memory operand costs a little, and four vectors crowd the loads; five by five
/// use all registers.
double shapePenalty(const Tile &tile) {
  if (tile.pixels * tile.rows == 1)
    return 1;
  if (tile.accumulators() < 10) // No slack behind the latency.
    return 1.06;
  if (tile.vectors == 5 && tile.accumulators() >= 25)
    return 1.03;
  return tile.vectors == 1 ? 1.06 : tile.vectors >= 4 ? 1.12 : 1;
}

} // namespace

bool fitsRegisters(const Tile &tile, int64_t registers) { return tile.accumulators() + tile.vectors + 1 < registers; }

int64_t longestPart(const Tile &tile) { return tile.accumulators() < 4 ? 16 : tile.accumulators() < 8 ? 32 : 128; }

double tileCycles(const TileProblem &problem, const Tile &tile) {
  const double tiles = double(ceilDiv(problem.channelVectors, tile.vectors)) *
                       double(ceilDiv(problem.width, tile.pixels)) * double(ceilDiv(problem.height, tile.rows)) *
                       double(problem.outer);
  const double sum = double(problem.depth) * stepCycles(problem, tile) * shapePenalty(tile);
  // A function needs registers of its own: beyond some 16 accumulators it stores and loads them.
  const double accumulators = double(tile.accumulators()), crowd = std::max(0.0, accumulators - 16);
  const double function = problem.storeFunctions * (7 + 0.6 * crowd);
  const double store = accumulators * (0.5 + problem.storeVectors + function);
  return tiles * (sum + store + tileOverhead);
}

/// A core takes tasks that follow each other, kernel after kernel: with rows outside it reads what it wrote, and all of
/// the weights; with channels outside a part of the weights, and what all cores wrote.
static bool areRowsOutside(const TileProblem &problem, int64_t steps) {
  return problem.depth <= 2 * problem.width * problem.height && steps >= 4 * problem.cores;
}

Split splitTasks(const TileProblem &problem, const Tile &tile) {
  const int64_t blocks = ceilDiv(problem.channelVectors, tile.vectors) * problem.outer;
  const int64_t steps = problem.height > 1 ? ceilDiv(problem.height, tile.rows) : ceilDiv(problem.width, tile.pixels);
  const double serial = tileCycles(problem, tile) / clockHz * 1e6;
  if (problem.cores <= 1 || serial < leastParallelMicroseconds)
    return {1, 1, false, 1.0 / double(std::max<int64_t>(1, problem.cores))};
  const double wholeTasks = double(blocks) * double(steps) / double(problem.cores);
  Split best;
  double least = 1e300;
  const bool rowsOutside = areRowsOutside(problem, steps);
  for (int64_t groups = rowsOutside ? problem.cores : 1; groups <= std::min<int64_t>(steps, 16 * problem.cores);
       ++groups) {
    const int64_t tasks = blocks * groups;
    const double rounds = double(ceilDiv(tasks, problem.cores)) * double(ceilDiv(steps, groups));
    const double few = tasks < 2 * problem.cores ? 1.04 : 1; // Nothing left to even out what other programs take.
    const double cost = few * rounds / wholeTasks + 0.15 * double(tasks) / serial;
    if (cost < least - 1e-9) {
      least = cost;
      best = {groups, tasks, rowsOutside, wholeTasks / rounds};
    }
  }
  return best;
}

double tileMicroseconds(const TileProblem &problem, const Tile &tile) {
  const Split split = splitTasks(problem, tile);
  const double compute = tileCycles(problem, tile) / clockHz * 1e6;
  return compute / (double(std::max<int64_t>(1, problem.cores)) * split.efficiency) +
         (split.tasks > 1 ? forkMicroseconds : 0);
}

std::vector<Tile> rankTiles(const TileProblem &problem, size_t most) {
  std::vector<std::pair<double, Tile>> found;
  for (int64_t vectors : {1, 2, 3, 4, 5, 6, 8}) {
    if (problem.channelVectors % vectors != 0)
      continue;
    for (int64_t pixels = 1; pixels <= std::min<int64_t>(28, problem.width); ++pixels)
      for (int64_t rows = 1; rows <= std::min<int64_t>(pixels == problem.width ? 7 : 1, problem.height); ++rows)
        if (Tile tile{vectors, pixels, rows}; fitsRegisters(tile, problem.registers))
          found.emplace_back(tileMicroseconds(problem, tile), tile);
  }
  // Of equals the tile that reads its weights less often.
  std::sort(found.begin(), found.end(), [](const auto &a, const auto &b) {
    auto key = [](const auto &entry) {
      return std::make_tuple(entry.first, -entry.second.pixels * entry.second.rows, entry.second.vectors,
                             entry.second.rows);
    };
    return key(a) < key(b);
  });
  std::vector<Tile> tiles;
  for (size_t i = 0; i < std::min(most, found.size()); ++i)
    tiles.push_back(found[i].second);
  return tiles;
}

TileProblem machineOf(const proto::Target &target) {
  TileProblem problem;
  problem.lanes = vectorLanes(target, proto::F32);
  problem.registers = vectorRegisters(target);
  problem.cores = std::max(1, target.cores());
  auto orDefault = [](int64_t bytes, int64_t otherwise) { return bytes > 0 ? bytes : otherwise; };
  problem.l1 = orDefault(target.l1_bytes(), 32 << 10);
  problem.l2 = orDefault(target.l2_bytes(), 512 << 10);
  problem.l3 = orDefault(target.l3_bytes(), 8 << 20);
  return problem;
}

} // namespace convoy::schedules
