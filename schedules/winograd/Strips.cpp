#include "schedules/core/Tensors.h"
#include "schedules/winograd/Common.h"
#include "schedules/winograd/Templates.h"

#include <algorithm>

using namespace Halide;

namespace convoy::schedules {

namespace {

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

/// For many tiles and few channels: a task owns rows of tiles. It transforms their input, multiplies per point and
/// block of channels, and transforms back into the store. All weights are transformed at the start of each run.
class WinogradStrips : public WinogradTemplate {
public:
  std::string name() const override { return "conv_winograd"; }

  std::vector<Knob> knobs() const override {
    return {{"outputs", 2, 4, "outputs of a tile along each axis: 2 or 4"},
            {"vectors", 1, 8, "vectors of output channels in a product"},
            {"pixels", 1, 28, "tiles along x in a product"},
            {"rows", 1, 7, "rows of tiles in a product and in a task"},
            {"columns", 0, 65536, "tiles along x in a task; 0: all"}};
  }

  double estimate(const proto::Kernel &kernel, const proto::Schedule &schedule) const override {
    const ConvShape shape = convShape(kernel, kernel.anchor());
    const int outputs = int(knob(schedule, "outputs", 4));
    const TileProblem problem = winogradProblem(kernel, shape, outputs);
    const Tile tile{knob(schedule, "vectors", 1), knob(schedule, "pixels", 1), knob(schedule, "rows", 1)};
    const double cycles = tileCycles(problem, tile) + transformCycles(problem, shape, outputs);
    const int64_t tasks = ceilDiv(problem.height, tile.rows) * std::max<int64_t>(1, shape.batch);
    const double rounds = double(ceilDiv(tasks, problem.cores)) / double(tasks);
    return winogradCaution * (cycles / clockHz * 1e6 * rounds + 2);
  }

  std::vector<proto::Schedule> rank(const proto::Kernel &kernel) const override {
    const ConvShape shape = convShape(kernel, kernel.anchor());
    std::vector<proto::Schedule> schedules;
    for (int outputs : {4, 2})
      // rankTiles takes several rows only where a row of tiles fits whole.
      for (const Tile &tile : rankTiles(winogradProblem(kernel, shape, outputs), 6)) {
        proto::Schedule &schedule = schedules.emplace_back();
        schedule.set_template_name(name());
        auto &knobs = *schedule.mutable_knobs();
        knobs["outputs"] = outputs;
        knobs["vectors"] = tile.vectors;
        knobs["pixels"] = tile.pixels;
        knobs["rows"] = tile.rows;
        if (const int64_t columns = columnsOf(winogradProblem(kernel, shape, outputs), outputs, tile); columns > 0)
          knobs["columns"] = columns;
      }
    return bestOf(kernel, std::move(schedules));
  }

protected:
  WinogradPlan planOf(const proto::Kernel &kernel, const proto::Schedule &schedule) const override {
    WinogradPlan plan = commonPlan(kernel, convShape(kernel, kernel.anchor()), schedule);
    plan.strip = plan.tile.rows;
    const int64_t columns = knob(schedule, "columns", 0);
    plan.columns = columns == 0 ? plan.tilesX : std::clamp(columns, plan.tile.pixels, plan.tilesX);
    plan.tilesX = ceilDiv(plan.tilesX, plan.columns) * plan.columns;
    plan.tilesY = ceilDiv(plan.tilesY, plan.strip) * plan.strip;
    return plan;
  }

  void scheduleStages(Graph &graph, WinogradStages &s, const WinogradPlan &plan,
                      const ConvShape &shape) const override {
    scheduleWinogradOutput(graph, s, plan, true);
    scheduleProducts(graph, s, plan);
    scheduleWinogradInput(s, plan, shape.inChannels);
    s.input.compute_at(graph.outputs[0], WinogradLoops().task)
        .bound_extent(s.x, int32_t(plan.columns))
        .bound_extent(s.y, int32_t(plan.tile.rows));
    scheduleWinogradWeights(s, plan, shape.inChannels);
    s.weights.compute_root().bound(s.k, 0, int32_t(shape.inChannels));
    WinogradLoops l;
    if (plan.parallel)
      s.weights.fuse(s.k, s.b, l.task).split(l.task, l.task, l.strip, 64, TailStrategy::GuardWithIf).parallel(l.task);
  }

private:
  /// As many tiles as the second cache holds with their transformed input and a block's sums, beside the weights: 256
  /// pixels of 32 channels at once took 2.6 ms, 64 of them 1.7.
  static int64_t columnsOf(const TileProblem &problem, int outputs, const Tile &tile) {
    const int64_t channels = problem.depth + tile.vectors * problem.lanes;
    const int64_t bytes = (outputs + 2) * (outputs + 2) * tile.rows * channels * 4;
    const int64_t columns = std::max<int64_t>(1, problem.l2 / 4 / (bytes * tile.pixels)) * tile.pixels;
    return columns < problem.width ? columns : 0;
  }

  static void scheduleProducts(Graph &graph, WinogradStages &s, const WinogradPlan &plan) {
    WinogradLoops l;
    const int points = plan.points();
    s.product.compute_at(graph.outputs[0], l.block)
        .store_in(MemoryType::Heap)
        .bound_extent(s.c, int32_t(plan.block))
        .bound_extent(s.x, int32_t(plan.columns))
        .bound_extent(s.y, int32_t(plan.tile.rows))
        .bound(s.i, 0, points)
        .bound(s.j, 0, points)
        .split(s.x, l.groupX, s.x, int32_t(plan.tile.pixels), TailStrategy::ShiftInwards)
        .split(s.c, l.vector, l.lane, int32_t(plan.lanes))
        .reorder(l.lane, l.vector, s.x, s.y, l.groupX, s.j, s.i)
        .vectorize(l.lane)
        .unroll(l.vector)
        .unroll(s.x)
        .unroll(s.y);
    s.tile.compute_at(s.product, l.groupX)
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
};

} // namespace

void registerWinogradStrips(Registry &registry) { registry.add<WinogradStrips>(); }

} // namespace convoy::schedules
