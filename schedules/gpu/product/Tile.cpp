#include "schedules/gpu/product/Tile.h"
#include "schedules/core/Tensors.h"
#include "schedules/gpu/Model.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace convoy::schedules::gpu {

namespace {

/// Cycles from a load of global memory to what was stored in shared memory behind a barrier.
constexpr double stagingLatency = 500;
/// Instructions around one vector that is staged: its place, guards, load and store.
constexpr double stagingInstructions = 24;
constexpr int64_t mostSums = 64;
/// Fewer multiply-adds per load of 16 bytes from shared memory leave the loads to wait for.
constexpr double leastDensity = 8;

int64_t reach(const ProductAxis &axis, int64_t count) {
  return (count - 1) * axis.step + (axis.taps - 1) * std::abs(axis.tapStep) + 1 + axis.more;
}

int64_t patchElements(const ProductProblem &problem, const ProductTile &tile) {
  return reach(problem.x, tile.blockX()) * reach(problem.y, tile.blockY());
}

int64_t groupsOf(const ProductProblem &problem, const ProductTile &tile) {
  return problem.groups > 1 ? std::max<int64_t>(1, tile.blockC() / problem.channels) : 1;
}

/// What a block stages for one chunk of terms.
struct Staged {
  double left, right;             ///< Elements for all taps.
  double leftStages, rightStages; ///< Times that threads wait for them.
};

Staged stagedBy(const ProductProblem &problem, const ProductTile &tile) {
  const StagedElements once = stagedElements(problem, tile);
  Staged staged{};
  const bool patch = stagesPatch(problem, tile);
  staged.leftStages = double(patch ? problem.outerTaps : problem.taps());
  staged.rightStages = double(patch ? problem.y.taps * problem.outerTaps : problem.taps());
  staged.left = double(once.left) * staged.leftStages;
  staged.right = double(once.right) * staged.rightStages;
  return staged;
}

int64_t chunksOf(const ProductProblem &problem, const ProductTile &tile) {
  return ceilDiv(ceilDiv(problem.depth, tile.chunk), tile.split);
}

double blocksOf(const ProductProblem &problem, const ProductTile &tile) {
  const int64_t channels = tile.blockC() >= problem.channels && problem.groups > 1
                               ? ceilDiv(problem.channels * problem.groups, tile.blockC())
                               : ceilDiv(problem.channels, tile.blockC()) * problem.groups;
  return double(channels * ceilDiv(problem.x.extent, tile.blockX()) * ceilDiv(problem.y.extent, tile.blockY()) *
                tile.split) *
         problem.outer;
}

Launch launchOf(const ProductProblem &problem, const ProductTile &tile) {
  Launch launch;
  launch.blocks = blocksOf(problem, tile);
  launch.threads = int(tile.threads());
  launch.registers = int(tile.sums() + 4 * tile.pixels * tile.rows + 4 * tile.vectors * tile.phases + 32);
  launch.sharedBytes = sharedBytes(problem, tile);
  return launch;
}

} // namespace

bool stagesPatch(const ProductProblem &problem, const ProductTile &tile) {
  if (problem.transposed)
    return true;
  if (problem.taps() == 1)
    return false;
  // The patch must be worth it: smaller than what all taps read of it, and small enough to lie in shared memory.
  const int64_t patch = patchElements(problem, tile), pixels = tile.blockX() * tile.blockY();
  return patch < pixels * problem.x.taps * problem.y.taps &&
         patch * tile.chunk * 4 <= problem.device.sharedPerBlock / 2;
}

StagedElements stagedElements(const ProductProblem &problem, const ProductTile &tile) {
  const int64_t groups = groupsOf(problem, tile), weights = tile.chunk * tile.blockC();
  if (stagesPatch(problem, tile))
    return {tile.chunk * groups * patchElements(problem, tile), weights * problem.x.taps * tile.phases};
  return {tile.chunk * groups * tile.blockX() * tile.blockY(), weights};
}

int64_t sharedBytes(const ProductProblem &problem, const ProductTile &tile) {
  const StagedElements once = stagedElements(problem, tile);
  return 4 * (once.left / tile.chunk * leftStride(tile) + once.right);
}

