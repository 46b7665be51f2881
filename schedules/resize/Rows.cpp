#include "schedules/core/Loops.h"
#include "schedules/core/Tensors.h"
#include "schedules/resize/Resize.h"

#include <algorithm>

using namespace Halide;

namespace convoy::schedules {

namespace {

/// Images that are interpolated along both sides, from channels-last: for each row of the result the two (or four) rows
/// of the input are blended once, at the input's width, and pixels are made of these. A result whose rows are
/// contiguous (what a network returns) is turned in registers, tile by tile.
/// Measured: 21 channels from 28x28 to 224x224 on one core 130 us channels-last (`stream`: 230), 290 us row-major
/// (`stream` and `transpose_tiles`: 510).
class ResizeRows : public RowBlending {
public:
  std::string name() const override { return "resize_rows"; }

  std::string misfit(const proto::Kernel &kernel) const override {
    if (std::string reason = imageMisfit(kernel); !reason.empty())
      return reason;
    const proto::Op &op = kernel.ops(kernel.anchor());
    const proto::Tensor &input = kernel.tensors(op.inputs(0)), &output = kernel.tensors(op.outputs(0));
    const int64_t lanes = vectorLanes(kernel.target(), proto::F32), channels = extentOf(input, 1);
    if (input.layout().block() > 0 || output.layout().block() > 0 || innermost(input) != 1 || channels < lanes)
      return "the channels of a pixel are no neighbours, or few";
    if (innermost(output) != 1 && (innermost(output) != 3 || extentOf(output, 3) < lanes))
      return "neither the channels of the result are neighbours nor its rows";
    if (extentOf(input, 3) * channels > mostOfRow)
      return "a row is too large for the first cache";
    return extentOf(output, 2) < extentOf(input, 2) ? "rows are not read more than once" : "";
  }

  double estimate(const proto::Kernel &kernel, const proto::Schedule &) const override {
    return 0.8 * streamMicroseconds(kernel);
  }

  void apply(Graph &graph, const proto::Schedule &schedule) const override {
    const proto::Tensor &tensor = graph.tensorOf(graph.kernel->outputs(0));
    const int lanes = vectorLanes(graph.kernel->target(), proto::F32);
    Func output = graph.outputs[0];
    const Row row = cutRows(output, extentOf(tensor, 2), knob(schedule, "tasks", 1));
    blendRows(graph, output, row, lanes);
    if (innermost(tensor) == 1)
      output.reorder(output.args()[2], output.args()[0], row.loop)
          .vectorize(output.args()[2], lanes, TailStrategy::ShiftInwards);
    else
      turnTiles(graph, output, row, lanes);
  }

private:
  /// Elements of a blended row: 64 KiB.
  static constexpr int64_t mostOfRow = 16 << 10;

  /// Loops over the rows of a task, and over tasks.
  struct Row {
    Var loop{"row"}, task{"task"};
  };

  static Row cutRows(Func output, int64_t rows, int64_t tasks) {
    Row row;
    const int64_t chunk = std::max<int64_t>(1, (rows + tasks - 1) / tasks);
    output.split(output.args()[1], row.task, row.loop, int32_t(chunk),
                 rows % chunk == 0 ? TailStrategy::RoundUp : TailStrategy::GuardWithIf);
    output.reorder(output.args()[0], output.args()[2], row.loop, row.task, output.args()[3]);
    if (tasks > 1)
      output.parallel(row.task);
    return row;
  }

  static void blendRows(Graph &graph, Func output, const Row &row, int lanes) {
    Func blended = graph.anchorHelpers()[0];
    const proto::Tensor &input = graph.tensorOf(graph.anchorOp().inputs(0));
    const std::vector<Var> args = blended.args();
    blended.compute_at(output, row.loop).store_in(MemoryType::Stack);
    blended.bound(args[0], 0, int32_t(extentOf(input, 3))).bound(args[2], 0, int32_t(extentOf(input, 1)));
    blended.reorder_storage(args[2], args[0], args[1], args[3]).reorder(args[2], args[0], args[1], args[3]);
    blended.vectorize(args[2], lanes, TailStrategy::ShiftInwards);
  }

  /// Tiles of pixels by channels. Measured, pixels x channels: 32 x 8 290 us, 16 x 8 320, 8 x 8 350, 16 x 16 410: LLVM
  /// turns narrow ones in fewer steps.
  static void turnTiles(Graph &graph, Func output, const Row &row, int lanes) {
    const int64_t width = extentOf(graph.tensorOf(graph.kernel->outputs(0)), 3);
    const int side = std::min(lanes, 8), length = width >= 4 * side ? 4 * side : lanes;
    Func pixels = graph.anchorHelpers()[1];
    Func turned = pixels.in();
    const std::vector<Var> out = output.args(), args = pixels.args(), sides = turned.args();
    Var tile("tile"), lane("lane"), block("block"), channel("channel");
    output.split(out[0], tile, lane, length, TailStrategy::ShiftInwards)
        .split(out[2], block, channel, side, TailStrategy::ShiftInwards)
        .reorder(lane, channel, tile, block, row.loop)
        .vectorize(lane)
        .unroll(channel);
    pixels.compute_at(output, tile).store_in(MemoryType::Stack).bound_extent(args[0], length);
    pixels.bound_extent(args[2], side).reorder_storage(args[2], args[0], args[1], args[3]);
    pixels.reorder(args[2], args[0], args[1], args[3]).vectorize(args[2]).unroll(args[0]);
    turned.compute_at(output, tile).bound_extent(sides[0], length).bound_extent(sides[2], side);
    turned.reorder_storage(sides[0], sides[2], sides[1], sides[3]).reorder(sides[0], sides[2], sides[1], sides[3]);
    turned.vectorize(sides[0]).vectorize(sides[2]);
  }
};

} // namespace

void registerResize(Registry &registry) {
  registry.algorithms["resize"] = resize;
  registry.add<ResizeRows>();
  registerResizeSteps(registry);
}

} // namespace convoy::schedules
