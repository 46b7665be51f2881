#include "test/schedules/conv/KernelData.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace convoy::test {

/// Elements behind each tensor that kernels may load but never use.
static constexpr int64_t slack = 64;

Storage::Storage(const proto::Tensor &described, std::vector<int64_t> extents)
    : tensor(described), logical(std::move(extents)), stride(logical.size(), 0) {
  const proto::Layout &layout = tensor.layout();
  std::vector<int> order(logical.size());
  std::iota(order.begin(), order.end(), 0);
  if (layout.order_size() > 0)
    std::copy(layout.order().begin(), layout.order().end(), order.begin());
  int64_t next = 1;
  if (layout.block() > 0)
    blockStride = 1, next = layout.block();
  for (auto dim = order.rbegin(); dim != order.rend(); ++dim) {
    int64_t allocated = logical[*dim];
    if (*dim < layout.before_size())
      allocated += layout.before(*dim) + layout.after(*dim);
    if (layout.block() > 0 && *dim == layout.block_dim())
      allocated = (allocated + layout.block() - 1) / layout.block();
    stride[*dim] = next;
    if (*dim < layout.before_size())
      origin += layout.before(*dim) * next;
    next *= allocated;
  }
  total = next;
  const int64_t bytes = ((total + slack) * 4 + 63) / 64 * 64;
  memory.reset(static_cast<float *>(std::aligned_alloc(64, size_t(bytes))));
  around = std::numeric_limits<float>::quiet_NaN();
  if (layout.fill() == proto::Layout::ZERO || layout.block() > 0)
    around = 0;
  std::fill(memory.get(), memory.get() + bytes / 4, around);
}

int64_t Storage::offset(const std::vector<int64_t> &index) const {
  int64_t position = origin;
  for (size_t dim = 0; dim < index.size(); ++dim) {
    if (blockStride > 0 && int(dim) == tensor.layout().block_dim())
      position += index[dim] / tensor.layout().block() * stride[dim] + index[dim] % tensor.layout().block();
    else
      position += index[dim] * stride[dim];
  }
  return position;
}

int64_t Storage::strayWrites(bool shared) const {
  // The padding of the innermost dimension is writable beside each logical row.
  std::vector<int64_t> writable = logical;
  const proto::Layout &layout = tensor.layout();
  const int inner = layout.order_size() > 0 ? layout.order(layout.order_size() - 1) : int(logical.size()) - 1;
  if (!shared && inner >= 0 && inner < layout.after_size())
    writable[inner] += layout.after(inner);
  std::vector<bool> own(size_t(total), false);
  std::vector<int64_t> index(logical.size(), 0);
  for (int dim = 0; dim >= 0;) {
    own[size_t(offset(index))] = true;
    for (dim = int(index.size()) - 1; dim >= 0 && ++index[dim] == writable[dim]; --dim)
      index[dim] = 0;
  }
  int64_t strays = 0;
  for (int64_t i = 0; i < total + slack; ++i)
    if (i >= total || !own[size_t(i)])
      strays += std::isnan(around) ? !std::isnan(memory.get()[i]) : memory.get()[i] != around;
  return strays;
}

float &Storage::at(const std::vector<int64_t> &index) { return memory.get()[offset(index)]; }

schedules::HostTensor Storage::host() { return {memory.get() + origin, logical}; }

void Storage::fillRandom(std::mt19937 &random) {
  std::uniform_real_distribution<float> uniform(-1, 1);
  each([&](const std::vector<int64_t> &, float &value) { value = uniform(random); });
}

} // namespace convoy::test
