#include "schedules/core/Loops.h"
#include "schedules/core/Tensors.h"
#include "schedules/pool/Pool.h"

using namespace Halide;

namespace convoy::schedules {

namespace {

/// Vectors along the innermost axis in memory (channels), a few neighbouring windows of a row in registers, so that
/// index arithmetic is scalar and shared.
class PoolRows : public Template {
public:
  std::string name() const override { return "pool_rows"; }
  std::vector<Knob> knobs() const override {
    return {{"pixels", 1, 16, "windows of a row that are computed together"},
            {"tasks", 1, 4096, "parallel tasks of a launch"}};
  }

  std::string misfit(const proto::Kernel &kernel) const override {
    if (kernel.anchor() < 0 || kernel.ops(kernel.anchor()).kind() != "pool")
      return "the anchor is no pool";
    return misfitOfResult(kernel);
  }

  double estimate(const proto::Kernel &kernel, const proto::Schedule &schedule) const override {
    const proto::Op &op = kernel.ops(kernel.anchor());
    double window = 1;
    auto found = op.attributes().find("window");
    if (found != op.attributes().end())
      for (int64_t extent : found->second.ints())
        window *= double(extent);
    const double reads = double(elements(kernel.tensors(op.outputs(0)))) * window * 0.03;
    return streamMicroseconds(kernel) + reads * 1e-3 + 0.01 / double(knob(schedule, "pixels", 1));
  }

  std::vector<proto::Schedule> rank(const proto::Kernel &kernel) const override {
    proto::Schedule schedule;
    schedule.set_template_name(name());
    (*schedule.mutable_knobs())["pixels"] = 4;
    (*schedule.mutable_knobs())["tasks"] = tasksFor(kernel, estimate(kernel, schedule));
    return {schedule};
  }

  void apply(Graph &graph, const proto::Schedule &schedule) const override {
    const proto::Tensor &tensor = graph.tensorOf(graph.kernel->outputs(0));
    const int lanes = vectorLanes(graph.kernel->target(), tensor.type());
    OutputLoops loops(graph, 0, lanes);
    const int64_t pixels = std::min<int64_t>(knob(schedule, "pixels", 1), loops.extent(1) < 0 ? 1 : loops.extent(1));
    Var vector("vector"), lane("lane"), tile("tile"), pixel("pixel");
    Func &output = graph.outputs[0];
    loops.vectorize(vector, lane, true);
    Var at = vector;
    if (pixels > 1) {
      output.split(loops.var(1), tile, pixel, int32_t(pixels), TailStrategy::ShiftInwards).unroll(pixel);
      loops.replace(1, tile, pixels);
      // From the inside: pixels, vectors, tiles, rows.
      output.reorder({lane, pixel, vector, tile});
    }
    loops.parallelize(1, knob(schedule, "tasks", 1));
    for (Func &helper : graph.anchorHelpers())
      scheduleWindow(helper, output, at, loops, int(pixels));
  }

private:
  static void scheduleWindow(Func helper, Func output, Var at, const OutputLoops &loops, int pixels) {
    if (!helper.has_update_definition())
      return;
    const Var channel = helper.args()[loops.argumentOf(0)];
    std::vector<Var> storage{channel};
    for (const Var &argument : helper.args())
      if (argument.name() != channel.name())
        storage.push_back(argument);
    if (storage.size() > 1)
      helper.reorder_storage(storage);
    helper.compute_at(output, at).vectorize(channel);
    std::vector<VarOrRVar> order{channel};
    if (pixels > 1) {
      const Var x = helper.args()[loops.argumentOf(1)];
      helper.unroll(x);
      helper.update().unroll(x);
      order.push_back(x);
    }
    for (const RVar &r : helper.rvars())
      order.push_back(r);
    helper.update().reorder(order).vectorize(channel);
    if (helper.rvars().size() > 1)
      helper.update().unroll(helper.rvars()[0]);
  }
};

} // namespace

void registerPool(Registry &registry) {
  registry.algorithms["pool"] = pool;
  registry.add<PoolRows>();
}

} // namespace convoy::schedules
