// The template that fits every kernel on a GPU.
#include "schedules/core/Tensors.h"
#include "schedules/gpu/Templates.h"
#include "schedules/gpu/Threads.h"

#include <algorithm>
#include <set>

using namespace Halide;

namespace convoy::schedules::gpu {

namespace {

/// Op by op: each element a thread, sums serial in it; sums that other threads read lie in the device's memory.
class GpuPlain : public Template {
public:
  std::string name() const override { return "gpu_plain"; }
  bool onGpu() const override { return true; }
  std::vector<Knob> knobs() const override { return {}; }
  std::string misfit(const proto::Kernel &) const override { return {}; }

  double estimate(const proto::Kernel &kernel, const proto::Schedule &) const override {
    return 1e12 + streamWork(kernel).memoryBytes * 1e-2; // The last resort, whatever symbols stand for.
  }

  std::vector<proto::Schedule> rank(const proto::Kernel &) const override {
    proto::Schedule schedule;
    schedule.set_template_name(name());
    return {schedule};
  }

  void apply(Graph &graph, const proto::Schedule &) const override {
    std::vector<ThreadLoops> loops;
    for (size_t i = 0; i < graph.outputs.size(); ++i) {
      const proto::Tensor &tensor = graph.tensorOf(graph.kernel->outputs(int(i)));
      loops.push_back(mapOutput(graph, int(i), tileFor(memoryExtents(tensor), 128)));
    }
    for (size_t op = 0; op < graph.helpers.size(); ++op) {
      const bool inThread = staysInThread(graph, int(op));
      std::vector<Func> sums = graph.helpers[op];
      sums.push_back(graph.values[graph.kernel->ops(int(op)).outputs(0)]);
      for (Func &sum : sums)
        if (sum.has_update_definition()) // Others are computed where they are read.
          inThread ? void(sum.compute_at(graph.outputs[0], loops[0].x)) : storeInMemory(sum);
    }
  }

private:
  /// A sum over symbolic extents must not be stored as a whole: its size would not be constant. Each thread sums its
  /// own, where the ops behind it work element by element.
  static bool staysInThread(const Graph &graph, int op) {
    const proto::Kernel &kernel = *graph.kernel;
    const std::string &kind = kernel.ops(op).kind();
    static const std::set<std::string> tileable{"matmul", "convolution", "pool", "reduce", "softmax"};
    static const std::set<std::string> pointwise{"elementwise", "cast",     "constant",
                                                 "requantize",  "quantize", "dequantize"};
    if (!tileable.count(kind) || isStatic(kernel.tensors(kernel.ops(op).outputs(0))))
      return false;
    return graph.outputs.size() == 1 && rankOf(graph.tensorOf(kernel.outputs(0))) > 0 &&
           std::all_of(kernel.ops().begin() + op + 1, kernel.ops().end(),
                       [](const proto::Op &later) { return pointwise.count(later.kind()) > 0; });
  }
};

} // namespace

void registerPlain(Registry &registry) { registry.add<GpuPlain>(); }

} // namespace convoy::schedules::gpu
