#include "schedules/core/Registry.h"
#include "schedules/core/Tensors.h"

#include <algorithm>
#include <set>

using namespace Halide;

namespace convoy::schedules {

namespace {

/// Vectorises along argument `inner` and runs the two outermost others in parallel. For pure definitions and updates.
template <typename Stage> void spread(Stage stage, const std::vector<Var> &vars, int inner, bool parallel) {
  if (vars.empty())
    return;
  Var outer("outer"), lane("lane"), task("task");
  stage.split(vars[inner], outer, lane, 8, TailStrategy::GuardWithIf);
  stage.vectorize(lane);
  std::vector<Var> others;
  for (int i = 0; i < int(vars.size()); ++i)
    if (i != inner)
      others.push_back(vars[i]);
  std::vector<VarOrRVar> order{lane, outer};
  order.insert(order.end(), others.begin(), others.end());
  stage.reorder(order);
  if (!parallel || others.empty())
    return;
  const size_t count = others.size();
  if (count > 1)
    stage.fuse(others[count - 2], others[count - 1], task);
  stage.parallel(count > 1 ? task : others[0]);
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
    return 1e12 + work * 1e-2; // The last resort, whatever symbols stand for.
  }

  std::vector<proto::Schedule> rank(const proto::Kernel &) const override {
    proto::Schedule schedule;
    schedule.set_template_name("plain");
    return {schedule};
  }

  void apply(Graph &graph, const proto::Schedule &) const override {
    for (size_t i = 0; i < graph.outputs.size(); ++i) {
      const proto::Tensor &tensor = graph.tensorOf(graph.kernel->outputs(i));
      if (rankOf(tensor) == 0)
        continue;
      const bool blocked = tensor.layout().block() > 0;
      std::vector<Var> vars = graph.outputs[i].args();
      const int inner = blocked ? 0 : argument(rankOf(tensor), innermost(tensor));
      spread(graph.outputs[i], vars, inner, elements(tensor) > 4096);
    }
    for (size_t op = 0; op < graph.helpers.size(); ++op) {
      const bool inTile = staysInTile(graph, int(op));
      for (Func &helper : graph.helpers[op])
        if (helper.has_update_definition() || isStatic(*graph.kernel)) // Else it is inlined: its size is not constant.
          inTile ? void(helper.compute_at(graph.outputs[0], Var("outer"))) : root(helper);
      Func &result = graph.values[graph.kernel->ops(op).outputs(0)];
      if (result.has_update_definition())
        inTile ? void(result.compute_at(graph.outputs[0], Var("outer"))) : root(result);
    }
  }

private:
  /// A sum over symbolic extents must not be stored as a whole: its size would not be constant. One tile of it is
  /// enough where the ops behind it work element by element.
  static bool staysInTile(const Graph &graph, int op) {
    const proto::Kernel &kernel = *graph.kernel;
    const std::string &kind = kernel.ops(op).kind();
    static const std::set<std::string> tileable{"matmul", "convolution", "pool", "reduce", "softmax"};
    if (graph.heap || !tileable.count(kind) || isStatic(kernel.tensors(kernel.ops(op).outputs(0))))
      return false;
    return graph.outputs.size() == 1 && rankOf(graph.tensorOf(kernel.outputs(0))) > 0 &&
           std::all_of(kernel.ops().begin() + op + 1, kernel.ops().end(), [](const proto::Op &later) {
             return later.kind() == "elementwise" || later.kind() == "cast" || later.kind() == "constant" ||
                    later.kind() == "lookup";
           });
  }

  static void root(Func &func) {
    func.compute_root();
    spread(func, func.args(), 0, true);
    for (int i = 0; i < func.num_update_definitions(); ++i)
      update(func, i);
  }

  /// Updates are vectorised where they run over the pure Vars alone.
  static void update(Func &func, int index) {
    std::vector<Var> vars;
    for (const Internal::Dim &dim : func.update(index).get_schedule().dims())
      if (dim.dim_type == Internal::DimType::PureVar && dim.var != Var::outermost().name())
        vars.emplace_back(dim.var);
    if (vars.empty())
      return;
    spread(func.update(index), vars, 0, true);
  }
};

} // namespace

void registerPlain(Registry &registry) { registry.add<Plain>(); }

} // namespace convoy::schedules