double estimateProduct(const ProductProblem &problem, const ProductTile &tile) {
  const Device &device = problem.device;
  const Staged staged = stagedBy(problem, tile);
  const Launch launch = launchOf(problem, tile);
  const int resident = residentBlocks(device, launch);
  if (resident == 0)
    return 1e9;
  const double chunks = double(chunksOf(problem, tile)), warps = double(ceilDiv(tile.threads(), warp));
  // Per warp and four terms: multiply-adds, loads of 16 bytes from shared memory (two passes each), loop.
  const double fours = double(problem.taps()) * double(ceilDiv(tile.chunk, 4));
  const double products = 4 * double(tile.sums()),
               loads = double(tile.pixels * tile.rows + 4 * tile.vectors * tile.phases);
  const double perLane = 32.0 / device.lanes;
  const double issue = (products + loads + 8) / 4;
  const double busy = fours * std::max({products * perLane, 2 * loads, issue});
  const double moves =
      std::ceil(staged.left / 4 / double(tile.threads())) + std::ceil(staged.right / 4 / double(tile.threads()));
  const double throughput = warps * chunks * (busy + moves * stagingInstructions / 4);
  const double alone =
      chunks * (fours * std::max(products * perLane * 4, products + loads + 30) +
                (staged.leftStages + staged.rightStages) * stagingLatency + moves * stagingInstructions) +
      1500;
  // Blocks of a multiprocessor one round after the other; those at once hide each other's latency.
  const double each = std::ceil(launch.blocks / device.multiprocessors);
  const double rounds = std::floor(each / resident), rest = each - rounds * resident;
  auto round = [&](double blocks) { return blocks <= 0 ? 0 : std::max(blocks * throughput, alone); };
  const double compute = (rounds * round(resident) + round(rest)) / (device.gigahertz * 1e3);
  const double bandwidth = device.gigabytesPerSecond * 1e3;
  const double cached = launch.blocks * chunks * 4 * (staged.left + staged.right) / (bandwidth * device.cacheFactor);
  const double results =
      double(problem.channels * problem.groups * problem.x.extent * problem.y.extent * tile.phases) * problem.outer;
  double time = std::max({compute, cached, problem.memoryBytes / bandwidth}) + launchMicroseconds;
  time += results * problem.functions * 8 / (double(device.lanes) * device.multiprocessors * device.gigahertz * 1e3);
  if (tile.split > 1)
    time = 1.05 * time + launchMicroseconds + 2 * results * 4 * double(tile.split) / (bandwidth * device.cacheFactor);
  return time;
}

namespace {

/// Divisors and multiples of a group that blocks may hold.
bool fitsGroups(const ProductProblem &problem, const ProductTile &tile) {
  if (problem.groups == 1)
    return true;
  if (problem.channels % tile.blockC() == 0)
    return true;
  return tile.vectors == 1 && tile.blockC() % problem.channels == 0 &&
         tile.blockC() <= problem.channels * problem.groups;
}

class Search {
public:
  explicit Search(const ProductProblem &problem) : problem(problem) {}

  std::vector<std::pair<double, ProductTile>> run() {
    tryTiles();
    anyDensity = true;
    if (found.empty())
      tryTiles();
    return std::move(found);
  }

private:
  const ProductProblem &problem;
  ProductTile tile;
  std::vector<std::pair<double, ProductTile>> found;
  bool anyDensity = false;

  void tryTiles() {
    for (int64_t vectors : {1, 2})
      for (int64_t pixels : {1, 2, 4, 7, 8})
        for (int64_t rows : {1, 2, 4, 7}) {
          tile.lanes = problem.lanes, tile.phases = problem.phases, tile.vectors = vectors, tile.pixels = pixels,
          tile.rows = rows;
          if (tile.sums() <= mostSums && pixels <= roundedUp(problem.x.extent) && rows <= roundedUp(problem.y.extent) &&
              (rows == 1 || problem.y.extent > 1))
            tryThreads();
        }
  }

  static int64_t roundedUp(int64_t extent) {
    int64_t power = 1;
    while (power < extent)
      power *= 2;
    return power;
  }

  /// Multiply-adds per load of 16 bytes from shared memory.
  double density() const {
    return 4 * double(tile.sums()) / double(tile.pixels * tile.rows + 4 * tile.vectors * tile.phases);
  }

