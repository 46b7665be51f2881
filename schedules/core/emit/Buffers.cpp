#include "schedules/core/emit/Buffers.h"
#include "schedules/core/Tensors.h"

#include <cstring>

using namespace Halide;

namespace convoy::schedules {

namespace {

/// Alignment of buffers inside of buffers that OpenCL devices ask for at most.
constexpr int64_t originAlignment = 256;

/// Extents, allocated elements and the first logical element of a tensor whose extents are known.
struct Placed {
  std::vector<halide_dimension_t> dimensions;
  int64_t origin = 0, total = 1;
};

Placed placed(const proto::Tensor &tensor, const HostTensor &host) {
  const int rank = rankOf(tensor);
  const proto::Layout &layout = tensor.layout();
  const bool blocked = layout.block() > 0;
  Placed result;
  result.dimensions.resize(size_t(rank + blocked));
  int64_t stride = 1;
  if (blocked) {
    result.dimensions[0] = {0, int32_t(layout.block()), 1};
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
    result.dimensions[size_t(rank - 1 - *dim + blocked)] = {0, int32_t(extent), int32_t(stride)};
    result.origin += before(layout, *dim) * stride;
    stride *= allocated;
  }
  result.total = stride;
  return result;
}

} // namespace

Buffer<> bufferOf(const proto::Tensor &tensor, const HostTensor &host) {
  Placed at = placed(tensor, host);
  return Buffer<>(halideType(tensor.type()), host.data, int(at.dimensions.size()), at.dimensions.data());
}

DeviceTensor::DeviceTensor(const proto::Tensor &tensor, const HostTensor &host, const Target &target)
    : described(bufferOf(tensor, host)) {
  const Placed at = placed(tensor, host);
  const int64_t bytes = bytesOf(tensor.type());
  totalBytes = std::max<int64_t>(1, at.total) * bytes;
  memory = static_cast<char *>(host.data) - at.origin * bytes;
  originBytes = (at.origin * bytes + originAlignment - 1) / originAlignment * originAlignment;
  staged = Buffer<uint8_t>(int(originBytes - at.origin * bytes + totalBytes));
  std::memset(staged.data(), 0xFF, staged.size_in_bytes());
  std::memcpy(staged.end() - totalBytes, memory, size_t(totalBytes));
  staged.set_host_dirty();
  const DeviceAPI api = get_default_device_api_for_target(target);
  if (staged.copy_to_device(api, target) != 0)
    throw RuntimeError("a tensor of " + std::to_string(totalBytes) + " bytes does not fit the device");
  fromOrigin = staged.cropped(0, int(originBytes), int(staged.size_in_bytes() - size_t(originBytes)));
}

Buffer<> DeviceTensor::buffer() const {
  halide_buffer_t raw = *described.raw_buffer();
  raw.device = fromOrigin.raw_buffer()->device;
  raw.device_interface = fromOrigin.raw_buffer()->device_interface;
  return Buffer<>(Runtime::Buffer<>(raw));
}

void DeviceTensor::copyBack() {
  staged.set_device_dirty();
  staged.copy_to_host();
  std::memcpy(memory, staged.end() - totalBytes, size_t(totalBytes));
}

} // namespace convoy::schedules
