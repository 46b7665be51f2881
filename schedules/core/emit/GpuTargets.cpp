// Targets whose kernels run on a GPU.
#include "schedules/core/emit/Guard.h"
#include "schedules/core/emit/Targets.h"
#include "schedules/core/emit/device/Capabilities.h"

#include <map>
#include <mutex>

using namespace Halide;

namespace convoy::schedules {

namespace {

constexpr int defaultCapability = 80;

proto::Gpu describe(const Capability &capability) {
  proto::Gpu gpu;
  gpu.set_capability(capability.number);
  gpu.set_multiprocessors(capability.multiprocessors);
  gpu.set_shared_bytes(sharedBytesOfBlock);
  gpu.set_registers(registersOfMultiprocessor);
  gpu.set_l2_bytes(capability.l2Megabytes << 20);
  return gpu;
}

/// NN of `cuda-sm_NN`; 0 if that is not what stands there.
int capabilityIn(const std::string &text) {
  const std::string prefix = "cuda-sm_";
  if (text == "cuda")
    return defaultCapability;
  if (text.rfind(prefix, 0) != 0 || text.size() == prefix.size() || text.size() > prefix.size() + 3)
    return 0;
  int capability = 0;
  for (char c : text.substr(prefix.size())) {
    if (c < '0' || c > '9')
      return 0;
    capability = capability * 10 + (c - '0');
  }
  return capability;
}

Result<proto::Target> withFeatures(proto::Target target, const std::vector<Target::Feature> &features) {
  return guarded([&]() -> Result<proto::Target> {
    Target halide(target.halide());
    for (Target::Feature feature : features)
      halide.set_feature(feature);
    target.set_halide(halide.to_string());
    return target;
  });
}

/// The host beside a device only launches: its code runs on every processor of the architecture, and kernels do not
/// depend on where they were compiled.
proto::Target onAnyProcessor(const proto::Target &host) {
  const Target own(host.halide());
  proto::Target target;
  target.set_halide(Target(own.os, own.arch, own.bits).to_string());
  return target;
}

} // namespace

std::optional<Result<proto::Target>> parseGpuTarget(const std::string &text, const proto::Target &host) {
  proto::Target target = host;
  if (text == "opencl") { // The tests': tiles as for the default capability.
    *target.mutable_gpu() = describe(*findCapability(defaultCapability));
    return withFeatures(target, {Target::OpenCL, Target::CLDoubles});
  }
  if (text != "cuda" && text.rfind("cuda-", 0) != 0)
    return std::nullopt;
  const Capability *found = findCapability(capabilityIn(text));
  if (!found)
    return Result<proto::Target>(
        Error{"'" + text + "' is no CUDA target: cuda, or cuda- and one of " + knownCapabilities()});
  target = onAnyProcessor(host);
  *target.mutable_gpu() = describe(*found);
  return withFeatures(target, {Target::CUDA, found->code});
}

Result<proto::Gpu> gpuOf(const Target &target) {
  if (target.has_feature(Target::OpenCL))
    return describe(*findCapability(defaultCapability));
  if (!target.has_feature(Target::CUDA))
    return Error{"'" + target.to_string() + "' asks for a GPU that is neither CUDA nor OpenCL"};
  const int capability = target.get_cuda_capability_lower_bound();
  const Capability *found = findCapability(capability);
  if (!found)
    return Error{"'" + target.to_string() + "' asks for CUDA capability " + std::to_string(capability) +
                 "; known are " + knownCapabilities()};
  return describe(*found);
}

Status deviceRuns(const proto::Kernel &kernel) {
  if (!kernel.target().has_gpu())
    return ok();
  return guarded([&]() -> Status {
    const Target target = processTarget(kernel);
    static std::mutex mutex; // Halide's question is not safe among threads.
    static std::map<DeviceAPI, bool> asked;
    const DeviceAPI api = get_default_device_api_for_target(target);
    const std::lock_guard<std::mutex> lock(mutex);
    auto [answer, isNew] = asked.try_emplace(api, false);
    if (isNew)
      answer->second = host_supports_target_device(target);
    if (answer->second)
      return ok();
    const bool cuda = target.has_feature(Target::CUDA);
    return Error{std::string("this machine has no ") + (cuda ? "CUDA" : "OpenCL") + " device to run the kernel on" +
                 (cuda ? "" : " (the package pocl-opencl-icd makes one of the processor)")};
  });
}

} // namespace convoy::schedules
