#include "schedules/conv/Operands.h"
#include "schedules/core/Tensors.h"
#include "schedules/winograd/Common.h"
#include "schedules/winograd/Templates.h"

#include <algorithm>
#include <cmath>

using namespace Halide;

namespace convoy::schedules {

namespace {

/// For many channels and few tiles, whose transformed weights are more than caches hold: a task owns a block of output
/// channels. It sums over parts of the input channels; the weights of a part are transformed into the second cache, or
/// in registers where they meet few tiles. The input is transformed before.
class WinogradBlocks : public WinogradTemplate {
public:
  std::string name() const override { return "conv_winograd_blocks"; }

  std::vector<Knob> knobs() const override {
    return {{"outputs", 2, 4, "outputs of a tile along each axis: 2 or 4"},
            {"vectors", 1, 8, "vectors of output channels in a product"},
            {"pixels", 1, 28, "tiles along x in a product"},
            {"rows", 1, 7, "rows of tiles in a product"},
            {"chunk", 1, 65536, "input channels whose weights are transformed at once"},
            {"registers", 0, 1, "1: weights are transformed in registers; a product holds a column of points"},
            {"strip", 0, 65536, "rows of tiles in a task; 0: all"}};
  }

  double estimate(const proto::Kernel &kernel, const proto::Schedule &schedule) const override {
    const ConvShape shape = convShape(kernel, kernel.anchor());
    const WinogradPlan plan = planOf(kernel, schedule);
    TileProblem problem = winogradProblem(kernel, shape, plan.outputs);
    const int64_t blocks = ceilDiv(problem.channelVectors, plan.tile.vectors),
                  batch = std::max<int64_t>(1, shape.batch);
    const int64_t strips = plan.tilesY / plan.strip;
    const double tiles = double(plan.tilesX * plan.tilesY * batch), points = double(plan.points() * plan.points());
    const double weightVectors = double(shape.inChannels * blocks * plan.tile.vectors);
    double cycles = 0;
    if (plan.inRegisters) {
      cycles = weightVectors * ceilDiv(int64_t(tiles), plan.tile.pixels * plan.tile.rows) *
               (registerCycles * plan.points() + 0.65 * points * double(plan.tile.pixels * plan.tile.rows));
    } else {
      problem.width = plan.tilesX;
      problem.height = plan.tilesY;
      problem.depth = plan.chunk;
      problem.outer *= plan.parts;
      cycles = tileCycles(problem, plan.tile) + weightVectors * double(strips * batch) * weightCycles(points);
    }
    const double inVectors = double(ceilDiv(shape.inChannels, plan.lanes));
    const double perBlock = tiles / double(strips * batch) * points * 4;
    if (perBlock * double(plan.chunk + plan.block) > double(problem.l2)) // Sums and input wait for the third cache.
      cycles += double(blocks * strips * batch * plan.parts) * perBlock * double(plan.chunk + 2 * plan.block) / l3Rate;
    cycles += tiles * points * (3.2 * inVectors + 2.6 * double(problem.channelVectors));
    const double tasks = double(blocks * strips * batch);
    const double rounds = std::ceil(tasks / double(problem.cores)) / tasks;
    return winogradCaution * (cycles / clockHz * 1e6 * rounds + 2);
  }

  std::vector<proto::Schedule> rank(const proto::Kernel &kernel) const override {
    const ConvShape shape = convShape(kernel, kernel.anchor());
    std::vector<proto::Schedule> schedules;
    for (int outputs : {4, 2}) {
      const TileProblem problem = winogradProblem(kernel, shape, outputs);
      for (const Tile &tile : rankTiles(problem, 6))
        schedules.push_back(scheduleOf(outputs, tile, chunkOf(problem, outputs, tile), false));
      for (const Tile &tile : registerTiles(problem, outputs))
        schedules.push_back(scheduleOf(outputs, tile, divisor(shape.inChannels, 64), true));
    }
    return bestOf(kernel, std::move(schedules));
  }

