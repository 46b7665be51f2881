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
/// NHWC). Extrema and their places, whose NaN rule Halide can't take apart, are cut by hand.
class GpuReduce : public Template {
public:
  std::string name() const override { return "gpu_reduce"; }
  bool onGpu() const override { return true; }
  std::vector<Knob> knobs() const override {
    return {{"results", 1, mostThreads, "neighbouring results of a block"},
            {"parts", 1, mostThreads, "threads that share a result"}};
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
    const double count = double(elements(kernel.tensors(kernel.outputs(0)))), terms = termsOf(kernel);
    Launch launch;
    launch.blocks = std::ceil(count / results);
    launch.threads = int(results * parts);
    const double steps = std::ceil(terms / parts);
    launch.loads = std::min(4.0, steps);
    Work work = streamWork(kernel);
    if (reducesInnermost(kernel) && parts < warp) // Threads far apart: a sector for fewer elements.
      work.cacheBytes += count * terms * 32 / std::max(1.0, std::min(8.0, parts));
    const double chain = steps * 0.02 + (parts > 1 ? 0.5 : 0) + std::min(parts, 32.0) * 0.02;
    return microseconds(deviceOf(kernel.target()), launch, work) + chain;
  }

  std::vector<proto::Schedule> rank(const proto::Kernel &kernel) const override {
    const bool rows = reducesInnermost(kernel);
    const int64_t inner = outputExtents(kernel, 1)[0], terms = int64_t(termsOf(kernel));
    std::vector<proto::Schedule> schedules;
    for (int64_t parts : {1, 4, 8, 16, 32, 128, 256, 512}) {
      if (parts > 1 && parts > std::max<int64_t>(terms, 2))
        continue;
      if (!rows && parts > 32)
        continue;
      int64_t results = rows ? std::max<int64_t>(1, 128 / parts) : warp;
      if (inner > 0)
        results = std::min(results, inner);
      proto::Schedule schedule;
      schedule.set_template_name(name());
      (*schedule.mutable_knobs())["parts"] = parts;
      (*schedule.mutable_knobs())["results"] = results;
      schedules.push_back(schedule);
    }
    return bestFirst(*this, kernel, schedules);
  }

  void apply(Graph &graph, const proto::Schedule &schedule) const override {
    PartialSums sums;
    sums.parts = int(knob(schedule, "parts", 1));
    const ThreadTile tile = {1, int(knob(schedule, "results", 1)), 1};
    if (sums.parts * tile.x > mostThreads)
      throw CompileError("a block of " + std::to_string(sums.parts * tile.x) + " threads is larger than " +
                         std::to_string(mostThreads));
    const ThreadLoops loops = mapOutput(graph, 0, tile);
    const proto::Tensor &output = graph.tensorOf(graph.kernel->outputs(0));
    sums.unroll = termsOf(*graph.kernel) >= 4.0 * sums.parts ? 4 : 1;
    sums.consumer = graph.outputs[0];
    sums.block = loops.block;
    sums.argument = rankOf(output) - 1 - innermost(output);
    sums.results = tile.x;
    sums.resultsAlongX = !reducesInnermost(*graph.kernel);
    for (Func &helper : graph.anchorHelpers()) {
      const std::vector<VarOrRVar> domain = domainInMemoryOrder(graph, helper);
      if (sums.parts > 1)
        helper = cut(graph, helper, domain, sums);
      else if (domain.size() > 1)
        helper.update().reorder(domain);
      const bool isShared = sums.parts > 1 && &helper != &graph.anchorHelpers().back();
      if (isShared)
        sharedByThreads(helper, sums);
      else
        helper.compute_at(graph.outputs[0], loops.x);
    }
  }

private:
  /// A result that all threads of the block need for the next one.
  static void sharedByThreads(Func helper, const PartialSums &sums) {
    const Var result = helper.args()[size_t(sums.argument)];
    helper.compute_at(sums.consumer, sums.block).store_in(MemoryType::GPUShared);
    for (const Var &argument : helper.args())
      helper.bound_storage(argument, argument.name() == result.name() ? sums.results : 1);
    helper.gpu_threads(result);
    helper.update().gpu_threads(result);
  }

  static Func cut(Graph &graph, Func helper, const std::vector<VarOrRVar> &domain, const PartialSums &sums) {
    const proto::Op &op = graph.anchorOp();
    const std::string &kind = op.attributes().at("kind").text();
    if (helper.name().find("best") != std::string::npos) {
      const bool least = kind == "min" || kind == "arg_min";
      return cutByHand(
          graph, helper,
          [&](Expr a, Expr b) {
            Expr better = least ? strict::lt(b, a) : strict::lt(a, b);
            return a.type().is_float() ? select(better || strict::isNan(b), b, a) : least ? min(a, b) : max(a, b);
          },
          sums);
    }
    if (helper.name().find("place") != std::string::npos) {
      auto last = op.attributes().find("select_last");
      const bool isLast = last != op.attributes().end() && last->second.ints(0) != 0;
      return cutByHand(graph, helper, [&](Expr a, Expr b) { return isLast ? max(a, b) : min(a, b); }, sums);
    }
    cutIntoParts(helper, joinedDomain(helper, domain), sums);
    return helper;
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
