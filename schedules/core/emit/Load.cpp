#include "schedules/core/Graph.h"
#include "schedules/core/Registry.h"
#include "schedules/core/Schedules.h"
#include "schedules/core/Tensors.h"
#include "schedules/core/emit/Guard.h"
#include "schedules/core/emit/Targets.h"

using namespace Halide;

namespace convoy::schedules {

namespace {

/// A Halide buffer over a tensor's memory. Extents of blocks and strides over symbols follow from the layout.
Buffer<> bufferOf(const proto::Tensor &tensor, const HostTensor &host) {
  const int rank = rankOf(tensor);
  const proto::Layout &layout = tensor.layout();
  const bool blocked = layout.block() > 0;
  std::vector<halide_dimension_t> dimensions(rank + blocked);
  int64_t stride = 1;
  if (blocked) {
    dimensions[0] = {0, int32_t(layout.block()), 1};
    stride = layout.block();
  }
  std::vector<int> order = orderOf(tensor);
  for (auto dim = order.rbegin(); dim != order.rend(); ++dim) {
    // A static tensor may have been given other dimensions than the caller knows.
    int64_t extent = tensor.dims(*dim).has_symbol() ? host.extents[size_t(*dim)] : tensor.dims(*dim).extent();
    int64_t allocated = extent + before(layout, *dim) + after(layout, *dim);
    if (blocked && *dim == layout.block_dim()) {
      extent = (extent + layout.block() - 1) / layout.block();
      allocated = (allocated + layout.block() - 1) / layout.block();
    }
    dimensions[rank - 1 - *dim + blocked] = {0, int32_t(extent), int32_t(stride)};
    stride *= allocated;
  }
  return Buffer<>(halideType(tensor.type()), host.data, int(dimensions.size()), dimensions.data());
}

class Loaded : public InProcessKernel {
public:
  Loaded(proto::Kernel described, const Template &chosen) : kernel(std::move(described)) {
    kernel = chosen.rewritten(kernel);
    graph = buildGraph(kernel, chosen.wide());
    graph.heap = true;
    chosen.apply(graph, kernel.schedule());
    pipeline = Pipeline(graph.outputs);
    target = processTarget(kernel);
    pipeline.compile_jit(target);
  }

  Status run(const std::vector<HostTensor> &inputs, const std::vector<HostTensor> &outputs) override {
    if (inputs.size() != graph.inputs.size() || outputs.size() != graph.outputs.size())
      return Error{"wrong number of tensors for a kernel"};
    return guarded([&]() -> Status {
      for (size_t i = 0; i < inputs.size(); ++i)
        graph.inputs[i].set(bufferOf(kernel.tensors(kernel.inputs(int(i))), inputs[i]));
      std::vector<Buffer<>> results;
      for (size_t i = 0; i < outputs.size(); ++i)
        results.push_back(bufferOf(kernel.tensors(kernel.outputs(int(i))), outputs[i]));
      pipeline.realize(Realization(std::move(results)), target);
      return ok();
    });
  }

private:
  proto::Kernel kernel;
  Graph graph;
  Pipeline pipeline;
  Target target;
};

} // namespace

Result<std::unique_ptr<InProcessKernel>> load(const proto::Kernel &kernel) {
  Result<proto::Kernel> scheduled = withSchedule(kernel);
  if (!scheduled)
    return Error{scheduled.error()};
  return guarded([&]() -> Result<std::unique_ptr<InProcessKernel>> {
    const Template *chosen = registry().findTemplate(scheduled->schedule().template_name());
    return std::unique_ptr<InProcessKernel>(new Loaded(*scheduled, *chosen));
  });
}

} // namespace convoy::schedules
