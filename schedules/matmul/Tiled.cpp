#include "schedules/conv/Epilogue.h"
#include "schedules/conv/Operands.h"
#include "schedules/conv/TileSchedule.h"
#include "schedules/conv/dot/Instruction.h"
#include "schedules/core/Algorithm.h"
#include "schedules/core/Tensors.h"
#include "schedules/matmul/Algorithm.h"
#include "schedules/matmul/Dot.h"
#include "schedules/matmul/ProductShape.h"
#include "schedules/matmul/Templates.h"

#include <algorithm>

namespace convoy::schedules {

namespace {

int64_t assumed(int64_t extent) { return extent < 0 ? ProductShape::symbolicExtent : extent; }

TileProblem problemOf(const proto::Kernel &kernel, const ProductShape &shape) {
  TileProblem problem = machineOf(kernel.target());
  problem.channelVectors = (shape.columns + problem.lanes - 1) / problem.lanes;
  problem.width = assumed(shape.rows);
  problem.height = assumed(shape.images);
  problem.outer = shape.outer;
  const int64_t depth = matmulDotDepth(kernel);
  problem.depth = (assumed(shape.depth) + depth - 1) / depth;
  problem.registers -= depth > 1 ? dotRegisters(kernel.tensors(shape.lhs).type(), depth) : 0;
  problem.storeFunctions = double(functionsOf(kernel));
  return problem;
}

Tile tileOf(const proto::Schedule &schedule) { return {knob(schedule, "vectors", 1), knob(schedule, "pixels", 1), 1}; }

/// Matrix product in register tiles of `vectors` vectors of columns times `pixels` rows. A constant right side is
/// packed in blocks of columns; another one is read where it lies, or transposed block by block if its columns are no
/// neighbours.
class MatmulTiled : public Template {
public:
  std::string name() const override { return "matmul_tiled"; }

  std::vector<Knob> knobs() const override {
    return {{"vectors", 1, 8, "vectors of columns in a tile"},
            {"pixels", 1, 28, "rows in a tile"},
            {"unroll", 1, 16, "steps of the sum at once"},
            {"partial", 0, 65536, "most steps of a partial sum; 0: the sum is not cut"},
            {"groups", 0, 4096, "parts along rows that are tasks of their own; 0: by the number of cores"}};
  }

  std::string misfit(const proto::Kernel &kernel) const override {
    if (std::string misfit = tileMisfit(kernel, "matmul"); !misfit.empty())
      return misfit;
    const ProductShape shape = productShape(kernel);
    if (shape.columns < 0)
      return "columns are symbolic";
    if (innermost(kernel.tensors(kernel.outputs(0))) != shape.rank - 1)
      return "the columns of the result are no neighbours";
    return {};
  }

  double estimate(const proto::Kernel &kernel, const proto::Schedule &schedule) const override {
    return tileMicroseconds(problemOf(kernel, productShape(kernel)), tileOf(schedule));
  }

  std::vector<proto::Schedule> rank(const proto::Kernel &kernel) const override {
    const ProductShape shape = productShape(kernel);
    const TileProblem problem = problemOf(kernel, shape);
    std::vector<proto::Schedule> schedules;
    for (const Tile &tile : rankTiles(problem, 24)) {
      if (tile.rows > 1 || (tile.vectors > 1 && tile.vectors * problem.lanes > shape.columns))
        continue;
      proto::Schedule &schedule = schedules.emplace_back();
      schedule.set_template_name(name());
      auto &knobs = *schedule.mutable_knobs();
      knobs["vectors"] = tile.vectors;
      knobs["pixels"] = tile.pixels;
      knobs["unroll"] = unrollOf(shape, matmulDotDepth(kernel), tile, problem.registers);
      if (schedules.size() == 8)
        break;
    }
    return schedules;
  }

  proto::Layout wantedLayout(const proto::Kernel &kernel, const proto::Schedule &schedule, int input) const override {
    const ProductShape shape = productShape(kernel);
    const int tensor = kernel.inputs(input);
    if (tensor == shape.lhs)
      return kernel.tensors(tensor).layout();
    if (tensor != shape.rhs)
      return channelVectorLayout(kernel, tensor, shape.rank - 1, blockOf(kernel, schedule));
    proto::Layout layout;
    for (int dim = 0; dim + 2 < rankOf(kernel.tensors(tensor)); ++dim)
      layout.add_order(dim);
    layout.add_order(shape.rhsColumn);
    layout.add_order(shape.rhsDepth);
    const int64_t depth = matmulDotDepth(kernel);
    layout.set_block_dim(shape.rhsColumn);
    layout.set_block(depth > 1 ? vectorLanes(kernel.target(), proto::F32) : blockOf(kernel, schedule));
    return depth > 1 ? roundedUp(layout, kernel.tensors(tensor), shape.rhsDepth, depth) : layout;
  }