  /// Input channels outside of the window: the weights of a part follow each other.
  proto::Layout wantedLayout(const proto::Kernel &kernel, const proto::Schedule &schedule, int input) const override {
    const ConvShape shape = convShape(kernel, kernel.anchor());
    if (kernel.inputs(input) != shape.weight)
      return WinogradTemplate::wantedLayout(kernel, schedule, input);
    return packedLayout(0, {1, 2, 3}, planOf(kernel, schedule).block);
  }

protected:
  WinogradPlan planOf(const proto::Kernel &kernel, const proto::Schedule &schedule) const override {
    const ConvShape shape = convShape(kernel, kernel.anchor());
    WinogradPlan plan = commonPlan(kernel, shape, schedule);
    const int64_t chunk = knob(schedule, "chunk", 64);
    plan.chunk = shape.inChannels % chunk == 0 ? chunk : shape.inChannels;
    plan.parts = shape.inChannels / plan.chunk;
    plan.columns = plan.tilesX = ceilDiv(plan.tilesX, plan.tile.pixels) * plan.tile.pixels;
    const int64_t strip = knob(schedule, "strip", 0);
    plan.strip = ceilDiv(strip == 0 ? plan.tilesY : std::min(strip, plan.tilesY), plan.tile.rows) * plan.tile.rows;
    plan.tilesY = ceilDiv(plan.tilesY, plan.strip) * plan.strip;
    plan.imageByImage = shape.batch < 0;
    plan.inRegisters = knob(schedule, "registers", 0) == 1;
    return plan;
  }

  void scheduleStages(Graph &graph, WinogradStages &s, const WinogradPlan &plan,
                      const ConvShape &shape) const override {
    WinogradLoops l;
    scheduleWinogradOutput(graph, s, plan, false);
    const Func part = scheduleProducts(graph, s, plan);
    if (isPacked(graph.tensorOf(shape.weight), 0, plan.block))
      streamWeights(graph, shape, plan, part);
    scheduleWinogradInput(s, plan, plan.chunk);
    if (plan.imageByImage)
      s.input.compute_at(graph.outputs[0], graph.outputs[0].args()[3]);
    else
      s.input.compute_root();
    s.input.bound_extent(s.x, int32_t(plan.tilesX)).bound_extent(s.y, int32_t(plan.tilesY));
    if (plan.parallel && plan.imageByImage)
      s.input.parallel(s.y);
    else if (plan.parallel)
      s.input.fuse(s.y, s.n, l.task).parallel(l.task);
    if (plan.inRegisters)
      return;
    scheduleWinogradWeights(s, plan, plan.chunk);
    s.weights.compute_at(s.tile, s.sum.y).bound_extent(s.k, int32_t(plan.chunk));
  }

private:
  /// Cycles in which the weights of one input channel and a vector of output channels are transformed and stored.
  static double weightCycles(double points) { return 2.4 * points; }
  /// Bytes per cycle.
  static constexpr double l3Rate = 20;
  /// Cycles, per row of points, in which they are transformed in registers.
  static constexpr double registerCycles = 3.5;

  proto::Schedule scheduleOf(int outputs, const Tile &tile, int64_t chunk, bool inRegisters) const {
    proto::Schedule schedule;
    schedule.set_template_name(name());
    auto &knobs = *schedule.mutable_knobs();
    knobs["outputs"] = outputs;
    knobs["vectors"] = tile.vectors;
    knobs["pixels"] = tile.pixels;
    knobs["rows"] = tile.rows;
    knobs["chunk"] = chunk;
    if (inRegisters)
      knobs["registers"] = 1;
    return schedule;
  }

  /// The largest divisor that is at most `most`.
  static int64_t divisor(int64_t channels, int64_t most) {
    int64_t found = std::min(channels, most);
    while (channels % found != 0)
      --found;
    return found;
  }

