#include "tools/convoy/io/Device.h"

#include "tools/convoy/Text.h"

#include <nlohmann/json.hpp>

namespace convoy::tools {

static void introduce(const convoy_cuda_about &about, const Globals &globals) {
  globals.say(format("device %d: %s, capability %d.%d, %.1f GB, CUDA %d.%d", about.ordinal, about.name,
                     about.capability / 10, about.capability % 10, static_cast<double>(about.memory_bytes) * 1e-9,
                     about.driver / 1000, about.driver % 1000 / 10));
  globals.event("device", {{"ordinal", about.ordinal},
                           {"name", about.name},
                           {"capability", about.capability},
                           {"bytes", about.memory_bytes},
                           {"driver", about.driver}});
}

Result<Device> Device::openFor(const convoy_module &module, std::optional<int> ordinal, const Globals &globals) {
  Device device;
  if (module.device == CONVOY_HOST) {
    if (ordinal)
      return Error{format("--device %d: %s was compiled for the host (%s); compile it with --target=cuda", *ordinal,
                          module.name, module.target)};
    return device;
  }
  convoy_cuda *opened = nullptr;
  convoy_error error = {};
  if (convoy_cuda_open(ordinal.value_or(0), &opened, &error))
    return Error{
        format("%s was compiled for a GPU (%s), and none can be used: %s", module.name, module.target, error.message)};
  device.cuda.reset(opened);
  introduce(device.about(), globals);
  return device;
}

Result<std::vector<convoy_tensor>> Device::upload(const std::vector<convoy_tensor> &tensors) {
  std::vector<convoy_tensor> there;
  convoy_error error = {};
  for (convoy_tensor tensor : tensors) {
    size_t bytes = convoy_tensor_bytes(&tensor);
    void *data = nullptr;
    if (convoy_cuda_allocate(cuda.get(), bytes, &data, &error))
      return Error{error.message};
    memory.emplace_back(data, FreeMemory{cuda.get()});
    if (convoy_cuda_write(cuda.get(), data, tensor.data, bytes, &error))
      return Error{error.message};
    tensor.data = data;
    tensor.device = CONVOY_CUDA;
    there.push_back(tensor);
  }
  return there;
}

} // namespace convoy::tools
