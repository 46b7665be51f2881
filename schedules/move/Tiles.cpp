#include "schedules/core/Loops.h"
#include "schedules/core/Tensors.h"
#include "schedules/move/Move.h"

#include <algorithm>

using namespace Halide;

namespace convoy::schedules {

namespace {

/// Relayouts and transpositions after which other elements are neighbours: square tiles are turned in registers.
/// Measured: 64 x 56 x 56 from NHWC to NCHW 18 us on one core, 104 us with strided loads.
class TransposeTiles : public Template {
public:
  std::string name() const override { return "transpose_tiles"; }
  std::vector<Knob> knobs() const override {
    return {{"tile", 2, 16, "side of a tile"}, {"tasks", 1, 4096, "parallel tasks of a launch"}};
  }

  std::string misfit(const proto::Kernel &kernel) const override {
    if (!turnOf(kernel))
      return "it does not turn one stored tensor";
    if (std::string result = misfitOfOutput(kernel); !result.empty())
      return result;
    return tileOf(kernel) < 4 ? "the turned dimensions are short or not known" : "";
  }

  double estimate(const proto::Kernel &kernel, const proto::Schedule &) const override {
    return 1.2 * streamMicroseconds(kernel);
  }

  std::vector<proto::Schedule> rank(const proto::Kernel &kernel) const override {
    proto::Schedule schedule;
    schedule.set_template_name(name());
    (*schedule.mutable_knobs())["tile"] = tileOf(kernel);
    (*schedule.mutable_knobs())["tasks"] = tasksFor(kernel, estimate(kernel, schedule));
    return {schedule};
  }

  void apply(Graph &graph, const proto::Schedule &schedule) const override {
    const Turn turn = *turnOf(*graph.kernel);
    const int tile = int(knob(schedule, "tile", 8));
    Func &output = graph.outputs[0];
    OutputLoops loops(graph, 0, 1);
    const size_t other = loops.loopOf(turn.other);
    Var row("row"), lane("lane"), column("column"), step("step");
    output.split(loops.var(0), row, lane, tile, TailStrategy::ShiftInwards);
    output.split(loops.var(other), column, step, tile, TailStrategy::ShiftInwards);
    loops.replace(0, row, tile);
    loops.replace(other, column, tile);
    std::vector<VarOrRVar> order{lane, step};
    for (size_t i = 0; i < loops.size(); ++i)
      order.push_back(loops.var(i));
    output.reorder(order).vectorize(lane).unroll(step);
    Func &turned = graph.values[graph.kernel->ops(turn.op).outputs(0)];
    const Var inner = turned.args()[loops.argumentOf(0)], outer = turned.args()[turn.other];
    std::vector<Var> storage{inner, outer};
    std::vector<VarOrRVar> stages{inner, outer};
    for (const Var &argument : turned.args())
      if (argument.name() != inner.name() && argument.name() != outer.name()) {
        storage.push_back(argument);
        stages.push_back(argument);
      }
    turned.compute_at(output, row).bound_extent(inner, tile).bound_extent(outer, tile);
    turned.reorder_storage(storage).reorder(stages).vectorize(inner).vectorize(outer);
    loops.parallelize(1, knob(schedule, "tasks", 1));
  }

private:
  static int64_t tileOf(const proto::Kernel &kernel) {
    const Turn turn = *turnOf(kernel);
    const proto::Tensor &output = kernel.tensors(kernel.outputs(0));
    const int64_t extent =
        std::min(extentOf(output, innermost(output)), extentOf(output, rankOf(output) - 1 - turn.other));
    int64_t tile = 64 / bytesOf(output.type());
    while (tile > 1 && tile > extent)
      tile /= 2;
    return std::min<int64_t>(tile, 16);
  }
};

} // namespace

void registerMove(Registry &registry) {
  registry.algorithms["relayout"] = relayout;
  registry.algorithms["reshape"] = reshape;
  registry.algorithms["expand"] = expand;
  registry.algorithms["transpose"] = transpose;
  registry.algorithms["slice"] = slice;
  registry.algorithms["pad"] = pad;
  registry.algorithms["concat"] = concat;
  registry.algorithms["gather"] = gather;
  registry.algorithms["scatter"] = scatter;
  registry.algorithms["range"] = range;
  registry.add<TransposeTiles>();
}

} // namespace convoy::schedules
