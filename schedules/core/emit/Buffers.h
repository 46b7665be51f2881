#pragma once

#include "schedules/core/Schedules.h"

#include <Halide.h>

#include <vector>

namespace convoy::schedules {

/// A Halide buffer over a tensor's memory. Extents of blocks and strides over symbols follow from the layout.
Halide::Buffer<> bufferOf(const proto::Tensor &tensor, const HostTensor &host);

/// A tensor in a device's memory, surroundings included: a copy of all that its layout allocates, and a buffer whose
/// device address is the element with all logical indices zero, as the runtime hands it to kernels.
class DeviceTensor {
public:
  DeviceTensor(const proto::Tensor &tensor, const HostTensor &host, const Halide::Target &target);
  Halide::Buffer<> buffer() const;
  /// Brings everything back, surroundings too.
  void copyBack();

private:
  int64_t originBytes = 0, totalBytes = 0;
  char *memory = nullptr;         ///< Of the caller, surroundings included.
  Halide::Buffer<> described;     ///< Dimensions; memory of the caller.
  Halide::Buffer<uint8_t> staged; ///< Begins so that the origin is aligned as devices want it.
  Halide::Buffer<uint8_t> fromOrigin;
};

} // namespace convoy::schedules
