#include "schedules/core/Loops.h"
#include "schedules/core/Tensors.h"
#include "schedules/gpu/Partial.h"
#include "schedules/gpu/Templates.h"
#include "schedules/gpu/Threads.h"

#include <algorithm>

using namespace Halide;

namespace convoy::schedules::gpu {

namespace {

int axisOf(const proto::Kernel &kernel) { return int(kernel.ops(kernel.anchor()).attributes().at("axis").ints(0)); }

/// Whether the neighbours in memory belong to one row.
bool alongMemory(const proto::Kernel &kernel) { return innermost(kernel.tensors(kernel.outputs(0))) == axisOf(kernel); }

/// Rows that lie in memory: a block a row, whose maximum and sum its threads find through shared memory. Others: a
/// thread a row, neighbouring threads neighbouring rows.
class GpuSoftmax : public Template {
public:
  std::string name() const override { return "gpu_softmax"; }
  bool onGpu() const override { return true; }
  std::vector<Knob> knobs() const override { return {{"threads", 1, mostThreads, "threads of a block"}}; }

  std::string misfit(const proto::Kernel &kernel) const override {
    if (kernel.anchor() < 0 || kernel.ops(kernel.anchor()).kind() != "softmax")
      return "the anchor is no softmax";
    return misfitOfResult(kernel);
  }

  double estimate(const proto::Kernel &kernel, const proto::Schedule &schedule) const override {
    const double count = double(elements(kernel.tensors(kernel.outputs(0)))), length = double(lengthOf(kernel));
    const double threads = double(knob(schedule, "threads", warp));
    const bool rows = alongMemory(kernel);
    Launch launch;
    launch.threads = int(threads);
    launch.blocks = rows ? count / length : std::ceil(count / length / threads);
    launch.loads = std::min(4.0, std::ceil(rows ? length / threads : length));
    Work work = streamWork(kernel);
    work.multiplyAdds += 70 * count;
    work.cacheBytes += 8 * count;
    const double steps = rows ? std::ceil(length / threads) : length;
    return microseconds(deviceOf(kernel.target()), launch, work) + 0.06 * steps + (rows ? 1 : 0);
  }

  std::vector<proto::Schedule> rank(const proto::Kernel &kernel) const override {
    std::vector<proto::Schedule> schedules;
    for (int threads : {32, 128, 256, 512}) {
      if (threads > 32 && threads > lengthOf(kernel) && alongMemory(kernel))
        continue;
      proto::Schedule schedule;
      schedule.set_template_name(name());
      (*schedule.mutable_knobs())["threads"] = threads;
      schedules.push_back(schedule);
    }
    return bestFirst(*this, kernel, schedules);
  }

  void apply(Graph &graph, const proto::Schedule &schedule) const override {
    const int threads = int(knob(schedule, "threads", warp));
    if (alongMemory(*graph.kernel))
      blockPerRow(graph, threads);
    else
      threadPerRow(graph, threads);
  }

private:
  static int64_t lengthOf(const proto::Kernel &kernel) {
    const int64_t extent = extentOf(kernel.tensors(kernel.outputs(0)), axisOf(kernel));
    return extent < 0 ? 256 : extent;
  }

  static void blockPerRow(Graph &graph, int threads) {
    Func &output = graph.outputs[0];
    const OutputLoops loops(graph, 0, 1);
    Var step("step"), x("thread_x"), block("block");
    output.split(loops.var(0), step, x, threads, TailStrategy::GuardWithIf);
    std::vector<VarOrRVar> order{step, x};
    for (size_t i = 1; i < loops.size(); ++i)
      order.push_back(loops.var(i));
    output.reorder(order);
    if (loops.size() == 1) {
      output.split(x, block, x, threads); // One row, one block.
    } else {
      Var joined = loops.var(1);
      for (size_t i = 2; i < loops.size(); ++i) {
        Var next("blocks");
        output.fuse(joined, loops.var(i), next);
        joined = next;
      }
      block = joined;
    }
    output.gpu_blocks(block).gpu_threads(x);
    const PartialSums sums{output, block, threads, lengthOf(*graph.kernel) >= 4 * threads ? 4 : 1, -1, 1, false};
    for (Func &helper : graph.anchorHelpers())
      if (helper.has_update_definition()) { // `power` is computed where it is read.
        cutIntoParts(helper, helper.rvars()[0], sums);
        helper.compute_at(output, block).store_in(MemoryType::GPUShared);
        for (const Var &row : helper.args())
          helper.bound_storage(row, 1);
      }
  }

  static void threadPerRow(Graph &graph, int threads) {
    Func &output = graph.outputs[0];
    const OutputLoops loops(graph, 0, 1);
    const size_t axis = loops.loopOf(rankOf(graph.tensorOf(graph.kernel->outputs(0))) - 1 - axisOf(*graph.kernel));
    std::vector<Var> rows;
    std::vector<int64_t> extents;
    for (size_t i = 0; i < loops.size(); ++i)
      if (i != axis) {
        rows.push_back(loops.var(i));
        extents.push_back(loops.extent(i));
      }
    const ThreadLoops mapped = mapToThreads(output, rows, extents, tileFor(extents, threads), {loops.var(axis)});
    for (Func &helper : graph.anchorHelpers())
      if (helper.has_update_definition())
        helper.compute_at(output, mapped.x);
  }
};

} // namespace

void registerSoftmax(Registry &registry) { registry.add<GpuSoftmax>(); }

} // namespace convoy::schedules::gpu
