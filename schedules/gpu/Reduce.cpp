#include "schedules/reduce/Reduce.h"
#include "schedules/core/Loops.h"
#include "schedules/core/Tensors.h"
#include "schedules/gpu/Partial.h"
#include "schedules/gpu/Templates.h"
#include "schedules/gpu/Threads.h"
#include "schedules/math/Strict.h"

#include <algorithm>

using namespace Halide;

namespace convoy::schedules::gpu {

namespace {

/// A block has `results` neighbours of the result, each summed by `parts` threads that meet in shared memory. Where the
/// operand's neighbours are summed, they are neighbouring parts (rows); else neighbouring results (global average of
/// NHWC). Extrema and their places, whose NaN rule Halide can't take apart, are cut by hand. Long sums of few results
/// are cut into `groups` of blocks first, whose sums lie in memory until a second launch adds them.
class GpuReduce : public Template {
public:
  std::string name() const override { return "gpu_reduce"; }
  bool onGpu() const override { return true; }
  std::vector<Knob> knobs() const override {
    return {{"results", 1, mostThreads, "neighbouring results of a block"},
            {"parts", 1, mostThreads, "threads that share a result"},
            {"groups", 1, mostGroups, "blocks that share a result; more than one: sums of known extents only"}};
  }

  std::string misfit(const proto::Kernel &kernel) const override {
    if (kernel.anchor() < 0 || kernel.ops(kernel.anchor()).kind() != "reduce")
      return "the anchor is no reduce";
    if (!kernel.ops(kernel.anchor()).attributes().count("axes"))
      return "it has no axes";
    return misfitOfResult(kernel);
  }

  double estimate(const proto::Kernel &kernel, const proto::Schedule &schedule) const override {
    const double results = double(knob(schedule, "results", 1)), parts = double(knob(schedule, "parts", 1));
    const double groups = double(knob(schedule, "groups", 1));
    const double count = double(elements(kernel.tensors(kernel.outputs(0)))), terms = termsOf(kernel);
    Launch launch;
    launch.blocks = std::ceil(count / results) * groups;
    launch.threads = int(results * parts);
    const double steps = std::ceil(terms / parts / groups);
    launch.loads = std::min(4.0, steps);
    Work work = streamWork(kernel);
    const double sector = reducesInnermost(kernel) ? parts : results; // Of 8 elements, which lie side by side.
    if (sector < 8)
      work.cacheBytes += count * terms * 32 / sector;
    double chain = steps * 0.02 + (parts > 1 ? 0.5 : 0) + std::min(parts, 32.0) * 0.02;
    if (groups > 1)
      chain += 2 + 0.02 * groups;
    return microseconds(deviceOf(kernel.target()), launch, work) + chain;
  }

  std::vector<proto::Schedule> rank(const proto::Kernel &kernel) const override {
    const bool rows = reducesInnermost(kernel);
    const int64_t inner = outputExtents(kernel, 1)[0];
    const double terms = termsOf(kernel);
    std::vector<proto::Schedule> schedules;
    for (int64_t parts : {1, 4, 8, 16, 32, 64, 128, 256, 512})
      for (int64_t wanted : {8, 32})
        for (int64_t groups : {1, 8, 32}) {
          int64_t results = !rows ? wanted : wanted == 8 ? std::max<int64_t>(1, 128 / parts) : 0;
          if (inner > 0)
            results = std::min(results, inner);
          if (results == 0 || results * parts > mostThreads / 2 ||
              (parts > 1 && double(parts) > std::max(terms, 2.0)) ||
              (groups > 1 && (terms < double(4 * parts * groups) || !isCuttable(kernel))))
            continue;
          proto::Schedule schedule;
          schedule.set_template_name(name());
          (*schedule.mutable_knobs())["parts"] = parts;
          (*schedule.mutable_knobs())["results"] = results;
          (*schedule.mutable_knobs())["groups"] = groups;
          schedules.push_back(schedule);
        }
    return bestFirst(*this, kernel, schedules);
  }

  void apply(Graph &graph, const proto::Schedule &schedule) const override {
    PartialSums sums;
    sums.parts = int(knob(schedule, "parts", 1));
    sums.results = int(knob(schedule, "results", 1));
    const int groups = int(knob(schedule, "groups", 1));
    if (sums.parts * sums.results > mostThreads)
      throw CompileError("a block of " + std::to_string(sums.parts * sums.results) + " threads is larger than " +
                         std::to_string(mostThreads));
    if (groups > 1 && !isCuttable(*graph.kernel))
      throw CompileError("a reduction of this kind, or of symbols, can't be cut into groups of blocks");
    const proto::Tensor &output = graph.tensorOf(graph.kernel->outputs(0));
    sums.unroll = termsOf(*graph.kernel) >= 4.0 * sums.parts * groups ? 4 : 1;
    sums.argument = rankOf(output) - 1 - innermost(output);
    sums.resultsAlongX = !reducesInnermost(*graph.kernel);
    if (groups > 1)
      inTwoLaunches(graph, sums, groups);
    else
      inOneLaunch(graph, sums);
  }

private:
  static constexpr int64_t mostGroups = 256;

