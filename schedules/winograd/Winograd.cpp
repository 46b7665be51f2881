#include "schedules/conv/ConvShape.h"
#include "schedules/conv/Epilogue.h"
#include "schedules/conv/Operands.h"
#include "schedules/conv/Tiling.h"
#include "schedules/core/Algorithm.h"
#include "schedules/core/Tensors.h"
#include "schedules/winograd/Stages.h"
#include "schedules/winograd/Templates.h"

#include <algorithm>

using namespace Halide;

namespace convoy::schedules {

namespace {

constexpr double clockHz = 3.5e9;
/// Factor on the estimate.
constexpr double cautious = 1.15;

/// Knobs of the schedule, completed.
struct Plan {
  int outputs = 4;
  Tile tile; ///< Vectors of channels, tiles along x, tiles along y: of one product in registers.
  int64_t lanes = 16, block = 16;
  int64_t tilesX = 1, tilesY = 1;
  bool parallel = false;
};

Plan planOf(const proto::Kernel &kernel, const ConvShape &shape, const proto::Schedule &schedule) {
  Plan plan;
  plan.outputs = int(knob(schedule, "outputs", 4));
  plan.tile = {knob(schedule, "vectors", 1), knob(schedule, "pixels", 1), knob(schedule, "rows", 1)};
  plan.lanes = vectorLanes(kernel.target(), proto::F32);
  plan.block = plan.tile.vectors * plan.lanes;
  plan.tilesX = ceilDiv(shape.outExtents[1], plan.outputs);
  plan.tilesY = ceilDiv(shape.outExtents[0], plan.outputs);
  plan.parallel = kernel.target().cores() > 1;
  return plan;
}

/// The products: one image of tiles per point of the transform.
TileProblem problemOf(const proto::Kernel &kernel, const ConvShape &shape, int outputs) {
  TileProblem problem = machineOf(kernel.target());
  problem.channelVectors = ceilDiv(shape.outChannels, problem.lanes);
  problem.width = ceilDiv(shape.outExtents[1], outputs);
  problem.height = ceilDiv(shape.outExtents[0], outputs);
  problem.outer = (outputs + 2) * (outputs + 2) * std::max<int64_t>(1, shape.batch);
  problem.depth = shape.inChannels;
  return problem;
}

/// Cycles of the transforms, all cores together: of weights (in each run), input and output.
double transformCycles(const TileProblem &problem, const ConvShape &shape, int outputs) {
  const double points = double((outputs + 2) * (outputs + 2));
  const double inVectors = double(ceilDiv(shape.inChannels, problem.lanes)),
               outVectors = double(problem.channelVectors);
  const double tiles = double(problem.width * problem.height * std::max<int64_t>(1, shape.batch));
  const double weightBytes = points * double(shape.inChannels * problem.channelVectors * problem.lanes) * 4;
  const bool spilled = weightBytes > 0.4 * double(problem.l3); // Written to memory, and read again by each task.
  const double rate = weightBytes < 0.5 * double(problem.l2) ? 60 : spilled ? 1 : 20;
  const double weights = double(shape.inChannels) * outVectors * points * 1.6 + weightBytes / rate;
  return weights + tiles * points * (3.2 * inVectors + 2.6 * outVectors);
}

/// 3x3 convolution of stride 1 by Winograd's F(4,3) or F(2,3): 2.25 to 4 times fewer multiplications. A task owns rows
/// of tiles: it transforms their input, multiplies per point and block of channels, and transforms back into the
/// store. Weights are transformed at the start of each run.
class ConvWinograd : public Template {
public:
  std::string name() const override { return "conv_winograd"; }

  std::vector<Knob> knobs() const override {
    return {{"outputs", 2, 4, "outputs of a tile along each axis: 2 or 4"},
            {"vectors", 1, 8, "vectors of output channels in a product"},
            {"pixels", 1, 28, "tiles along x in a product"},
            {"rows", 1, 7, "rows of tiles in a product and in a task"}};
  }

  std::string misfit(const proto::Kernel &kernel) const override {
    if (std::string misfit = convolutionMisfit(kernel); !misfit.empty())
      return misfit;
    const ConvShape shape = convShape(kernel, kernel.anchor());
    if (kernel.tensors(shape.input).type() != proto::F32)
      return "the anchor does not compute in single floats";
    const std::vector<int64_t> three{3, 3}, one{1, 1};
    if (shape.transposed || shape.groups != 1 || shape.kernel != three || shape.strides != one ||
        shape.dilations != one)
      return "the convolution is not 3x3 with stride 1, dilation 1 and one group";
    if (shape.width() < 0 || shape.height() < 0)
      return "extents are symbolic";
    if (!cutChannels(kernel, 1).exact)
      return "output channels are no multiple of a vector";
    return {};
  }

