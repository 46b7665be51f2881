// The template of kernels on a GPU in which each result element is computed on its own.
#include "schedules/core/Loops.h"
#include "schedules/core/Tensors.h"
#include "schedules/elementwise/Collapse.h"
#include "schedules/gpu/Templates.h"
#include "schedules/gpu/Threads.h"

#include <set>

using namespace Halide;

namespace convoy::schedules::gpu {

namespace {

/// Elementwise chains, movement and resize: neighbours of the result are neighbouring threads, in vectors of four where
/// all operands are aligned.
class GpuStream : public Template {
public:
  std::string name() const override { return "gpu_stream"; }
  bool onGpu() const override { return true; }
  std::vector<Knob> knobs() const override { return tileKnobs(); }

  std::string misfit(const proto::Kernel &kernel) const override {
    static const std::set<std::string> summing{"convolution", "matmul", "pool", "reduce", "softmax", "scan", "scatter"};
    for (const proto::Op &op : kernel.ops())
      if (summing.count(op.kind()))
        return op.kind() + " sums over elements";
    return {};
  }

  double estimate(const proto::Kernel &kernel, const proto::Schedule &schedule) const override {
    const ThreadTile tile = tileOf(schedule);
    Launch launch;
    launch.blocks = blocksOf(outputExtents(rewritten(kernel), tile.vector), tile);
    launch.threads = tile.x * tile.y;
    launch.loads = tile.vector;
    Work work = streamWork(kernel);
    if (tile.vector == 1) // Narrow loads occupy the units that start them longer.
      work.memoryBytes *= 1.1;
    if (turnOf(kernel)) // A sector of 32 bytes for each element.
      work.cacheBytes += 32.0 * double(elements(kernel.tensors(kernel.outputs(0))));
    return microseconds(deviceOf(kernel.target()), launch, work);
  }

  std::vector<proto::Schedule> rank(const proto::Kernel &kernel) const override {
    const proto::Kernel joined = rewritten(kernel);
    const int widest = vectorOf(joined);
    std::vector<proto::Schedule> schedules;
    for (int vector = widest; vector >= 1; vector -= 3)
      for (int threads : {128, 256, 64}) {
        proto::Schedule schedule;
        schedule.set_template_name(name());
        setTile(schedule, tileFor(outputExtents(joined, vector), threads, vector));
        schedules.push_back(schedule);
      }
    return bestFirst(*this, kernel, schedules);
  }

  proto::Kernel rewritten(const proto::Kernel &kernel) const override {
    return isCollapsible(kernel) ? collapsed(kernel) : kernel;
  }

  void apply(Graph &graph, const proto::Schedule &schedule) const override {
    for (size_t i = 0; i < graph.outputs.size(); ++i)
      mapOutput(graph, int(i), tileOf(schedule));
  }
};

} // namespace

void registerStream(Registry &registry) { registry.add<GpuStream>(); }

} // namespace convoy::schedules::gpu