  /// Whether sums may lie in memory in between: Halide can cut them, and their number is known.
  static bool isCuttable(const proto::Kernel &kernel) {
    return isStatic(kernel) && isAssociative(kernel.ops(kernel.anchor()));
  }

  static void inOneLaunch(Graph &graph, PartialSums sums) {
    const ThreadLoops loops = mapOutput(graph, 0, {1, sums.results, 1});
    sums.consumer = graph.outputs[0];
    sums.block = loops.block;
    for (size_t i = 0; i < graph.anchorHelpers().size(); ++i) {
      Func &helper = graph.anchorHelpers()[i];
      const std::vector<VarOrRVar> domain = domainInMemoryOrder(graph, helper);
      if (sums.parts > 1)
        helper = cut(graph, i, domain, sums);
      else if (domain.size() > 1)
        helper.update().reorder(domain);
      const bool isShared = sums.parts > 1 && i + 1 < graph.anchorHelpers().size();
      if (isShared)
        sharedByThreads(helper, sums);
      else
        helper.compute_at(graph.outputs[0], loops.x);
    }
  }

  /// The first launch sums within groups of neighbouring elements, the second adds the groups of each result.
  static void inTwoLaunches(Graph &graph, PartialSums sums, int groups) {
    const std::vector<int64_t> extents = outputExtents(*graph.kernel, 1);
    const ThreadLoops last = mapOutput(graph, 0, tileFor(extents, 64));
    Func &helper = graph.anchorHelpers()[0];
    RVar group("group"), rest("rest");
    Var groupBlock("group_block");
    const RVar domain = joinedDomain(helper, domainInMemoryOrder(graph, helper));
    helper.update().split(domain, group, rest, int32_t(std::ceil(termsOf(*graph.kernel) / groups)),
                          TailStrategy::GuardWithIf);
    Func sum = helper.update().rfactor(group, groupBlock);
    helper.compute_at(graph.outputs[0], last.x);
    Func stored = sum.in();
    std::vector<Var> loops;
    const std::vector<int> order = orderOf(graph.tensorOf(graph.kernel->outputs(0)));
    for (auto dim = order.rbegin(); dim != order.rend(); ++dim)
      loops.push_back(stored.args()[order.size() - 1 - size_t(*dim)]);
    loops.push_back(groupBlock);
    std::vector<int64_t> sizes = extents;
    sizes.push_back(groups);
    stored.compute_root().reorder_storage(loops);
    const ThreadLoops first = mapToThreads(stored, loops, sizes, {1, sums.results, 1});
    sums.consumer = stored;
    sums.block = first.block;
    cutIntoParts(sum, sum.rvars()[0], sums);
    sum.compute_at(stored, first.x);
  }

  /// A result that all threads of the block need for the next one.
  static void sharedByThreads(Func helper, const PartialSums &sums) {
    const Var result = helper.args()[size_t(sums.argument)];
    helper.compute_at(sums.consumer, sums.block).store_in(MemoryType::GPUShared);
    for (const Var &argument : helper.args())
      helper.bound_storage(argument, argument.name() == result.name() ? sums.results : 1);
    helper.gpu_threads(result);
    helper.update().gpu_threads(result);
  }

  static Func cut(Graph &graph, size_t position, const std::vector<VarOrRVar> &domain, const PartialSums &sums) {
    const proto::Op &op = graph.anchorOp();
    Func helper = graph.anchorHelpers()[position];
    switch (partialsOf(op)[position]) {
    case Partials::Sums:
      cutIntoParts(helper, joinedDomain(helper, domain), sums);
      return helper;
    case Partials::Least:
      return cutByHand(graph, helper, [](Expr a, Expr b) { return extremeOf(a, b, strict::lt(b, a)); }, sums);
    case Partials::Greatest:
      return cutByHand(graph, helper, [](Expr a, Expr b) { return extremeOf(a, b, strict::lt(a, b)); }, sums);
    case Partials::FirstPlace:
      return cutByHand(graph, helper, [](Expr a, Expr b) { return min(a, b); }, sums);
    case Partials::LastPlace:
      return cutByHand(graph, helper, [](Expr a, Expr b) { return max(a, b); }, sums);
    }
    return helper;
  }

  /// b where it is better than a, or no number.
  static Expr extremeOf(const Expr &a, const Expr &b, const Expr &better) {
    return select(a.type().is_float() ? better || strict::isNan(b) : better, b, a);
  }

  /// Elements of which one result is made; symbols count as 64.
  static double termsOf(const proto::Kernel &kernel) {
    const proto::Op &op = kernel.ops(kernel.anchor());
    double terms = 1;
    for (int64_t axis : op.attributes().at("axes").ints()) {
      const int64_t extent = extentOf(kernel.tensors(op.inputs(0)), int(axis));
      terms *= double(extent < 0 ? 64 : extent);
    }
    return terms;
  }
};

} // namespace

void registerReduce(Registry &registry) { registry.add<GpuReduce>(); }

} // namespace convoy::schedules::gpu
