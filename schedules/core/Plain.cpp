#include "schedules/core/Plain.h"
#include "schedules/core/Tensors.h"

#include <algorithm>

using namespace Halide;

namespace convoy::schedules {

namespace {

/// Vectorises along the argument whose elements are neighbours in the result, and runs the outermost loop in parallel.
/// Works for pure definitions and for updates.
template <typename Stage>
void spread(Stage stage, const std::vector<Var> &vars, int inner, int lanes, bool parallel) {
  if (vars.empty())
    return;
  Var outer("outer"), lane("lane");
  stage.split(vars[inner], outer, lane, lanes, TailStrategy::GuardWithIf).vectorize(lane);
  if (!parallel)
    return;
  const int last = int(vars.size()) - 1;
  stage.parallel(last == inner ? outer : vars[last]);
}

class Plain : public Template {
public:
  std::string name() const override { return "plain"; }
  std::vector<Knob> knobs() const override { return {}; }
  std::string misfit(const proto::Kernel &) const override { return {}; }
  bool wide() const override { return true; }

  double estimate(const proto::Kernel &kernel, const proto::Schedule &) const override {
    double work = 0;
    for (const proto::Tensor &tensor : kernel.tensors())
      work += double(elements(tensor));
    for (const proto::Op &op : kernel.ops())
      if ((op.kind() == "convolution" || op.kind() == "matmul") && op.inputs_size() > 1)
        work += double(elements(kernel.tensors(op.outputs(0)))) * double(elements(kernel.tensors(op.inputs(1))));
    return 1e3 + work * 1e-2;
  }

  std::vector<proto::Schedule> rank(const proto::Kernel &) const override {
    proto::Schedule schedule;
    schedule.set_template_name("plain");
    return {schedule};
  }

  void apply(Graph &graph, const proto::Schedule &) const override {
    const bool fixed = isStatic(*graph.kernel);
    for (size_t i = 0; i < graph.outputs.size(); ++i) {
      const proto::Tensor &tensor = graph.tensorOf(graph.kernel->outputs(i));
      if (rankOf(tensor) == 0)
        continue;
      const bool blocked = tensor.layout().block() > 0;
      std::vector<Var> vars = graph.outputs[i].args();
      const int inner = blocked ? 0 : argument(rankOf(tensor), innermost(tensor));
      spread(graph.outputs[i], vars, inner, 8, elements(tensor) > 4096);
    }
    for (size_t op = 0; op < graph.helpers.size(); ++op) {
      for (Func &helper : graph.helpers[op])
        root(graph, helper, fixed);
      Func &result = graph.values[graph.kernel->ops(op).outputs(0)];
      if (result.has_update_definition())
        root(graph, result, fixed);
    }
  }

private:
  static void root(Graph &graph, Func &func, bool fixed) {
    if (fixed || graph.outputs.size() != 1 || graph.outputs[0].dimensions() < 2)
      func.compute_root();
    else // Storage of a size that is known, whatever the outer extents are.
      func.compute_root();
    if (!func.has_update_definition())
      return;
    std::vector<Var> vars = func.args();
    spread(func, vars, 0, 8, !vars.empty());
    for (int i = 0; i < func.num_update_definitions(); ++i)
      update(func, i);
  }

  /// Updates are vectorised where they run over the pure Vars alone.
  static void update(Func &func, int index) {
    std::vector<Expr> left = func.update_args(index);
    std::vector<Var> vars;
    for (const Expr &argument : left)
      if (const auto *variable = argument.as<Internal::Variable>())
        if (std::any_of(func.args().begin(), func.args().end(), [&](const Var &v) { return v.name() == variable->name; }))
          vars.emplace_back(variable->name);
    if (vars.empty())
      return;
    spread(func.update(index), vars, 0, 8, true);
  }
};

} // namespace

void registerPlain(Registry &registry) { registry.add<Plain>(); }

} // namespace convoy::schedules