  void apply(Graph &graph, const proto::Schedule &schedule) const override {
    const proto::Kernel &kernel = *graph.kernel;
    const ProductShape shape = productShape(kernel);
    const ChannelCut cut = cutChannels(kernel, shape.rank - 1);
    const int64_t block = blockOf(kernel, schedule);
    const proto::Tensor &rhs = kernel.tensors(shape.rhs);
    TilePlan plan = planOf(graph, shape, schedule, cut);
    const bool dot = matmulDotDepth(kernel) > 1 && isPacked(rhs, shape.rhsColumn, cut.lanes);
    const bool packed = dot || isPacked(rhs, shape.rhsColumn, block);
    Halide::Func correction;
    if (dot) {
      plan.depth = matmulDotDepth(kernel);
      correction = useMatmulDot(graph, plan.depth);
    }
    if (!packed) {
      plan.channelTail = block <= shape.columns ? ChannelTail::Shifted : ChannelTail::Guarded;
      if (block > shape.columns && !(rhs.layout().block() == 0 && shape.rhsColumn == innermost(rhs) &&
                                     allocatedExtent(rhs, shape.rhsColumn) >= block))
        clampReads(graph, shape.rhs, shape.rhsColumn);
    }
    widenOutput(graph, shape.rank - 1, packed ? cut.channels : shape.columns);
    if (packed && rankOf(rhs) == 2 && shape.depth > 0)
      streamWeights(graph, shape.rhs, plan, block * ceilDiv(shape.depth, plan.depth) * plan.depth);
    scheduleTiles(graph, graph.anchor(), plan);
    if (correction.defined())
      schedulePerTask(graph, correction, plan);
    if (!packed && innermost(rhs) != shape.rhsColumn && shape.depth > 0 && shape.rows != 1)
      stage(graph, shape, plan);
  }

private:
  static int64_t blockOf(const proto::Kernel &kernel, const proto::Schedule &schedule) {
    return tileOf(schedule).vectors * vectorLanes(kernel.target(), proto::F32);
  }

  static int64_t unrollOf(const ProductShape &shape, int64_t depth, const Tile &tile, int64_t registers) {
    for (int64_t unroll : {4, 2})
      if (tile.accumulators() * unroll <= registers && shape.depth > 0 && shape.depth % (unroll * depth) == 0)
        return unroll;
    return 1;
  }

  /// A copy of the task's columns of the right side in which columns are neighbours.
  static void stage(Graph &graph, const ProductShape &shape, const TilePlan &plan) {
    Halide::Func copy = graph.values[shape.rhs].in(graph.anchor());
    const int rank = rankOf(graph.tensorOf(shape.rhs));
    const std::vector<Halide::Var> args = copy.args();
    const int column = argument(rank, shape.rhsColumn), depth = argument(rank, shape.rhsDepth);
    std::vector<Halide::Var> storage{args[column], args[depth]};
    storage.insert(storage.end(), args.begin() + 2, args.end());
    copy.compute_at(graph.outputs[0], taskLoop()).reorder_storage(storage).store_in(Halide::MemoryType::Stack);
    copy.bound_extent(args[column], int32_t(plan.tile.vectors * plan.lanes))
        .bound_extent(args[depth], int32_t(shape.depth));
    copy.reorder(args[depth], args[column]).vectorize(args[depth], 8, Halide::TailStrategy::GuardWithIf);
  }

  static TilePlan planOf(Graph &graph, const ProductShape &shape, const proto::Schedule &schedule,
                         const ChannelCut &cut) {
    TilePlan plan;
    plan.tile = tileOf(schedule);
    plan.lanes = cut.lanes;
    plan.channel = 0;
    plan.pixel = 1;
    plan.row = shape.rank > 2 ? 2 : -1;
    if (cut.channels % (plan.tile.vectors * cut.lanes) != 0)
      plan.channelTail = ChannelTail::Guarded;
    plan.symbolic = shape.rows < 0;
    plan.pixels = outputExtent(graph, 1);
    plan.rows = shape.rank > 2 ? outputExtent(graph, 2) : Halide::Expr(1);
    plan.unroll = knob(schedule, "unroll", 1);
    plan.partial = knob(schedule, "partial", longestPart(plan.tile));
    const Split split = splitTasks(problemOf(*graph.kernel, shape), plan.tile);
    const int64_t groups = knob(schedule, "groups", 0);
    plan.groups = groups > 0 ? groups : split.groups;
    plan.rowsOutside = split.rowsOutside;
    plan.parallel = groups > 0 || split.tasks > 1;
    return plan;
  }
};

} // namespace

void registerMatmul(Registry &registry) {
  registry.algorithms["matmul"] = matmul;
  registry.add<MatmulTiled>();
}

} // namespace convoy::schedules