  double estimate(const proto::Kernel &kernel, const proto::Schedule &schedule) const override {
    const ConvShape shape = convShape(kernel, kernel.anchor());
    const int outputs = int(knob(schedule, "outputs", 4));
    const TileProblem problem = problemOf(kernel, shape, outputs);
    const Tile tile{knob(schedule, "vectors", 1), knob(schedule, "pixels", 1), knob(schedule, "rows", 1)};
    const double cycles = tileCycles(problem, tile) + transformCycles(problem, shape, outputs);
    const int64_t tasks = ceilDiv(problem.height, tile.rows) * std::max<int64_t>(1, shape.batch);
    const double rounds = double(ceilDiv(tasks, problem.cores)) / double(tasks);
    // Rounding grows with the transforms: it must be worth it.
    return cautious * (cycles / clockHz * 1e6 * rounds + 2);
  }

  std::vector<proto::Schedule> rank(const proto::Kernel &kernel) const override {
    const ConvShape shape = convShape(kernel, kernel.anchor());
    std::vector<proto::Schedule> schedules;
    for (int outputs : {4, 2})
      for (const Tile &tile : tilesOf(problemOf(kernel, shape, outputs))) {
        proto::Schedule &schedule = schedules.emplace_back();
        schedule.set_template_name(name());
        auto &knobs = *schedule.mutable_knobs();
        knobs["outputs"] = outputs;
        knobs["vectors"] = tile.vectors;
        knobs["pixels"] = tile.pixels;
        knobs["rows"] = tile.rows;
      }
    std::sort(schedules.begin(), schedules.end(),
              [&](const auto &a, const auto &b) { return estimate(kernel, a) < estimate(kernel, b); });
    schedules.resize(std::min<size_t>(schedules.size(), 4));
    return schedules;
  }

  proto::Layout wantedLayout(const proto::Kernel &kernel, const proto::Schedule &schedule, int input) const override {
    const ConvShape shape = convShape(kernel, kernel.anchor());
    const int tensor = kernel.inputs(input);
    const int64_t block = planOf(kernel, shape, schedule).block;
    if (tensor == shape.input)
      return kernel.tensors(tensor).layout();
    if (tensor == shape.bias)
      return paddedLayout({0}, 0, shape.outChannels, block);
    if (tensor != shape.weight)
      return channelVectorLayout(kernel, tensor, 1, block);
    return packedLayout(0, {2, 3, 1}, block);
  }

  void apply(Graph &graph, const proto::Schedule &schedule) const override {
    const proto::Kernel &kernel = *graph.kernel;
    const ConvShape shape = convShape(kernel, kernel.anchor());
    const ChannelCut cut = cutChannels(kernel, 1);
    const Plan plan = planOf(kernel, shape, schedule);
    if (plan.outputs != 2 && plan.outputs != 4)
      throw CompileError("knob 'outputs' of conv_winograd is 2 or 4");
    const int64_t covered = ceilDiv(cut.channels, plan.block) * plan.block;
    if (!isPacked(kernel.tensors(shape.weight), 0, plan.block) && covered > shape.outChannels)
      clampReads(graph, shape.weight, 0);
    if (shape.bias >= 0 && !coversChannels(kernel, shape.bias, 0, covered))
      clampReads(graph, shape.bias, 0);
    if (!coversChannels(kernel, shape.input, 1, ceilDiv(shape.inChannels, plan.lanes) * plan.lanes))
      clampReads(graph, shape.input, 1);
    widenOutput(graph, 1, cut.channels);
    WinogradStages stages = buildWinograd(graph, shape, {plan.outputs, plan.block});
    scheduleOutput(graph, stages, plan, cut);
    scheduleProducts(graph, stages, plan);
    scheduleInput(graph, stages, plan, shape);
    scheduleWeights(stages, plan, shape);
  }

private:
  static std::vector<Tile> tilesOf(TileProblem problem) {
    // rankTiles takes several rows only where a row of tiles fits whole.
    return rankTiles(problem, 6);
  }

  /// Loops of the output.
  struct Loops {
    Var tileX{"tileX"}, tileY{"tileY"}, inX{"inX"}, inY{"inY"}, strip{"strip"}, block{"block"}, inBlock{"inBlock"},
        vector{"vector"}, lane{"lane"}, task{"task"};
  };

  static void scheduleOutput(Graph &graph, WinogradStages &s, const Plan &plan, const ChannelCut &cut) {
    Func output = graph.outputs[0];
    const std::vector<Var> args = output.args();
    Loops l;
    output.split(args[0], l.tileX, l.inX, plan.outputs, TailStrategy::GuardWithIf)
        .split(args[1], l.tileY, l.inY, plan.outputs, TailStrategy::GuardWithIf)
        .split(l.tileY, l.strip, l.tileY, int32_t(plan.tile.rows), TailStrategy::GuardWithIf)
        .split(args[2], l.block, l.inBlock, int32_t(plan.block),
               cut.channels % plan.block ? TailStrategy::Predicate : TailStrategy::RoundUp)
        .split(l.inBlock, l.vector, l.lane, int32_t(plan.lanes))
        .reorder(l.lane, l.inX, l.inY, l.vector, l.tileX, l.tileY, l.block, l.strip, args[3])
        .vectorize(l.lane)
        .unroll(l.inX)
        .unroll(l.inY)
        .fuse(l.strip, args[3], l.task);
    if (plan.parallel)
      output.parallel(l.task);
    s.outputRows.compute_at(output, l.vector)
        .store_in(MemoryType::Stack)
        .bound_extent(s.outputRows.args()[0], int32_t(plan.lanes))
        .bound_extent(s.x, 1)
        .bound_extent(s.y, 1)
        .vectorize(s.outputRows.args()[0], int32_t(plan.lanes))
        .unroll(s.j)
        .unroll(s.outputRows.args()[3]);
    s.outputRows.bound(s.outputRows.args()[3], 0, plan.outputs).bound(s.j, 0, plan.outputs + 2);
  }

