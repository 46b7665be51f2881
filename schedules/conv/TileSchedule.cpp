#include "schedules/conv/TileSchedule.h"
#include "schedules/core/Loops.h"
#include "schedules/core/Tensors.h"

#include <algorithm>

using namespace Halide;

namespace convoy::schedules {

namespace {

/// The loops of the output that cut it into tiles, and the one that counts tasks.
struct TileLoops {
  Var tile{"tile"}, tileRow{"tileRow"}, block{"block"}, group{"group"}, part{"part"}, task{"task"};
  Var pixel{"pixel"}, row{"row"}, inBlock{"inBlock"}, lane{"lane"}, laneGroup{"laneGroup"}, vector{"vector"};
};

/// Arguments that no tile cuts, innermost first.
std::vector<Var> outerArguments(const Func &output, const TilePlan &plan) {
  std::vector<Var> outer;
  for (int i = 0; i < output.dimensions(); ++i)
    if (i != plan.channel && i != plan.pixel && i != plan.row)
      outer.push_back(output.args()[i]);
  return outer;
}

struct Cut {
  Expr extent;
  int64_t step, parts;
};

/// Splits a loop over steps of an extent into equal parts: `part` outside, `loop` inside.
void cutEvenly(Stage &stage, const Var &loop, const Var &part, const Cut &cut) {
  Expr steps = (cut.extent + int32_t(cut.step - 1)) / int32_t(cut.step);
  Expr perPart = max(1, (steps + int32_t(cut.parts - 1)) / int32_t(cut.parts));
  stage.split(loop, part, loop, simplify(perPart), TailStrategy::GuardWithIf);
}

/// One stage of the output (a specialisation has loops of its own).
void storeTiles(Stage output, const std::vector<Var> &args, const std::vector<Var> &outer, const TilePlan &plan,
                int64_t pixels) {
  TileLoops loops;
  const TailStrategy channelTail = plan.channelTail == ChannelTail::Exact     ? TailStrategy::RoundUp
                                   : plan.channelTail == ChannelTail::Guarded ? TailStrategy::Predicate
                                                                              : TailStrategy::ShiftInwards;
  const TailStrategy pixelTail = plan.guardPixels ? TailStrategy::GuardWithIf : TailStrategy::ShiftInwards;
  output.split(args[plan.channel], loops.block, loops.inBlock, int32_t(plan.tile.vectors * plan.lanes), channelTail)
      .split(loops.inBlock, loops.vector, loops.lane, int32_t(plan.lanes))
      .split(args[plan.pixel], loops.tile, loops.pixel, int32_t(pixels), pixelTail);
  std::vector<VarOrRVar> order{loops.lane, loops.vector, loops.pixel};
  if (plan.row >= 0) {
    output.split(args[plan.row], loops.tileRow, loops.row, int32_t(plan.tile.rows), pixelTail);
    order.insert(order.end(), {loops.row, loops.tile});
  }
  Var cut = plan.row >= 0 ? loops.tileRow : loops.tile;
  Expr steps = plan.row >= 0 ? plan.rows : plan.pixels;
  cutEvenly(output, cut, loops.group, {steps, plan.row >= 0 ? plan.tile.rows : pixels, plan.groups});
  if (plan.blocksInside) {
    cutEvenly(output, loops.block, loops.part, {plan.channels, plan.tile.vectors * plan.lanes, plan.parts});
    order.insert(plan.row >= 0 ? order.end() - 1 : order.end(), loops.block);
  }
  const Var channels = plan.blocksInside ? loops.part : loops.block;
  const Var &inner = plan.rowsOutside ? channels : loops.group, &around = plan.rowsOutside ? loops.group : channels;
  order.insert(order.end(), {cut, inner, around});
  order.insert(order.end(), outer.begin(), outer.end());
  output.reorder(order).vectorize(loops.lane).unroll(loops.vector).unroll(loops.pixel);
  if (plan.row >= 0)
    output.unroll(loops.row);
  output.fuse(inner, around, loops.task);
  for (const Var &argument : outer)
    output.fuse(loops.task, argument, loops.task);
  if (plan.parallel)
    output.parallel(loops.task);
}

/// Definition of the sum's start or update: all of the tile unrolled, the sum's variables around it.
void sumTile(Stage stage, const std::vector<Var> &args, std::vector<RVar> sums, const TilePlan &plan) {
  TileLoops loops;
  stage.split(args[plan.channel], loops.vector, loops.lane, int32_t(plan.lanes), TailStrategy::RoundUp);
  std::vector<VarOrRVar> order{loops.lane, loops.vector, args[plan.pixel]};
  if (plan.row >= 0)
    order.push_back(args[plan.row]);
  if (plan.depth > 1 && !sums.empty()) {
    order.insert(order.begin(), sums.front());
    stage.atomic().vectorize(sums.front());
    sums.erase(sums.begin());
  }
  if (plan.tapsInside && !sums.empty())
    std::rotate(sums.begin(), sums.begin() + 1, sums.end());
  order.insert(order.end(), sums.begin(), sums.end());
  // Lanes of a group read the same input element: one load per group, spread over its lanes.
  if (plan.groupLanes > 0) {
    stage.split(loops.lane, loops.laneGroup, loops.lane, int32_t(plan.groupLanes));
    order.insert(order.begin() + 1, loops.laneGroup);
  }
  stage.reorder(order).vectorize(loops.lane).unroll(loops.vector).unroll(args[plan.pixel]);
  if (plan.groupLanes > 0)
    stage.vectorize(loops.laneGroup);
  if (plan.row >= 0)
    stage.unroll(args[plan.row]);
  for (size_t i = 0; i < sums.size(); ++i)
    if (plan.unroll == 0 || (plan.tapsInside && i + 1 < sums.size()))
      stage.unroll(sums[i]);
  if (!sums.empty() && plan.unroll > 1 && !plan.tapsInside)
    stage.unroll(sums[0], int32_t(plan.unroll), TailStrategy::GuardWithIf);
}

/// How many steps of each reduction variable one partial sum takes: `plan.partial` at most in all, never a few, and
/// only parts that divide what they are part of.
std::vector<int64_t> stepsOfPart(const Func &sum, const TilePlan &plan) {
  std::vector<int64_t> taken;
  int64_t steps = 1, whole = 1;
  for (const Internal::ReductionVariable &r : sum.function().update(0).schedule().rvars()) {
    const auto extent = Internal::as_const_int(simplify(r.extent));
    if (!extent)
      return {};
    int64_t most = whole == steps ? std::min(*extent, plan.partial / steps) : 1;
    while (most > 1 && *extent % most != 0)
      --most;
    most = std::max<int64_t>(most, 1);
    taken.push_back(most);
    steps *= most;
    whole *= *extent;
  }
  return steps * 3 < plan.partial || whole * 2 <= plan.partial * 3 ? std::vector<int64_t>() : taken;
}

/// The sum's steps that partial sums do not take, outermost last; the sum of a part.
struct CutSum {
  std::vector<RVar> outer;
  Func part;
};

CutSum cutSum(Func sum, const TilePlan &plan) {
  CutSum cut;
  const std::vector<int64_t> taken = stepsOfPart(sum, plan);
  std::vector<std::pair<RVar, Var>> preserved;
  const std::vector<RVar> sums = sum.rvars(0);
  for (size_t i = 0; i < taken.size(); ++i) {
    const auto extent = Internal::as_const_int(simplify(sum.function().update(0).schedule().rvars()[i].extent));
    RVar outer = sums[i];
    if (taken[i] == *extent)
      continue;
    if (taken[i] > 1) {
      outer = RVar("parts" + std::to_string(i));
      sum.update().split(sums[i], outer, RVar("step" + std::to_string(i)), int32_t(taken[i]));
    }
    preserved.emplace_back(outer, Var("part" + std::to_string(i)));
    cut.outer.push_back(outer);
  }
  if (!preserved.empty())
    cut.part = sum.update().rfactor(preserved);
  return cut;
}

/// The tile of a Func that runs over the output's arguments.
void placeTile(Func tile, const std::vector<Var> &args, const TilePlan &plan, bool narrow) {
  std::vector<Var> storage{args[plan.channel]};
  std::copy_if(args.begin(), args.end(), std::back_inserter(storage),
               [&](const Var &argument) { return argument.name() != args[plan.channel].name(); });
  tile.store_in(MemoryType::Stack).reorder_storage(storage);
  tile.bound_extent(args[plan.channel], int32_t(plan.tile.vectors * plan.lanes));
  if (!narrow)
    tile.bound_extent(args[plan.pixel], int32_t(plan.tile.pixels));
  if (plan.row >= 0)
    tile.bound_extent(args[plan.row], int32_t(plan.tile.rows));
}

/// Schedules the sum of a tile; the Func that sums in registers: itself or, if it is cut, that of a part.
Func placeSum(Func sum, const LoopLevel &at, const std::vector<Var> &args, const TilePlan &plan, bool narrow) {
  sum.compute_at(at);
  placeTile(sum, args, plan, narrow);
  sumTile(sum, args, {}, plan);
  const CutSum cut = plan.partial > 0 && plan.depth <= 1 ? cutSum(sum, plan) : CutSum();
  if (!cut.part.defined()) {
    sumTile(sum.update(), args, sum.rvars(0), plan);
    return sum;
  }
  TilePlan total = plan;
  total.unroll = 1;
  sumTile(sum.update(), args, cut.outer, total);
  Func part = cut.part;
  part.compute_at(sum, cut.outer.front());
  placeTile(part, args, plan, narrow);
  sumTile(part, args, {}, plan);
  sumTile(part.update(), args, part.rvars(0), plan);
  return part;
}

} // namespace

Var rowLoop() { return TileLoops().tileRow; }

Var tileLoop(const TilePlan &plan) { return plan.blocksInside ? TileLoops().block : TileLoops().tile; }

Var taskLoop() { return TileLoops().task; }

void streamWeights(Graph &graph, int tensor, const TilePlan &plan, int64_t blockElements) {
  auto extentOf = [](const Expr &extent) {
    auto known = Internal::as_const_int(simplify(extent));
    return known ? int64_t(*known) : 0;
  };
  auto parts = [](int64_t extent, int64_t part) { return (extent + part - 1) / part; };
  const TileProblem machine = machineOf(graph.kernel->target());
  const int64_t columns = parts(extentOf(plan.pixels), plan.tile.pixels);
  const int64_t rows = plan.row >= 0 ? parts(extentOf(plan.rows), plan.tile.rows) : 1;
  const int64_t tiles = plan.row >= 0 ? columns * parts(rows, plan.groups) : parts(columns, plan.groups);
  const int64_t bytes = elements(graph.tensorOf(tensor)) * bytesOf(graph.tensorOf(tensor).type());
  if (tiles < 2 || bytes < 2 * machine.l1 || plan.blocksInside)
    return;
  // All weights of a network stay in the third cache: measured, nothing is won.
  if (bytesOf(graph.tensorOf(tensor).type()) == 1)
    return;
  // A core takes tasks that follow each other.
  graph.stream =
      WeightStream{graph.inputs[graph.inputOf(tensor)], blockElements, blockElements, {}, TileLoops().task.name()};
}

void scheduleTiles(Graph &graph, Func sum, const TilePlan &plan) {
  Func output = graph.outputs[0];
  const std::vector<Var> args = output.args(), outer = outerArguments(output, plan);
  const bool narrow = plan.symbolic && plan.tile.pixels > 1 && !plan.guardPixels;
  if (narrow)
    storeTiles(output.specialize(plan.pixels >= int32_t(plan.tile.pixels)), args, outer, plan, plan.tile.pixels);
  storeTiles(output, args, outer, plan, narrow ? 1 : plan.tile.pixels);

  placeLookups(graph, [&](Func func) {
    func.compute_at(output, tileLoop(plan));
    placeTile(func, args, plan, narrow);
    sumTile(func, args, {}, plan);
  });
  Func summing = placeSum(sum, LoopLevel(output, tileLoop(plan)), args, plan, narrow);
  if (graph.stream)
    graph.stream->sum = summing.name();
}

void scheduleSum(Func sum, const LoopLevel &at, const TilePlan &plan) { placeSum(sum, at, sum.args(), plan, false); }

void schedulePerTask(Graph &graph, Func perChannel, const TilePlan &plan) {
  const Var channel = perChannel.args()[0];
  TileLoops loops;
  if (plan.blocksInside)
    perChannel.compute_root();
  else
    perChannel.compute_at(graph.outputs[0], loops.task).bound_extent(channel, int32_t(plan.tile.vectors * plan.lanes));
  perChannel.store_in(MemoryType::Stack);
  perChannel.vectorize(channel, int32_t(plan.lanes), TailStrategy::RoundUp);
  Stage update = perChannel.update();
  const std::vector<RVar> sums = perChannel.rvars(0);
  update.split(channel, loops.vector, loops.lane, int32_t(plan.lanes), TailStrategy::RoundUp);
  if (plan.blocksInside) {
    std::vector<VarOrRVar> order{sums[0], loops.lane};
    order.insert(order.end(), sums.begin() + 1, sums.end());
    order.emplace_back(loops.vector);
    update.reorder(order).atomic().vectorize(sums[0]).vectorize(loops.lane);
    return;
  }
  std::vector<VarOrRVar> order{sums[0], loops.lane, loops.vector};
  order.insert(order.end(), sums.begin() + 1, sums.end());
  update.reorder(order).atomic().vectorize(sums[0]).vectorize(loops.lane).unroll(loops.vector);
}

} // namespace convoy::schedules
