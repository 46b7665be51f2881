#include "schedules/core/Tensors.h"
#include "schedules/softmax/Softmax.h"

#include <algorithm>

using namespace Halide;

namespace convoy::schedules {

namespace {

/// Vectors along the innermost axis in memory. Where that is the axis of the softmax, partial maxima and sums per lane
/// are joined at the end of the row, always in the same order.
class SoftmaxTemplate : public Template {
public:
  std::string name() const override { return "softmax"; }
  std::vector<Knob> knobs() const override { return {}; }

  std::string misfit(const proto::Kernel &kernel) const override {
    if (kernel.anchor() < 0 || kernel.ops(kernel.anchor()).kind() != "softmax")
      return "the anchor is no softmax";
    const proto::Tensor &output = kernel.tensors(kernel.outputs(0));
    if (kernel.outputs_size() != 1 || kernel.outputs(0) != kernel.ops(kernel.anchor()).outputs(0))
      return "something follows the softmax";
    return output.layout().block() > 0 || rankOf(output) == 0 ? "the result is blocked or a scalar" : "";
  }

  double estimate(const proto::Kernel &kernel, const proto::Schedule &) const override {
    return 1 + double(elements(kernel.tensors(kernel.outputs(0)))) * 2e-3;
  }

  std::vector<proto::Schedule> rank(const proto::Kernel &) const override {
    proto::Schedule schedule;
    schedule.set_template_name(name());
    return {schedule};
  }

  void apply(Graph &graph, const proto::Schedule &) const override {
    const proto::Tensor &tensor = graph.tensorOf(graph.kernel->outputs(0));
    const int rank = rankOf(tensor);
    const int inner = argument(rank, innermost(tensor));
    const int axis = argument(rank, int(graph.anchorOp().attributes().at("axis").ints(0)));
    const int lanes = vectorLanes(graph.kernel->target(), tensor.type());
    Func output = graph.outputs[0];
    std::vector<Var> vars(graph.vars.begin(), graph.vars.begin() + rank);
    Var vector("vector"), lane("lane");
    output.split(vars[inner], vector, lane, lanes, TailStrategy::GuardWithIf).vectorize(lane);
    // From the innermost loop to the outermost: lanes, the axis, the rest.
    std::vector<VarOrRVar> order{lane};
    Var axisLoop = inner == axis ? vector : vars[axis];
    order.push_back(axisLoop);
    std::vector<Var> rows;
    if (inner != axis)
      rows.push_back(vector);
    for (int position = 0; position < rank; ++position)
      if (position != inner && position != axis)
        rows.push_back(vars[position]);
    order.insert(order.end(), rows.begin(), rows.end());
    output.reorder(order);
    const bool isLarge = elements(tensor) > 8192 || !isStatic(tensor);
    for (Func &helper : graph.anchorHelpers())
      if (helper.has_update_definition()) // `power` is computed where it is read.
        scheduleReduction(helper, output, rows, inner == axis, inner - (axis < inner ? 1 : 0), lanes, tensor);
    if (isLarge && !rows.empty())
      output.parallel(rows.back());
  }

private:
  static void scheduleReduction(Func helper, Func output, const std::vector<Var> &rows, bool alongAxis, int inner,
                                int lanes, const proto::Tensor &tensor) {
    if (rows.empty())
      helper.compute_root();
    else
      helper.compute_at(output, rows.front());
    if (!alongAxis) {
      Var var = helper.args()[inner];
      helper.vectorize(var, lanes, TailStrategy::GuardWithIf);
      helper.update().vectorize(var, lanes, TailStrategy::GuardWithIf);
      return;
    }
    RVar r(helper.rvars()[0]), step("step"), lane("lane");
    const int64_t extent = extentOf(tensor, innermost(tensor));
    if (extent >= 0 && extent < 2 * lanes)
      return;
    Var u("u");
    helper.update().split(r, step, lane, lanes, TailStrategy::GuardWithIf);
    Func partial = helper.update().rfactor(lane, u);
    partial.compute_at(helper, helper.args().empty() ? Var::outermost() : helper.args()[0]);
    partial.vectorize(u);
    partial.update().reorder(u, step).vectorize(u);
  }
};

} // namespace

void registerSoftmax(Registry &registry) {
  registry.algorithms["softmax"] = softmax;
  registry.add<SoftmaxTemplate>();
}

} // namespace convoy::schedules
