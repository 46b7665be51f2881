#include "schedules/core/Tensors.h"
#include "schedules/resize/Resize.h"

using namespace Halide;

namespace convoy::schedules {

namespace {

/// Vectors along the innermost axis in memory (channels): indices and shares are scalars of a pixel.
class ResizeTemplate : public Template {
public:
  std::string name() const override { return "resize"; }
  std::vector<Knob> knobs() const override { return {}; }

  std::string misfit(const proto::Kernel &kernel) const override {
    if (kernel.anchor() < 0 || kernel.ops(kernel.anchor()).kind() != "resize")
      return "the anchor is no resize";
    const proto::Tensor &output = kernel.tensors(kernel.outputs(0));
    return output.layout().block() > 0 || rankOf(output) == 0 ? "the result is blocked or a scalar" : "";
  }

  double estimate(const proto::Kernel &kernel, const proto::Schedule &) const override {
    return 1 + double(elements(kernel.tensors(kernel.outputs(0)))) * 5e-4;
  }

  std::vector<proto::Schedule> rank(const proto::Kernel &) const override {
    proto::Schedule schedule;
    schedule.set_template_name(name());
    return {schedule};
  }

  void apply(Graph &graph, const proto::Schedule &) const override {
    const proto::Tensor &tensor = graph.tensorOf(graph.kernel->outputs(0));
    const int rank = rankOf(tensor);
    Func output = graph.outputs[0];
    std::vector<Var> vars(graph.vars.begin(), graph.vars.begin() + rank);
    std::vector<VarOrRVar> order;
    const std::vector<int> dims = orderOf(tensor);
    for (auto dim = dims.rbegin(); dim != dims.rend(); ++dim)
      order.push_back(vars[argument(rank, *dim)]);
    output.reorder(order);
    output.vectorize(vars[argument(rank, innermost(tensor))], vectorLanes(graph.kernel->target(), tensor.type()),
                     TailStrategy::GuardWithIf);
    // Rows go to threads: the second axis in memory from the outside, joined with the batch.
    if (rank >= 3) {
      Var task("task");
      output.fuse(vars[argument(rank, dims[1])], vars[argument(rank, dims[0])], task);
      if (elements(tensor) > 16384 || !isStatic(tensor))
        output.parallel(task, 4, TailStrategy::GuardWithIf);
    }
  }
};

} // namespace

void registerResize(Registry &registry) {
  registry.algorithms["resize"] = resize;
  registry.add<ResizeTemplate>();
}

} // namespace convoy::schedules