  static void scheduleProducts(Graph &graph, WinogradStages &s, const Plan &plan) {
    Loops l;
    Var column("columnOfTiles");
    const int points = plan.outputs + 2;
    s.product.compute_at(graph.outputs[0], l.block)
        .store_in(MemoryType::Heap)
        .bound_extent(s.c, int32_t(plan.block))
        .bound_extent(s.x, int32_t(plan.tilesX))
        .bound_extent(s.y, int32_t(plan.tile.rows))
        .bound(s.i, 0, points)
        .bound(s.j, 0, points)
        .split(s.x, column, s.x, int32_t(plan.tile.pixels), TailStrategy::ShiftInwards)
        .split(s.c, l.vector, l.lane, int32_t(plan.lanes))
        .reorder(l.lane, l.vector, s.x, s.y, column, s.j, s.i)
        .vectorize(l.lane)
        .unroll(l.vector)
        .unroll(s.x)
        .unroll(s.y);
    s.tile.compute_at(s.product, column)
        .store_in(MemoryType::Stack)
        .bound_extent(s.c, int32_t(plan.block))
        .bound_extent(s.x, int32_t(plan.tile.pixels))
        .bound_extent(s.y, int32_t(plan.tile.rows))
        .vectorize(s.c, int32_t(plan.lanes))
        .unroll(s.c)
        .unroll(s.x)
        .unroll(s.y);
    s.tile.update()
        .split(s.c, l.vector, l.lane, int32_t(plan.lanes))
        .reorder(l.lane, l.vector, s.x, s.y, s.sum.x)
        .vectorize(l.lane)
        .unroll(l.vector)
        .unroll(s.x)
        .unroll(s.y);
  }

  static void scheduleInput(Graph &graph, WinogradStages &s, const Plan &plan, const ConvShape &shape) {
    Loops l;
    const int points = plan.outputs + 2;
    const int32_t lanes = int32_t(plan.lanes), channels = int32_t(ceilDiv(shape.inChannels, plan.lanes) * plan.lanes);
    const std::vector<Var> rows = s.inputRows.args();
    s.input.compute_at(graph.outputs[0], l.task)
        .store_in(MemoryType::Heap)
        .align_storage(s.k, channels + lanes)
        .bound_extent(s.x, int32_t(plan.tilesX))
        .bound_extent(s.y, int32_t(plan.tile.rows))
        .bound_extent(s.k, channels)
        .bound(s.i, 0, points)
        .bound(s.j, 0, points)
        .split(s.k, l.vector, l.lane, lanes)
        .reorder(l.lane, s.j, s.i, l.vector, s.x, s.y)
        .vectorize(l.lane)
        .unroll(s.i)
        .unroll(s.j);
    s.inputRows.compute_at(s.input, l.vector)
        .store_in(MemoryType::Stack)
        .bound_extent(s.k, lanes)
        .bound_extent(rows[1], points)
        .bound(s.i, 0, points)
        .reorder(s.k, s.i, rows[1])
        .vectorize(s.k, lanes)
        .unroll(s.i)
        .unroll(rows[1]);
  }

  static void scheduleWeights(WinogradStages &s, const Plan &plan, const ConvShape &shape) {
    Loops l;
    const int points = plan.outputs + 2;
    const int32_t lanes = int32_t(plan.lanes);
    const std::vector<Var> rows = s.weightRows.args();
    s.weights.compute_root()
        .store_in(MemoryType::Heap)
        .align_storage(s.k, int32_t(shape.inChannels) + 1) // Else the points' streams meet in few sets of the cache.
        .bound_extent(s.c, int32_t(plan.block))
        .split(s.c, l.vector, l.lane, lanes)
        .reorder(l.lane, s.j, s.i, l.vector, s.k, s.b)
        .vectorize(l.lane)
        .unroll(s.i)
        .unroll(s.j);
    s.weights.bound(s.i, 0, points).bound(s.j, 0, points).bound(s.k, 0, int32_t(shape.inChannels));
    if (plan.parallel)
      s.weights.fuse(s.k, s.b, l.task).split(l.task, l.task, l.strip, 64, TailStrategy::GuardWithIf).parallel(l.task);
    s.weightRows.compute_at(s.weights, l.vector)
        .store_in(MemoryType::Stack)
        .bound_extent(s.c, lanes)
        .bound(s.i, 0, points)
        .bound(rows[4], 0, 3)
        .vectorize(s.c, lanes)
        .unroll(s.i)
        .unroll(rows[4]);
  }
};

} // namespace

void registerWinograd(Registry &registry) { registry.add<ConvWinograd>(); }

} // namespace convoy::schedules
