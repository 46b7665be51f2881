#include "schedules/core/Loops.h"
#include "schedules/core/Tensors.h"
#include "schedules/reduce/Reduce.h"

#include <algorithm>

using namespace Halide;

namespace convoy::schedules {

std::vector<Partials> partialsOf(const proto::Op &op) {
  auto found = op.attributes().find("kind"), last = op.attributes().find("select_last");
  const std::string kind = found == op.attributes().end() ? "" : found->second.text();
  if (kind == "log_sum_exp")
    return {Partials::Greatest, Partials::Sums};
  const bool isPlace = kind == "arg_max" || kind == "arg_min";
  if (!isPlace && kind != "max" && kind != "min")
    return {Partials::Sums};
  std::vector<Partials> partials{kind == "max" || kind == "arg_max" ? Partials::Greatest : Partials::Least};
  if (isPlace)
    partials.push_back(last != op.attributes().end() && last->second.ints(0) != 0 ? Partials::LastPlace
                                                                                  : Partials::FirstPlace);
  return partials;
}

bool isAssociative(const proto::Op &op) {
  static const std::vector<std::string> kinds{"sum", "mean", "l1", "l2", "sum_square"};
  auto kind = op.attributes().find("kind");
  return kind != op.attributes().end() && std::find(kinds.begin(), kinds.end(), kind->second.text()) != kinds.end();
}

bool reducesInnermost(const proto::Kernel &kernel) {
  const proto::Op &op = kernel.ops(kernel.anchor());
  const proto::Tensor &input = storedLike(kernel, op.inputs(0));
  const auto &axes = op.attributes().at("axes").ints();
  return std::find(axes.begin(), axes.end(), innermost(input)) != axes.end();
}

std::vector<VarOrRVar> domainInMemoryOrder(const Graph &graph, const Func &helper) {
  const std::vector<RVar> domain = helper.rvars();
  if (!isAssociative(graph.anchorOp()))
    return {domain.begin(), domain.end()};
  const proto::Tensor &input = storedLike(*graph.kernel, graph.anchorOp().inputs(0));
  std::vector<int64_t> axes(graph.anchorOp().attributes().at("axes").ints().begin(),
                            graph.anchorOp().attributes().at("axes").ints().end());
  std::vector<VarOrRVar> loops;
  const std::vector<int> order = orderOf(input);
  for (auto dim = order.rbegin(); dim != order.rend(); ++dim) {
    auto found = std::find(axes.begin(), axes.end(), *dim);
    if (found != axes.end())
      loops.push_back(domain[size_t(axes.end() - found) - 1]);
  }
  return loops;
}

namespace {

/// Longer sums are cut into rows, or into parts of `rowOfSum` steps.
constexpr int64_t longestSum = 128;
constexpr int rowOfSum = 64;

/// Results that are neighbours in memory side by side in vectors, each summed in the operand's order (global average
/// of NHWC); or, where neighbours of the operand are summed, one result at a time in partial sums per lane, joined in
/// a fixed order. Never depends on the number of threads.
class ReduceLanes : public Template {
public:
  std::string name() const override { return "reduce_lanes"; }
  std::vector<Knob> knobs() const override {
    return {{"vectors", 1, 8, "vectors of results that are summed together"},
            {"tasks", 1, 4096, "parallel tasks of a launch"}};
  }

  std::string misfit(const proto::Kernel &kernel) const override {
    if (kernel.anchor() < 0 || kernel.ops(kernel.anchor()).kind() != "reduce")
      return "the anchor is no reduce";
    if (!kernel.ops(kernel.anchor()).attributes().count("axes"))
      return "it has no axes";
    return misfitOfResult(kernel);
  }

  double estimate(const proto::Kernel &kernel, const proto::Schedule &) const override {
    return streamMicroseconds(kernel) + (reducesInnermost(kernel) && !isAssociative(kernel.ops(kernel.anchor()))
                                             ? 1e-3 * double(elements(kernel.tensors(kernel.inputs(0))))
                                             : 0);
  }

  std::vector<proto::Schedule> rank(const proto::Kernel &kernel) const override {
    proto::Schedule schedule;
    schedule.set_template_name(name());
    (*schedule.mutable_knobs())["vectors"] = reducesInnermost(kernel) ? 1 : 4;
    (*schedule.mutable_knobs())["tasks"] = tasksFor(kernel, estimate(kernel, schedule));
    return {schedule};
  }

  void apply(Graph &graph, const proto::Schedule &schedule) const override {
    const int64_t tasks = knob(schedule, "tasks", 1);
    const proto::Tensor &input = graph.tensorOf(graph.anchorOp().inputs(0));
    const int lanes = vectorLanes(graph.kernel->target(), input.type());
    if (reducesInnermost(*graph.kernel))
      alongRows(graph, lanes, tasks);
    else
      sideBySide(graph, lanes, int(knob(schedule, "vectors", 1)), tasks);
  }

private:
  /// Splits the innermost loop so that the part that stays serial has a name of its own: parallel loops are joined and
  /// renamed, and the sums are computed inside of them.
  static Var keepInnermost(Func &output, OutputLoops &loops, int64_t tasks) {
    const int64_t extent = loops.extent(0);
    const int64_t factor = extent < 0 ? 1 : std::max<int64_t>(1, (extent + tasks - 1) / tasks);
    Var chunk("chunk"), kept("kept");
    output.split(loops.var(0), chunk, kept, int32_t(factor),
                 extent > 0 && extent % factor == 0 ? TailStrategy::RoundUp : TailStrategy::GuardWithIf);
    loops.replace(0, chunk, factor);
    return kept;
  }

