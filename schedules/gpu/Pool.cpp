#include "schedules/core/Loops.h"
#include "schedules/core/Tensors.h"
#include "schedules/gpu/Templates.h"
#include "schedules/gpu/Threads.h"

using namespace Halide;

namespace convoy::schedules::gpu {

namespace {

double windowOf(const proto::Kernel &kernel) {
  double window = 1;
  auto found = kernel.ops(kernel.anchor()).attributes().find("window");
  if (found != kernel.ops(kernel.anchor()).attributes().end())
    for (int64_t extent : found->second.ints())
      window *= double(extent);
  return window;
}

/// Each thread one window, or those of four neighbouring channels, in registers; neighbouring windows share their reads
/// through the caches.
class GpuPool : public Template {
public:
  std::string name() const override { return "gpu_pool"; }
  bool onGpu() const override { return true; }
  std::vector<Knob> knobs() const override { return tileKnobs(); }

  std::string misfit(const proto::Kernel &kernel) const override {
    if (kernel.anchor() < 0 || kernel.ops(kernel.anchor()).kind() != "pool")
      return "the anchor is no pool";
    return misfitOfResult(kernel);
  }

  double estimate(const proto::Kernel &kernel, const proto::Schedule &schedule) const override {
    const ThreadTile tile = tileOf(schedule);
    const proto::Tensor &output = kernel.tensors(kernel.outputs(0));
    Launch launch;
    launch.blocks = blocksOf(outputExtents(kernel, tile.vector), tile);
    launch.threads = tile.x * tile.y;
    launch.loads = tile.vector * std::min(4.0, windowOf(kernel));
    Work work = streamWork(kernel);
    const double reads = double(elements(output)) * windowOf(kernel);
    work.multiplyAdds += reads * (tile.vector == 1 ? 6 : 4); // Indices are shared by a vector.
    work.cacheBytes = reads * double(bytesOf(output.type()));
    return microseconds(deviceOf(kernel.target()), launch, work);
  }

  std::vector<proto::Schedule> rank(const proto::Kernel &kernel) const override {
    const int widest = vectorOf(kernel);
    std::vector<proto::Schedule> schedules;
    for (int vector = widest; vector >= 1; vector -= 3)
      for (int threads : {128, 64, 256}) {
        proto::Schedule schedule;
        schedule.set_template_name(name());
        setTile(schedule, tileFor(outputExtents(kernel, vector), threads, vector));
        schedules.push_back(schedule);
      }
    return bestFirst(*this, kernel, schedules);
  }

  void apply(Graph &graph, const proto::Schedule &schedule) const override {
    const ThreadTile tile = tileOf(schedule);
    const ThreadLoops loops = mapOutput(graph, 0, tile);
    const proto::Tensor &output = graph.tensorOf(graph.kernel->outputs(0));
    const size_t inner = size_t(rankOf(output) - 1 - innermost(output));
    for (Func &helper : graph.anchorHelpers()) {
      if (!helper.has_update_definition())
        continue;
      const Var channel = helper.args()[inner];
      std::vector<VarOrRVar> order{channel};
      for (const RVar &r : helper.rvars())
        order.push_back(r);
      std::vector<Var> storage{channel};
      for (const Var &argument : helper.args())
        if (argument.name() != channel.name())
          storage.push_back(argument);
      if (storage.size() > 1)
        helper.reorder_storage(storage);
      helper.compute_at(graph.outputs[0], loops.x).update().reorder(order);
      if (tile.vector > 1) {
        helper.bound_extent(channel, tile.vector);
        makeVector(helper, channel, graph.kernel->target());
        makeVector(helper.update(), channel, graph.kernel->target());
      }
      if (windowOf(*graph.kernel) <= 25)
        for (const RVar &r : helper.rvars())
          helper.update().unroll(r);
    }
  }
};

} // namespace

void registerPool(Registry &registry) { registry.add<GpuPool>(); }

} // namespace convoy::schedules::gpu
