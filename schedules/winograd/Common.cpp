#include "schedules/winograd/Common.h"
#include "schedules/conv/Operands.h"
#include "schedules/core/Algorithm.h"
#include "schedules/core/Tensors.h"

using namespace Halide;

namespace convoy::schedules {

std::string WinogradTemplate::misfit(const proto::Kernel &kernel) const {
  if (std::string misfit = convolutionMisfit(kernel); !misfit.empty())
    return misfit;
  const ConvShape shape = convShape(kernel, kernel.anchor());
  if (!isFloat(kernel.tensors(shape.input).type()))
    return "the anchor does not compute in floats";
  const std::vector<int64_t> three{3, 3}, one{1, 1};
  if (shape.transposed || shape.groups != 1 || shape.kernel != three || shape.strides != one || shape.dilations != one)
    return "the convolution is not 3x3 with stride 1, dilation 1 and one group";
  if (shape.width() < 0 || shape.height() < 0)
    return "extents are symbolic";
  if (!cutChannels(kernel, 1).exact)
    return "output channels are no multiple of a vector";
  return {};
}

proto::Layout WinogradTemplate::wantedLayout(const proto::Kernel &kernel, const proto::Schedule &schedule,
                                             int input) const {
  const ConvShape shape = convShape(kernel, kernel.anchor());
  const int tensor = kernel.inputs(input);
  const int64_t block = planOf(kernel, schedule).block;
  if (auto layout = layoutBesideWeights(kernel, shape, tensor, block))
    return *layout;
  return packedLayout(0, {2, 3, 1}, block);
}

std::vector<proto::Schedule> WinogradTemplate::bestOf(const proto::Kernel &kernel,
                                                      std::vector<proto::Schedule> schedules) const {
  std::sort(schedules.begin(), schedules.end(),
            [&](const auto &a, const auto &b) { return estimate(kernel, a) < estimate(kernel, b); });
  schedules.resize(std::min<size_t>(schedules.size(), 4));
  return schedules;
}

void WinogradTemplate::apply(Graph &graph, const proto::Schedule &schedule) const {
  const proto::Kernel &kernel = *graph.kernel;
  const ConvShape shape = convShape(kernel, kernel.anchor());
  const ChannelCut cut = cutChannels(kernel, 1);
  const WinogradPlan plan = planOf(kernel, schedule);
  if (plan.outputs != 2 && plan.outputs != 4)
    throw CompileError("knob 'outputs' of " + name() + " is 2 or 4");
  const int64_t covered = ceilDiv(cut.channels, plan.block) * plan.block;
  if (!isPacked(kernel.tensors(shape.weight), 0, plan.block) && covered > shape.outChannels)
    clampReads(graph, shape.weight, 0);
  if (shape.bias >= 0 && !coversChannels(kernel, shape.bias, 0, covered))
    clampReads(graph, shape.bias, 0);
  if (!coversChannels(kernel, shape.input, 1, ceilDiv(shape.inChannels, plan.lanes) * plan.lanes))
    clampReads(graph, shape.input, 1);
  widenOutput(graph, 1, cut.channels);
  WinogradTiles tiles{plan.outputs, plan.block, plan.chunk};
  tiles.roundedUp[0] = plan.tilesY > ceilDiv(shape.outExtents[0], plan.outputs);
  tiles.roundedUp[1] = plan.tilesX > ceilDiv(shape.outExtents[1], plan.outputs);
  WinogradStages stages = buildWinograd(graph, shape, tiles);
  scheduleStages(graph, stages, plan, shape);
}

WinogradPlan commonPlan(const proto::Kernel &kernel, const ConvShape &shape, const proto::Schedule &schedule) {
  WinogradPlan plan;
  plan.outputs = int(knob(schedule, "outputs", 4));
  plan.tile = {knob(schedule, "vectors", 1), knob(schedule, "pixels", 1), knob(schedule, "rows", 1)};
  plan.lanes = vectorLanes(kernel.target(), proto::F32);
  plan.block = plan.tile.vectors * plan.lanes;
  plan.tilesX = ceilDiv(shape.outExtents[1], plan.outputs);
  plan.tilesY = ceilDiv(shape.outExtents[0], plan.outputs);
  plan.parallel = kernel.target().cores() > 1;
  return plan;
}

TileProblem winogradProblem(const proto::Kernel &kernel, const ConvShape &shape, int outputs) {
  TileProblem problem = machineOf(kernel.target());
  problem.channelVectors = ceilDiv(shape.outChannels, problem.lanes);
  problem.width = ceilDiv(shape.outExtents[1], outputs);
  problem.height = ceilDiv(shape.outExtents[0], outputs);
  problem.outer = (outputs + 2) * (outputs + 2) * std::max<int64_t>(1, shape.batch);
  problem.depth = shape.inChannels;
  return problem;
}

void scheduleWinogradOutput(Graph &graph, WinogradStages &s, const WinogradPlan &plan, bool blocksInside) {
  Func output = graph.outputs[0];
  const std::vector<Var> args = output.args();
  const ChannelCut cut = cutChannels(*graph.kernel, 1);
  const int32_t outputs = plan.outputs;
  WinogradLoops l;
  output.split(args[0], l.tileX, l.inX, outputs, TailStrategy::GuardWithIf)
      .split(l.tileX, l.column, l.tileX, int32_t(plan.columns), TailStrategy::GuardWithIf)
      .split(args[1], l.tileY, l.inY, outputs, TailStrategy::GuardWithIf)
      .split(l.tileY, l.strip, l.tileY, int32_t(plan.strip), TailStrategy::GuardWithIf)
      .split(args[2], l.block, l.inBlock, int32_t(plan.block),
             cut.channels % plan.block ? TailStrategy::Predicate : TailStrategy::RoundUp)
      .split(l.inBlock, l.vector, l.lane, int32_t(plan.lanes));
  std::vector<VarOrRVar> order{l.lane, l.inX, l.inY, l.vector, l.tileX, l.tileY};
  if (blocksInside)
    order.insert(order.end(), {l.block, l.column, l.strip, args[3]});
  else
    order.insert(order.end(), {l.column, l.strip, args[3], l.block});
  if (plan.imageByImage)
    order = {l.lane, l.inX, l.inY, l.vector, l.tileX, l.tileY, l.column, l.strip, l.block, args[3]};
  output.reorder(order).vectorize(l.lane).unroll(l.inX).unroll(l.inY);
  if (plan.imageByImage)
    output.fuse(l.column, l.strip, l.task);
  else
    output.fuse(l.strip, args[3], l.task).fuse(l.column, l.task, l.task);
  if (!blocksInside)
    output.fuse(l.task, l.block, l.task);
  if (plan.parallel)
    output.parallel(l.task);
  const Var channel = s.outputRows.args()[0], row = s.outputRows.args()[3];
  s.outputRows.compute_at(output, l.vector)
      .store_in(MemoryType::Stack)
      .bound_extent(channel, int32_t(plan.lanes))
      .bound_extent(s.x, 1)
      .bound_extent(s.y, 1)
      .vectorize(channel, int32_t(plan.lanes))
      .unroll(s.j)
      .unroll(row);
  s.outputRows.bound(row, 0, outputs).bound(s.j, 0, plan.points());
}

void scheduleWinogradInput(WinogradStages &s, const WinogradPlan &plan, int64_t channels) {
  WinogradLoops l;
  const int points = plan.points();
  const int32_t lanes = int32_t(plan.lanes), extent = int32_t(ceilDiv(channels, plan.lanes) * plan.lanes);
  const Var column = s.inputRows.args()[1];
  std::vector<VarOrRVar> order{l.lane, s.j, s.i, l.vector, s.x, s.y, s.n};
  if (plan.chunk > 0) {
    s.input.bound(s.part, 0, int32_t(plan.parts));
    order.insert(order.begin() + 4, s.part);
  }
  s.input.store_in(MemoryType::Heap)
      .align_storage(s.k, extent + lanes) // Else the points' streams meet in few sets of the cache.
      .bound_extent(s.k, extent)
      .bound(s.i, 0, points)
      .bound(s.j, 0, points)
      .split(s.k, l.vector, l.lane, lanes)
      .reorder(order)
      .vectorize(l.lane)
      .unroll(s.i)
      .unroll(s.j);
  s.inputRows.compute_at(s.input, l.vector)
      .store_in(MemoryType::Stack)
      .bound_extent(s.k, lanes)
      .bound_extent(column, points)
      .bound(s.i, 0, points)
      .reorder(s.k, s.i, column)
      .vectorize(s.k, lanes)
      .unroll(s.i)
      .unroll(column);
}

void scheduleWinogradWeights(WinogradStages &s, const WinogradPlan &plan, int64_t channels) {
  WinogradLoops l;
  const int points = plan.points();
  const int32_t lanes = int32_t(plan.lanes);
  const Var column = s.weightRows.args()[4];
  s.weights.store_in(MemoryType::Heap)
      .align_storage(s.k, int32_t(channels) + 1) // Else the points' streams meet in few sets of the cache.
      .bound_extent(s.c, int32_t(plan.block))
      .bound(s.i, 0, points)
      .bound(s.j, 0, points)
      .split(s.c, l.vector, l.lane, lanes)
      .reorder(l.lane, s.j, s.i, l.vector, s.k, s.b)
      .vectorize(l.lane)
      .unroll(s.i)
      .unroll(s.j);
  s.weightRows.compute_at(s.weights, l.vector)
      .store_in(MemoryType::Stack)
      .bound_extent(s.c, lanes)
      .bound(s.i, 0, points)
      .bound(column, 0, 3)
      .vectorize(s.c, lanes)
      .unroll(s.i)
      .unroll(column);
}

} // namespace convoy::schedules
