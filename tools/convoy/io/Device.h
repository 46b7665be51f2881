#pragma once

#include "tools/convoy/Globals.h"
#include "tools/convoy/io/Module.h"

#include <convoy/cuda.h>

#include <optional>

namespace convoy::tools {

struct CloseCuda {
  void operator()(convoy_cuda *device) const { convoy_cuda_close(device); }
};

/// What a module runs on, for as long as sessions of it live: a device of this machine, or the host.
class Device {
public:
  /// Opens what the module was compiled for, and says what that is. `ordinal` is the user's wish among several devices.
  static Result<Device> openFor(const convoy_module &module, std::optional<int> ordinal, const Globals &globals);

  bool isHost() const { return !cuda; }

  /// For convoy_session_options; null on the host.
  convoy_backend *backend() const { return cuda ? convoy_cuda_backend(cuda.get()) : nullptr; }

  /// Not on the host.
  const convoy_cuda_about &about() const { return *convoy_cuda_describe(cuda.get()); }

  /// The same tensors in the device's memory, which goes with the object.
  Result<std::vector<convoy_tensor>> upload(const std::vector<convoy_tensor> &tensors);

private:
  struct FreeMemory {
    convoy_cuda *device;
    void operator()(void *memory) const { convoy_cuda_free(device, memory); }
  };

  std::unique_ptr<convoy_cuda, CloseCuda> cuda;
  std::vector<std::unique_ptr<void, FreeMemory>> memory; // goes before the device
};

} // namespace convoy::tools