  void tryThreads() {
    const bool tiny = problem.x.extent * problem.y.extent < 4;
    if (density() < leastDensity && tile.lanes > 1 && !tiny && !anyDensity)
      return;
    std::vector<int64_t> channels{1, 2, 4, 8, 16, 32};
    if (problem.groups > 1)
      for (int64_t count :
           {problem.channels / problem.lanes, int64_t(3), int64_t(5), int64_t(6), int64_t(7), int64_t(10), int64_t(12)})
        channels.push_back(count);
    for (int64_t c : channels) {
      tile.threadsC = c;
      if (c < 1 || c > 64 || !fitsGroups(problem, tile) ||
          tile.blockC() > std::max(tile.lanes, 2 * problem.channels * problem.groups - 1))
        continue;
      for (int64_t x : {1, 2, 4, 7, 8, 14, 16, 32})
        for (int64_t y : {1, 2, 4, 7, 8}) {
          tile.threadsX = x, tile.threadsY = y;
          const bool covers = tile.blockX() < 2 * problem.x.extent && tile.blockY() < 2 * problem.y.extent;
          if (tile.threads() <= 256 && ((covers && tile.threads() >= 32) || (x == 1 && y == 1)))
            tryChunks();
        }
    }
  }

  void tryChunks() {
    const int64_t whole = ceilDiv(problem.depth, 4) * 4;
    for (int64_t chunk : {4, 8, 16, 32, 64}) {
      tile.chunk = chunk;
      if (chunk > whole && chunk > 4)
        break;
      if (chunk < 16 && chunk < whole && whole % 16 == 0)
        continue;
      if (sharedBytes(problem, tile) <= problem.device.sharedPerBlock)
        trySplits();
    }
  }

  void trySplits() {
    tile.split = 1;
    const double blocks = blocksOf(problem, tile);
    for (int64_t split : {1, 2, 4, 8, 16, 32}) {
      if (split > 1 && (!problem.splits || blocks * double(split) > 8.0 * problem.device.multiprocessors ||
                        split > ceilDiv(problem.depth, tile.chunk)))
        break;
      tile.split = split;
      found.emplace_back(estimateProduct(problem, tile), tile);
    }
  }
};

} // namespace

std::vector<ProductTile> rankProducts(const ProductProblem &problem, size_t most) {
  std::vector<std::pair<double, ProductTile>> found = Search(problem).run();
  std::vector<size_t> order(found.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return std::pair(found[a].first, a) < std::pair(found[b].first, b); });
  std::vector<ProductTile> tiles;
  for (size_t i = 0; i < std::min(most, found.size()); ++i)
    tiles.push_back(found[order[i]].second);
  return tiles;
}

std::vector<Knob> productKnobs() {
  return {{"vectors", 1, 4, "vectors of output channels of a thread"},
          {"pixels", 1, 16, "neighbouring pixels of a thread"},
          {"rows", 1, 16, "rows of pixels of a thread"},
          {"threads_c", 1, 64, "threads of a block along output channels"},
          {"threads_x", 1, 64, "threads of a block along pixels"},
          {"threads_y", 1, 64, "threads of a block along rows"},
          {"chunk", 4, 256, "terms of the sum in shared memory at once"},
          {"split", 1, 64, "parts of the sum, added up by a kernel of their own"}};
}

ProductTile tileOf(const proto::Schedule &schedule, int64_t lanes, int64_t phases) {
  ProductTile tile;
  tile.phases = phases;
  tile.lanes = lanes;
  tile.vectors = knob(schedule, "vectors", 1);
  tile.pixels = knob(schedule, "pixels", 1);
  tile.rows = knob(schedule, "rows", 1);
  tile.threadsC = knob(schedule, "threads_c", 1);
  tile.threadsX = knob(schedule, "threads_x", 1);
  tile.threadsY = knob(schedule, "threads_y", 1);
  tile.chunk = (knob(schedule, "chunk", 16) + 3) / 4 * 4;
  tile.split = knob(schedule, "split", 1);
  return tile;
}

void setKnobs(proto::Schedule &schedule, const ProductTile &tile) {
  auto &knobs = *schedule.mutable_knobs();
  knobs["vectors"] = tile.vectors;
  knobs["pixels"] = tile.pixels;
  knobs["rows"] = tile.rows;
  knobs["threads_c"] = tile.threadsC;
  knobs["threads_x"] = tile.threadsX;
  knobs["threads_y"] = tile.threadsY;
  knobs["chunk"] = tile.chunk;
  knobs["split"] = tile.split;
}

} // namespace convoy::schedules::gpu
