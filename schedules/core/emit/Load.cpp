#include "schedules/core/Graph.h"
#include "schedules/core/Registry.h"
#include "schedules/core/Schedules.h"
#include "schedules/core/emit/Buffers.h"
#include "schedules/core/emit/Guard.h"
#include "schedules/core/emit/PrivateTiles.h"
#include "schedules/core/emit/Targets.h"
#include "schedules/core/emit/passes/Halves.h"
#include "schedules/core/emit/passes/Negative.h"
#include "schedules/core/emit/passes/Round.h"
#include "schedules/core/emit/passes/Words.h"

#include <deque>

using namespace Halide;

namespace convoy::schedules {

namespace {

/// What the device's runtime said during a run: kernels are compiled without the checks that would return it.
thread_local std::string deviceMessage;

void keepMessage(JITUserContext *, const char *message) {
  if (deviceMessage.empty())
    deviceMessage = message;
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
    if (target.has_gpu_feature()) {
      pipeline.jit_handlers().custom_error = keepMessage;
      keepTilesPrivate(pipeline);
      halvesAsBits(pipeline);
      moveWords(pipeline);
    } else {
      hideNegativeIndices(pipeline);
    }
    roundToHalves(pipeline, target);
    pipeline.compile_jit(target);
  }

  Status run(const std::vector<HostTensor> &inputs, const std::vector<HostTensor> &outputs) override {
    if (inputs.size() != graph.inputs.size() || outputs.size() != graph.outputs.size())
      return Error{"wrong number of tensors for a kernel"};
    return guarded(
        [&]() -> Status { return target.has_gpu_feature() ? onDevice(inputs, outputs) : onHost(inputs, outputs); });
  }

private:
  proto::Kernel kernel;
  Graph graph;
  Pipeline pipeline;
  Target target;

  const proto::Tensor &inputTensor(size_t i) const { return kernel.tensors(kernel.inputs(int(i))); }
  const proto::Tensor &outputTensor(size_t i) const { return kernel.tensors(kernel.outputs(int(i))); }

  Status onHost(const std::vector<HostTensor> &inputs, const std::vector<HostTensor> &outputs) {
    for (size_t i = 0; i < inputs.size(); ++i)
      graph.inputs[i].set(bufferOf(inputTensor(i), inputs[i]));
    std::vector<Buffer<>> results;
    for (size_t i = 0; i < outputs.size(); ++i)
      results.push_back(bufferOf(outputTensor(i), outputs[i]));
    pipeline.realize(Realization(std::move(results)), target);
    return ok();
  }

  Status onDevice(const std::vector<HostTensor> &inputs, const std::vector<HostTensor> &outputs) {
    deviceMessage.clear();
    std::deque<DeviceTensor> moved;
    for (size_t i = 0; i < inputs.size(); ++i)
      graph.inputs[i].set(moved.emplace_back(inputTensor(i), inputs[i], target).buffer());
    std::vector<Buffer<>> results;
    for (size_t i = 0; i < outputs.size(); ++i)
      results.push_back(moved.emplace_back(outputTensor(i), outputs[i], target).buffer());
    try {
      pipeline.realize(Realization(std::move(results)), target);
    } catch (const Halide::Error &) { // Empty where a handler has taken the message.
      if (deviceMessage.empty())
        throw;
    }
    for (size_t i = inputs.size(); i < moved.size(); ++i)
      moved[i].copyBack();
    for (ImageParam &input : graph.inputs)
      input.reset();
    return deviceMessage.empty() ? ok() : Status(Error{"on the device: " + deviceMessage});
  }
};

} // namespace

Result<std::unique_ptr<InProcessKernel>> load(const proto::Kernel &kernel) {
  Result<proto::Kernel> scheduled = withSchedule(kernel);
  if (!scheduled)
    return Error{scheduled.error()};
  if (Status runs = deviceRuns(*scheduled); !runs)
    return Error{runs.error()};
  return guarded([&]() -> Result<std::unique_ptr<InProcessKernel>> {
    const Template *chosen = registry().findTemplate(scheduled->schedule().template_name());
    return std::unique_ptr<InProcessKernel>(new Loaded(*scheduled, *chosen));
  });
}

} // namespace convoy::schedules
