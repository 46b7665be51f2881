#include "test/schedules/conv/KernelData.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

namespace convoy::test {

/// Elements behind each tensor that kernels may load but never use.
static constexpr int64_t slack = 64;

namespace {

int64_t bytesOf(proto::DataType type) {
  return type == proto::U8 || type == proto::I8 ? 1 : type == proto::BF16 ? 2 : 4;
}

double load(proto::DataType type, const char *from) {
  auto as = [&](auto value) {
    std::memcpy(&value, from, sizeof(value));
    return value;
  };
  switch (type) {
  case proto::U8:
    return as(uint8_t());
  case proto::I8:
    return as(int8_t());
  case proto::I32:
    return as(int32_t());
  case proto::BF16:
    return std::bit_cast<float>(uint32_t(as(uint16_t())) << 16);
  default:
    return double(as(float()));
  }
}

void store(proto::DataType type, char *to, double value) {
  auto as = [&](auto converted) { std::memcpy(to, &converted, sizeof(converted)); };
  switch (type) {
  case proto::U8:
    return as(uint8_t(value));
  case proto::I8:
    return as(int8_t(value));
  case proto::I32:
    return as(int32_t(value));
  case proto::BF16: {
    const uint32_t bits = std::bit_cast<uint32_t>(float(value));
    return as(uint16_t((bits + 0x7fff + (bits >> 16 & 1)) >> 16));
  }
  default:
    return as(float(value));
  }
}

/// Of what an element around a tensor consists.
std::vector<char> surroundings(const proto::Tensor &tensor, int64_t size) {
  const bool zero = tensor.layout().fill() == proto::Layout::ZERO || tensor.layout().block() > 0;
  std::vector<char> element(static_cast<size_t>(size), zero ? 0 : char(0xa5));
  if (tensor.layout().fill() == proto::Layout::VALUE)
    store(tensor.type(), element.data(), double(tensor.layout().fill_value()));
  else if (!zero && size >= 2 && tensor.type() != proto::I32) // no integer is NaN
    store(tensor.type(), element.data(), std::nan(""));
  return element;
}

} // namespace

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
  size = bytesOf(tensor.type());
  const int64_t bytes = ((total + slack) * size + 63) / 64 * 64;
  memory.reset(static_cast<char *>(std::aligned_alloc(64, size_t(bytes))));
  around = surroundings(tensor, size);
  for (int64_t i = 0; i + size <= bytes; i += size)
    std::memcpy(memory.get() + i, around.data(), size_t(size));
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
      strays += std::memcmp(memory.get() + i * size, around.data(), size_t(size)) != 0;
  return strays;
}

float &Storage::at(const std::vector<int64_t> &index) {
  return *reinterpret_cast<float *>(memory.get() + offset(index) * size);
}

double Storage::value(const std::vector<int64_t> &index) const {
  return load(tensor.type(), memory.get() + offset(index) * size);
}

void Storage::set(const std::vector<int64_t> &index, double value) {
  store(tensor.type(), memory.get() + offset(index) * size, value);
}

schedules::HostTensor Storage::host() { return {memory.get() + origin * size, logical}; }

void Storage::fillRandom(std::mt19937 &random) {
  double least = -1, most = 1;
  if (tensor.type() == proto::U8)
    least = 0, most = 256;
  else if (tensor.type() == proto::I8)
    least = -128, most = 128;
  else if (tensor.type() == proto::I32)
    least = -4000, most = 4000;
  std::uniform_real_distribution<double> uniform(least, most);
  const bool whole = least < -1 || most > 1;
  eachIndex([&](const std::vector<int64_t> &index) {
    const double value = uniform(random);
    set(index, whole ? std::min(std::floor(value), most - 1) : value);
  });
}

} // namespace convoy::test
