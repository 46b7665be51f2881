// The template of kernels in which each result element is computed on its own: elementwise chains and movement.
#include "schedules/core/Loops.h"
#include "schedules/core/Tensors.h"
#include "schedules/elementwise/Collapse.h"
#include "schedules/elementwise/Elementwise.h"

#include <algorithm>

using namespace Halide;

namespace convoy::schedules {

namespace {

/// Vectors along the innermost axis of the result, loops in the order of memory, the outer ones in parallel.
/// Measured: relu of 64 x 112 x 112 (3.2 MB) 0.10 ms on one core, which is what the caches give.
class Stream : public Template {
public:
  std::string name() const override { return "stream"; }
  std::vector<Knob> knobs() const override {
    return {{"tasks", 1, 4096, "parallel tasks of a launch; 0 vectors of work are never split"}};
  }

  std::string misfit(const proto::Kernel &kernel) const override {
    static const std::vector<std::string> summing{"convolution", "matmul", "pool",   "reduce",
                                                  "softmax",     "scan",   "scatter"};
    for (const proto::Op &op : kernel.ops())
      if (std::find(summing.begin(), summing.end(), op.kind()) != summing.end())
        return op.kind() + " sums over elements";
    return {};
  }

  double estimate(const proto::Kernel &kernel, const proto::Schedule &) const override {
    // Strided loads where neighbours of the result are none of an operand.
    const double strided = turnOf(kernel) ? 0.4e-3 * double(elements(kernel.tensors(kernel.outputs(0)))) : 0;
    return streamMicroseconds(kernel) + strided;
  }

  std::vector<proto::Schedule> rank(const proto::Kernel &kernel) const override {
    proto::Schedule schedule;
    schedule.set_template_name(name());
    (*schedule.mutable_knobs())["tasks"] = tasksFor(kernel, estimate(kernel, schedule));
    return {schedule};
  }

  proto::Kernel rewritten(const proto::Kernel &kernel) const override {
    return isCollapsible(kernel) ? collapsed(kernel) : kernel;
  }

  void apply(Graph &graph, const proto::Schedule &schedule) const override {
    for (size_t i = 0; i < graph.outputs.size(); ++i)
      scheduleStream(graph, int(i), knob(schedule, "tasks", 1));
  }
};

} // namespace

void registerStream(Registry &registry) { registry.add<Stream>(); }

} // namespace convoy::schedules
