// Images enlarged by a whole number of vectors: what networks return that label each pixel.
#include "schedules/core/Algorithm.h"
#include "schedules/core/Loops.h"
#include "schedules/core/Tensors.h"
#include "schedules/math/Strict.h"
#include "schedules/resize/Resize.h"

#include <algorithm>

using namespace Halide;
using namespace convoy::schedules::strict;

namespace convoy::schedules {

namespace {

/// Rows `factor` times as long, linear between the centers of pixels: the `factor` results between two neighbours are
/// vectors of weights that are the same everywhere, times two numbers. Nothing is turned or shuffled.
/// Measured: 21 channels from 28x28 to 224x224 on one core 96 us (`resize_rows`: 290) where the result lies in the
/// caches. In LR-ASPP it does not: 4.2 MB of stores to lines that must be fetched first take 230 (270).
class ResizeSteps : public RowBlending {
public:
  std::string name() const override { return "resize_steps"; }

  std::string misfit(const proto::Kernel &kernel) const override {
    if (std::string reason = imageMisfit(kernel); !reason.empty())
      return reason;
    const proto::Op &op = kernel.ops(kernel.anchor());
    const proto::Tensor &input = kernel.tensors(op.inputs(0)), &output = kernel.tensors(op.outputs(0));
    if (input.layout().block() > 0 || output.layout().block() > 0 || innermost(input) != 1 || innermost(output) != 3)
      return "it does not turn pixels of channels into rows";
    auto antialias = op.attributes().find("antialias");
    const bool filtered = antialias != op.attributes().end() && antialias->second.ints(0) != 0;
    if (text(op, "mode", "nearest") != "linear" || filtered)
      return "it is not linear";
    const std::string coordinates = text(op, "coordinates", "half_pixel");
    if (coordinates != "half_pixel" && coordinates != "pytorch_half_pixel")
      return "the ends of rows are no half pixels";
    const int64_t factor = factorOf(input, output), lanes = lanesOf(kernel, factor);
    auto scales = op.attributes().find("scales");
    if (scales != op.attributes().end() && scales->second.floats_size() == 2 &&
        scales->second.floats(1) != double(factor))
      return "the scale is not that of the extents";
    if (factor < 2 || factor % lanes != 0 || factor * extentOf(input, 3) != extentOf(output, 3))
      return "a row does not become longer by whole vectors";
    return (extentOf(input, 3) + 2) * extentOf(input, 1) > mostOfRow ? "a row is too large for the first cache" : "";
  }

  double estimate(const proto::Kernel &kernel, const proto::Schedule &) const override {
    return 0.5 * streamMicroseconds(kernel);
  }

  void apply(Graph &graph, const proto::Schedule &schedule) const override {
    const proto::Op &op = graph.anchorOp();
    const proto::Tensor &input = graph.tensorOf(op.inputs(0)), &tensor = graph.tensorOf(op.outputs(0));
    const int64_t factor = factorOf(input, tensor), rows = extentOf(tensor, 2), tasks = knob(schedule, "tasks", 1);
    const int lanes = int(lanesOf(*graph.kernel, factor));
    const Steps steps = replace(graph, int32_t(factor), int32_t(extentOf(input, 3)));
    Func output = graph.outputs[0];
    const Var x = output.args()[0], y = output.args()[1], channel = output.args()[2], image = output.args()[3];
    Var task("task"), strip("strip"), row("row"), vector("vector"), lane("lane"), interval("interval"), step("step");
    const int64_t chunk = std::max<int64_t>(1, (rows + tasks - 1) / tasks);
    output.split(y, task, row, int32_t(chunk), rows % chunk == 0 ? TailStrategy::RoundUp : TailStrategy::GuardWithIf)
        .split(row, strip, row, rowsOfStrip,
               chunk % rowsOfStrip == 0 ? TailStrategy::RoundUp : TailStrategy::GuardWithIf)
        .split(x, vector, lane, lanesFor(extentOf(tensor, 3), vectorLanes(graph.kernel->target(), proto::F32)),
               TailStrategy::ShiftInwards)
        .reorder(lane, vector, row, channel, strip, task, image)
        .vectorize(lane);
    if (tasks > 1)
      output.parallel(task);
    const std::vector<Var> args = steps.between.args();
    Func between = steps.between, columns = steps.columns;
    between.compute_at(output, row).store_in(MemoryType::Stack);
    between.bound(args[0], 0, int32_t(factor * (extentOf(input, 3) + 1)));
    between.split(args[0], interval, step, int32_t(factor), TailStrategy::RoundUp).reorder(step, interval);
    between.vectorize(step, lanes, TailStrategy::RoundUp).unroll(interval, 2, TailStrategy::GuardWithIf);
    if (factor > lanes)
      between.unroll(step);
    const std::vector<Var> outer = columns.args();
    columns.compute_at(output, strip)
        .store_in(MemoryType::Stack)
        .reorder_storage(outer[2], outer[0], outer[1], outer[3]);
    columns.bound(outer[0], -1, int32_t(extentOf(input, 3) + 2)).bound(outer[2], 0, int32_t(extentOf(input, 1)));
    columns.reorder(outer[2], outer[0], outer[1], outer[3]);
    vectorizeLoop(columns, outer[2], extentOf(input, 1), lanes);
  }

private:
  /// Elements of a blended row: 16 KiB.
  static constexpr int64_t mostOfRow = 4 << 10;
  /// Rows of one channel that are written behind each other: the memory in which they end is seldom in the caches.
  static constexpr int rowsOfStrip = 8;

  /// `columns`: rows blended from two of the input, with the first and the last pixel once more. `between`: all that
  /// lies between two neighbours of them, `factor` after `factor`.
  struct Steps {
    Func columns{"columns"}, between{"between"};
  };

  static std::string text(const proto::Op &op, const std::string &name, const std::string &absent) {
    auto found = op.attributes().find(name);
    return found == op.attributes().end() ? absent : found->second.text();
  }

  static int64_t factorOf(const proto::Tensor &input, const proto::Tensor &output) {
    return extentOf(output, 3) / std::max<int64_t>(1, extentOf(input, 3));
  }

  static int64_t lanesOf(const proto::Kernel &kernel, int64_t factor) {
    const int64_t lanes = vectorLanes(kernel.target(), proto::F32);
    return factor % lanes == 0 ? lanes : std::min<int64_t>(lanes, 8);
  }

  static Steps replace(Graph &graph, int32_t factor, int32_t width) {
    const int tensor = graph.anchorOp().outputs(0);
    Func blended = graph.anchorHelpers()[0], original = graph.values[size_t(tensor)], result("steps");
    const std::vector<Var> args = graph.outputs[0].args();
    const Var x = args[0], y = args[1], channel = args[2], image = args[3];
    Steps steps;
    steps.columns(x, y, channel, image) = blended(clamp(x, 0, width - 1), y, channel, image);
    Expr share = div(add(cast<float>(x % factor), Expr(0.5f)), Expr(float(factor)));
    steps.between(x, y, channel, image) =
        add(mul(steps.columns(x / factor - 1, y, channel, image), sub(Expr(1.0f), share)),
            mul(steps.columns(x / factor, y, channel, image), share));
    result(x, y, channel, image) = steps.between(x + factor / 2, y, channel, image);
    graph.outputs[0].function().substitute_calls(original.function(), result.function());
    graph.values[size_t(tensor)] = result;
    return steps;
  }
};

} // namespace

void registerResizeSteps(Registry &registry) { registry.add<ResizeSteps>(); }

} // namespace convoy::schedules