  /// A part's weights and input and all sums of a block should stay in the second cache.
  static int64_t chunkOf(const TileProblem &problem, int outputs, const Tile &tile) {
    const int64_t block = tile.vectors * problem.lanes, tiles = problem.width * problem.height;
    for (int64_t chunk : {64, 32}) {
      const int64_t elements = chunk * block + tiles * (chunk + block);
      if (elements * (outputs + 2) * (outputs + 2) * 4 < problem.l2)
        return divisor(problem.depth, chunk);
    }
    return divisor(problem.depth, 16);
  }

  /// One vector of channels, a row of points and all tiles, or a row of them.
  static std::vector<Tile> registerTiles(const TileProblem &problem, int outputs) {
    std::vector<Tile> tiles;
    for (int64_t rows : {problem.height, int64_t(1)})
      if (Tile tile{1, problem.width * (outputs + 2), rows}; fitsRegisters(tile, problem.registers - 4) && rows < 8)
        tiles.push_back({1, problem.width, rows});
    return tiles;
  }

  static Func scheduleProducts(Graph &graph, WinogradStages &s, const WinogradPlan &plan) {
    WinogradLoops l;
    const int32_t lanes = int32_t(plan.lanes), points = plan.points();
    const int32_t pixels = int32_t(plan.tile.pixels), rows = int32_t(plan.tile.rows);
    // In registers: the sums of a part over its channels.
    Func part = s.tile.update().rfactor(s.sum.y, s.part);
    s.tile.compute_at(graph.outputs[0], l.task)
        .store_in(MemoryType::Heap)
        .align_storage(s.y, int32_t(plan.strip) | 1) // Else points meet in few sets of the cache.
        .bound_extent(s.c, int32_t(plan.block))
        .bound_extent(s.x, int32_t(plan.tilesX))
        .bound_extent(s.y, int32_t(plan.strip))
        .bound(s.i, 0, points)
        .bound(s.j, 0, points)
        .vectorize(s.c, lanes);
    Stage total = s.tile.update();
    total.split(s.c, l.vector, l.lane, lanes)
        .split(s.x, l.groupX, s.x, pixels, TailStrategy::RoundUp)
        .split(s.y, l.groupY, s.y, rows, TailStrategy::RoundUp);
    if (plan.inRegisters)
      total.reorder({l.lane, l.vector, s.x, s.y, s.j, l.groupX, l.groupY, s.i, s.sum.y}).unroll(s.i).unroll(s.j);
    else
      total.reorder({l.lane, l.vector, s.x, s.y, l.groupX, l.groupY, s.j, s.i, s.sum.y});
    total.vectorize(l.lane).unroll(l.vector).unroll(s.x).unroll(s.y);
    part.compute_at(s.tile, l.groupX)
        .store_in(MemoryType::Stack)
        .bound_extent(s.c, int32_t(plan.block))
        .bound_extent(s.x, pixels)
        .bound_extent(s.y, rows)
        .vectorize(s.c, lanes)
        .unroll(s.c)
        .unroll(s.x)
        .unroll(s.y);
    std::vector<VarOrRVar> order{l.lane, l.vector, s.x, s.y};
    if (plan.inRegisters) {
      part.unroll(s.j);
      order.push_back(s.j);
    }
    order.push_back(s.sum.x);
    part.update()
        .split(s.c, l.vector, l.lane, lanes)
        .reorder(order)
        .vectorize(l.lane)
        .unroll(l.vector)
        .unroll(s.x)
        .unroll(s.y);
    if (plan.inRegisters)
      part.update().unroll(s.j);
    return part;
  }

  /// While a part is multiplied, the weights of the next one are asked for.
  static void streamWeights(Graph &graph, const ConvShape &shape, const WinogradPlan &plan, const Func &part) {
    const int64_t partElements = plan.block * shape.taps() * plan.chunk;
    graph.stream = WeightStream{graph.inputs[graph.inputOf(shape.weight)],
                                partElements * plan.parts,
                                partElements,
                                part.name(),
                                WinogradLoops().task.name(),
                                plan.inRegisters ? plan.points() : 1};
  }
};

} // namespace

void registerWinogradBlocks(Registry &registry) { registry.add<WinogradBlocks>(); }

} // namespace convoy::schedules
