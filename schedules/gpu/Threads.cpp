#include "schedules/gpu/Threads.h"
#include "schedules/core/Loops.h"
#include "schedules/core/Tensors.h"

#include <algorithm>
#include <map>
#include <set>

using namespace Halide;

namespace convoy::schedules::gpu {

namespace {

TailStrategy tailOf(int64_t extent, int64_t factor) {
  return extent > 0 && extent % factor == 0 ? TailStrategy::RoundUp : TailStrategy::GuardWithIf;
}

int64_t divided(int64_t extent, int64_t factor) { return extent < 0 ? -1 : (extent + factor - 1) / factor; }

/// Joins loops from `first` on into it until there are `wanted` iterations. Returns the loop after the joined ones.
size_t joinRows(Stage &stage, const std::vector<Var> &loops, const std::vector<int64_t> &extents, int64_t wanted,
                Var &row, int64_t &extent) {
  size_t next = 2;
  for (; next < loops.size() && extent >= 0 && extent < wanted; ++next) {
    Var joined("rows");
    stage.fuse(row, loops[next], joined);
    row = joined;
    extent = extents[next] < 0 ? -1 : extent * extents[next];
  }
  return next;
}

} // namespace

void makeVector(Stage stage, const VarOrRVar &lane, const proto::Target &target) {
  if (Target(target.halide()).has_feature(Target::OpenCL))
    stage.unroll(lane);
  else
    stage.vectorize(lane);
}

ThreadLoops mapToThreads(Stage stage, const std::vector<Var> &loops, const std::vector<int64_t> &extents,
                         const ThreadTile &tile, const std::vector<VarOrRVar> &inner) {
  ThreadLoops names;
  if (tile.x * tile.y > mostThreads)
    throw CompileError("a block of " + std::to_string(tile.x) + " x " + std::to_string(tile.y) +
                       " threads is larger than " + std::to_string(mostThreads));
  if (loops.empty()) {
    stage.gpu_single_thread();
    return names;
  }
  std::vector<VarOrRVar> order;
  Var first = loops[0];
  int64_t extent = extents[0];
  if (tile.vector > 1) {
    Var vectors("vectors");
    stage.split(first, vectors, names.lane, tile.vector, tailOf(extent, tile.vector));
    first = vectors;
    extent = divided(extent, tile.vector);
    order.push_back(names.lane);
  }
  order.insert(order.end(), inner.begin(), inner.end());
  order.push_back(names.x);
  if (loops.size() == 1) {
    stage.split(first, names.block, names.x, tile.x, tailOf(extent, tile.x));
    order.push_back(names.block);
    stage.reorder(order).gpu_blocks(names.block).gpu_threads(names.x);
    return names;
  }
  Var blockX("block_x"), blockY("block_y"), row = loops[1];
  int64_t rows = extents[1];
  const size_t next = joinRows(stage, loops, extents, tile.y, row, rows);
  stage.split(first, blockX, names.x, tile.x, tailOf(extent, tile.x));
  stage.split(row, blockY, names.y, tile.y, tailOf(rows, tile.y));
  order.insert(order.end(), {names.y, blockX, blockY});
  order.insert(order.end(), loops.begin() + int64_t(next), loops.end());
  stage.reorder(order);
  Var blocks = blockX;
  for (size_t i = next - 1; i < loops.size(); ++i) {
    Var joined = i + 1 == loops.size() ? names.block : Var("blocks");
    stage.fuse(blocks, i == next - 1 ? blockY : loops[i], joined);
    blocks = joined;
  }
  stage.gpu_blocks(names.block).gpu_threads(names.x, names.y);
  return names;
}

ThreadLoops mapOutput(Graph &graph, int output, const ThreadTile &tile) {
  const proto::Tensor &tensor = graph.tensorOf(graph.kernel->outputs(output));
  if (rankOf(tensor) == 0)
    return mapToThreads(graph.outputs[output], {}, {}, tile);
  const OutputLoops ordered(graph, output, tile.vector);
  std::vector<Var> loops;
  std::vector<int64_t> extents;
  for (size_t i = 0; i < ordered.size(); ++i) {
    loops.push_back(ordered.var(i));
    extents.push_back(ordered.extent(i));
  }
  if (tile.vector > 1 && (extents[0] < 0 || extents[0] % tile.vector != 0))
    throw CompileError("vectors of " + std::to_string(tile.vector) + " do not divide the innermost extent");
  const ThreadLoops names = mapToThreads(graph.outputs[output], loops, extents, tile);
  if (tile.vector > 1)
    makeVector(graph.outputs[output], names.lane, graph.kernel->target());
  return names;
}

std::vector<int64_t> memoryExtents(const proto::Tensor &tensor) {
  std::vector<int64_t> extents;
  const int64_t block = tensor.layout().block();
  if (block > 0)
    extents.push_back(block);
  const std::vector<int> order = orderOf(tensor);
  for (auto dim = order.rbegin(); dim != order.rend(); ++dim) {
    const int64_t extent = extentOf(tensor, *dim);
    extents.push_back(block > 0 && *dim == tensor.layout().block_dim() ? divided(extent, block) : extent);
  }
  return extents;
}

std::vector<int64_t> outputExtents(const proto::Kernel &kernel, int vector) {
  std::vector<int64_t> extents = memoryExtents(kernel.tensors(kernel.outputs(0)));
  if (!extents.empty() && extents[0] > 0)
    extents[0] = divided(extents[0], vector) * vector;
  return extents;
}

namespace {
/// Threads along an axis: all of it if it is short, else the whole warps that leave the fewest idle.
int threadsAlong(int64_t extent, int most) {
  if (extent < 0)
    return std::min(most, warp);
  if (extent <= most)
    return int(std::max<int64_t>(1, extent));
  int best = most;
  for (int threads = most / warp * warp; threads >= std::max(warp, most / 2); threads -= warp)
    if (divided(extent, threads) * threads < divided(extent, best) * best)
      best = threads;
  return best;
}
} // namespace

ThreadTile tileFor(const std::vector<int64_t> &extents, int threads, int vector) {
  ThreadTile tile;
  tile.vector = vector;
  if (extents.empty())
    return tile;
  if (extents.size() == 1 && extents[0] < 0) {
    tile.x = threads;
    tile.y = 1;
    return tile;
  }
  tile.x = threadsAlong(divided(extents[0], vector), threads);
  int64_t rows = 1;
  for (size_t i = 1; i < extents.size() && rows >= 0; ++i)
    rows = extents[i] < 0 ? -1 : std::min<int64_t>(rows * extents[i], threads);
  tile.y = threads / tile.x;
  if (rows >= 0)
    tile.y = int(std::min<int64_t>(tile.y, rows));
  tile.y = std::max(1, tile.y);
  return tile;
}

std::vector<Knob> tileKnobs() {
  return {{"vector", 1, 4, "neighbours that a thread loads and stores at once"},
          {"x", 1, mostThreads, "threads of a block along the innermost axis"},
          {"y", 1, mostThreads, "threads of a block along the others"}};
}

void setTile(proto::Schedule &schedule, const ThreadTile &tile) {
  (*schedule.mutable_knobs())["vector"] = tile.vector;
  (*schedule.mutable_knobs())["x"] = tile.x;
  (*schedule.mutable_knobs())["y"] = tile.y;
}

ThreadTile tileOf(const proto::Schedule &schedule) {
  return {int(knob(schedule, "vector", 1)), int(knob(schedule, "x", warp)), int(knob(schedule, "y", 4))};
}

double blocksOf(const std::vector<int64_t> &extents, const ThreadTile &tile) {
  auto size = [](int64_t extent) { return double(extent < 0 ? 64 : extent); };
  if (extents.empty())
    return 1;
  double rows = 1;
  for (size_t i = 1; i < extents.size(); ++i)
    rows *= size(extents[i]);
  return std::ceil(size(extents[0]) / (tile.vector * tile.x)) * std::ceil(rows / tile.y);
}

namespace {

/// Whether the op's result and its operands are neighbours in the same way along the dimension `fromEnd` from the last.
bool keepsNeighbours(const proto::Kernel &kernel, const proto::Op &op, int fromEnd) {
  static const std::set<std::string> pointwise{"elementwise", "cast", "constant", "relayout", "expand", "pool"};
  const int dim = rankOf(kernel.tensors(op.outputs(0))) - fromEnd;
  if (pointwise.count(op.kind()))
    return op.kind() != "pool" || dim < 2;
  auto axis = op.attributes().find("axis");
  if (op.kind() == "concat")
    return axis != op.attributes().end() && axis->second.ints(0) != dim;
  auto axes = op.attributes().find("axes");
  if (op.kind() == "slice" || op.kind() == "resize")
    return axes != op.attributes().end() &&
           std::find(axes->second.ints().begin(), axes->second.ints().end(), dim) == axes->second.ints().end();
  if (op.kind() != "pad")
    return false;
  const auto &pads = op.attributes().at("pads").ints();
  return pads[dim] == 0 && pads[dim + rankOf(kernel.tensors(op.outputs(0)))] == 0;
}

/// Whether vectors of `vector` elements along a dimension of a parameter begin at multiples of their size.
bool isAligned(const proto::Tensor &tensor, int fromEnd, int64_t extent, int vector) {
  const int dim = rankOf(tensor) - fromEnd;
  if (dim < 0 || extentOf(tensor, dim) == 1)
    return true;
  if (tensor.layout().block() > 0 || dim != innermost(tensor) || !isStatic(tensor) ||
      allocatedExtent(tensor, dim) < extent)
    return false;
  int64_t origin = 0;
  for (const Axis &axis : axesOf(tensor)) {
    origin += before(tensor.layout(), axis.dim) * axis.stride;
    if (axis.dim != dim && axis.stride % vector != 0)
      return false;
  }
  return origin % vector == 0;
}

} // namespace

int vectorOf(const proto::Kernel &kernel) {
  constexpr int vector = 4; // Of 32 bits: what the code generator makes one load of.
  if (kernel.outputs_size() != 1)
    return 1;
  const proto::Tensor &output = kernel.tensors(kernel.outputs(0));
  if (rankOf(output) == 0 || output.layout().block() > 0)
    return 1;
  const int inner = innermost(output), fromEnd = rankOf(output) - inner;
  const int64_t extent = divided(extentOf(output, inner), vector) * vector;
  if (extent < vector || writableExtent(output, inner) < extent)
    return 1;
  static const std::set<std::string> unpadded{"expand", "concat", "slice", "pad"};
  for (const proto::Op &op : kernel.ops())
    if (!keepsNeighbours(kernel, op, fromEnd) || (extent != extentOf(output, inner) && unpadded.count(op.kind())))
      return 1;
  auto aligned = [&](int position) {
    const proto::Tensor &tensor = kernel.tensors(position);
    return bytesOf(tensor.type()) == 4 && isAligned(tensor, fromEnd, extent, vector);
  };
  const bool all = std::all_of(kernel.inputs().begin(), kernel.inputs().end(), aligned) && aligned(kernel.outputs(0));
  return all ? vector : 1;
}

namespace {
/// Loops of a stage over pure Vars and over an RDom, innermost first.
struct StageLoops {
  std::vector<Var> pure;
  std::vector<VarOrRVar> domain;
  explicit StageLoops(const Stage &stage) {
    for (const Internal::Dim &dim : stage.get_schedule().dims()) {
      if (dim.var == Var::outermost().name())
        continue;
      if (dim.is_rvar())
        domain.emplace_back(RVar(dim.var));
      else
        pure.emplace_back(dim.var);
    }
  }
};
} // namespace

void storeInMemory(Func func) {
  func.compute_root();
  const ThreadTile tile = {1, 32, 4};
  const StageLoops loops{Stage(func)};
  mapToThreads(func, loops.pure, std::vector<int64_t>(loops.pure.size(), -1), tile);
  for (int i = 0; i < func.num_update_definitions(); ++i) {
    const StageLoops update(func.update(i));
    mapToThreads(func.update(i), update.pure, std::vector<int64_t>(update.pure.size(), -1), tile, update.domain);
  }
}

std::vector<proto::Schedule> bestFirst(const Template &of, const proto::Kernel &kernel,
                                       const std::vector<proto::Schedule> &schedules) {
  std::multimap<double, proto::Schedule> sorted;
  for (const proto::Schedule &schedule : schedules)
    sorted.emplace(of.estimate(kernel, schedule), schedule);
  std::vector<proto::Schedule> ordered;
  for (const auto &[estimate, schedule] : sorted)
    ordered.push_back(schedule);
  return ordered;
}

Work streamWork(const proto::Kernel &kernel) {
  static const std::set<std::string> heavy{
      "exp", "log", "erf",  "sin",  "cos",  "tan",  "asin",  "acos",    "atan",  "sinh",  "cosh",     "tanh",
      "pow", "elu", "selu", "celu", "mish", "gelu", "swish", "sigmoid", "asinh", "acosh", "softplus", "gelu_tanh"};
  Work work;
  auto bytes = [&](int position) {
    const proto::Tensor &tensor = kernel.tensors(position);
    return double(elements(tensor)) * double(bytesOf(tensor.type()));
  };
  for (int position : kernel.inputs())
    work.memoryBytes += bytes(position);
  for (int position : kernel.outputs())
    work.memoryBytes += bytes(position);
  for (const proto::Op &op : kernel.ops()) {
    auto function = op.attributes().find("function");
    const bool isHeavy =
        op.kind() == "elementwise" && function != op.attributes().end() && heavy.count(function->second.text()) > 0;
    work.multiplyAdds += (isHeavy ? 30 : 2) * double(elements(kernel.tensors(op.outputs(0))));
  }
  return work;
}

} // namespace convoy::schedules::gpu