  static void sideBySide(Graph &graph, int lanes, int vectors, int64_t tasks) {
    OutputLoops loops(graph, 0, lanes);
    Func &output = graph.outputs[0];
    const int64_t extent = loops.extent(0);
    lanes = lanesFor(extent, lanes);
    while (vectors > 1 && (extent < 0 || extent % (int64_t(vectors) * lanes) != 0))
      vectors /= 2;
    Var block("block"), inside("inside");
    output.split(loops.var(0), block, inside, vectors * lanes,
                 extent <= 0                                ? TailStrategy::GuardWithIf
                 : extent % (int64_t(vectors) * lanes) == 0 ? TailStrategy::RoundUp
                                                            : TailStrategy::ShiftInwards);
    output.vectorize(inside, lanes).unroll(inside);
    loops.replace(0, block, vectors * lanes);
    const Var kept = keepInnermost(output, loops, tasks);
    for (Func &helper : graph.anchorHelpers()) {
      const Var channel = helper.args()[size_t(loops.argumentOf(0))];
      helper.compute_at(output, kept).bound_extent(channel, vectors * lanes).vectorize(channel, lanes).unroll(channel);
      std::vector<VarOrRVar> domain = domainInMemoryOrder(graph, helper);
      if (isLongSum(graph, helper))
        domain = sumRowsFirst(helper, domain, channel, vectors * lanes, lanes);
      sumVectors(helper.update(), domain, channel, lanes);
    }
    loops.parallelize(0, tasks);
  }

  static void sumVectors(Stage update, const std::vector<VarOrRVar> &domain, const Var &channel, int lanes) {
    std::vector<VarOrRVar> order{channel};
    order.insert(order.end(), domain.begin(), domain.end());
    update.reorder(order).vectorize(channel, lanes).unroll(channel);
  }

  static bool isLongSum(const Graph &graph, const Func &helper) {
    if (!isAssociative(graph.anchorOp()) || helper.name().find("sum") == std::string::npos)
      return false;
    int64_t steps = 1;
    for (const Internal::ReductionVariable &r : helper.function().update(0).schedule().rvars()) {
      const auto extent = Internal::as_const_int(simplify(r.extent));
      steps *= extent ? *extent : longestSum + 1;
    }
    return steps > longestSum;
  }

  /// Rounding grows with the length of sums: sums up rows, then their sums. The loops that remain for those.
  static std::vector<VarOrRVar> sumRowsFirst(Func helper, std::vector<VarOrRVar> domain, const Var &channel, int width,
                                             int lanes) {
    RVar row("row"), inside("inside");
    if (domain.size() > 1) {
      row = domain.back().rvar;
      domain.pop_back();
    } else {
      helper.update().split(domain[0], row, inside, rowOfSum, TailStrategy::GuardWithIf);
      domain[0] = inside;
    }
    Func rows = helper.update().rfactor(row, Var("rowSum"));
    rows.compute_at(helper, row).bound_extent(channel, width).vectorize(channel, lanes).unroll(channel);
    sumVectors(rows.update(), domain, channel, lanes);
    return {row};
  }

  static void alongRows(Graph &graph, int lanes, int64_t tasks) {
    OutputLoops loops(graph, 0, 1);
    Func &output = graph.outputs[0];
    const Var kept = keepInnermost(output, loops, tasks);
    for (Func &helper : graph.anchorHelpers()) {
      helper.compute_at(output, kept);
      std::vector<VarOrRVar> order = domainInMemoryOrder(graph, helper);
      if (order.size() > 1)
        helper.update().reorder(order);
      if (isAssociative(graph.anchorOp()) && helper.name().find("sum") != std::string::npos)
        splitIntoLanes(helper, order, 2 * lanes);
    }
    loops.parallelize(0, tasks);
  }

  static void splitIntoLanes(Func helper, const std::vector<VarOrRVar> &order, int lanes) {
    RVar step("step"), lane("lane");
    Var u("u");
    helper.update().split(order[0], step, lane, lanes, TailStrategy::GuardWithIf);
    Func partial = helper.update().rfactor(lane, u);
    partial.compute_at(helper, Var::outermost()).vectorize(u);
    std::vector<VarOrRVar> inner{u, step};
    inner.insert(inner.end(), order.begin() + 1, order.end());
    partial.update().reorder(inner).vectorize(u);
  }
};

} // namespace

void registerReduce(Registry &registry) {
  registry.algorithms["reduce"] = reduce;
  registry.algorithms["scan"] = scan;
  registry.add<ReduceLanes>();
}

} // namespace convoy::schedules
