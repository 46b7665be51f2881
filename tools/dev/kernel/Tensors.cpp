#include "tools/dev/kernel/Tensors.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <google/protobuf/io/zero_copy_stream_impl.h>
#include <google/protobuf/text_format.h>
#include <limits>
#include <numeric>

namespace convoy::dev {

namespace {

constexpr int64_t guardElements = 64;

int64_t extentAt(const proto::Tensor &tensor, int dim, const Symbols &symbols) {
  return tensor.dims(dim).has_symbol() ? symbols.at(tensor.dims(dim).symbol()) : tensor.dims(dim).extent();
}

int64_t beforeAt(const proto::Layout &layout, int dim) { return dim < layout.before_size() ? layout.before(dim) : 0; }
int64_t afterAt(const proto::Layout &layout, int dim) { return dim < layout.after_size() ? layout.after(dim) : 0; }

float fromHalf(uint16_t bits) {
  const int sign = bits >> 15, exponent = (bits >> 10) & 31, mantissa = bits & 1023;
  float value = exponent == 31  ? (mantissa ? std::numeric_limits<float>::quiet_NaN() : INFINITY)
                : exponent == 0 ? std::ldexp(float(mantissa), -24)
                                : std::ldexp(float(mantissa + 1024), exponent - 25);
  return sign ? -value : value;
}

uint16_t toHalf(float value) {
  if (value == 0)
    return 0;
  int exponent;
  const int mantissa = int(std::ldexp(std::frexp(std::fabs(value), &exponent), 11));
  if (exponent < -13)
    return 0;
  return uint16_t((value < 0) << 15 | (exponent + 14) << 10 | (mantissa & 1023));
}

template <typename T> T load(const char *from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

double element(proto::DataType type, const char *at) {
  switch (type) {
  case proto::F32:
    return load<float>(at);
  case proto::F64:
    return load<double>(at);
  case proto::F16:
    return fromHalf(load<uint16_t>(at));
  case proto::BF16: {
    uint32_t bits = uint32_t(load<uint16_t>(at)) << 16;
    return load<float>(reinterpret_cast<const char *>(&bits));
  }
  case proto::I8:
    return load<int8_t>(at);
  case proto::I16:
    return load<int16_t>(at);
  case proto::U16:
    return load<uint16_t>(at);
  case proto::I32:
    return load<int32_t>(at);
  case proto::U32:
    return load<uint32_t>(at);
  case proto::I64:
    return double(load<int64_t>(at));
  case proto::U64:
    return double(load<uint64_t>(at));
  default:
    return load<uint8_t>(at);
  }
}

template <typename T> void put(char *at, T value) { std::memcpy(at, &value, sizeof value); }

void store(proto::DataType type, char *at, double value) {
  switch (type) {
  case proto::F32:
    return put(at, float(value));
  case proto::F64:
    return put(at, value);
  case proto::F16:
    return put(at, toHalf(float(value)));
  case proto::BF16: {
    float single = float(value);
    return put(at, uint16_t(load<uint32_t>(reinterpret_cast<const char *>(&single)) >> 16));
  }
  case proto::I16:
  case proto::U16:
    return put(at, int16_t(value));
  case proto::I32:
  case proto::U32:
    return put(at, int32_t(value));
  case proto::I64:
  case proto::U64:
    return put(at, int64_t(value));
  default:
    return put(at, int8_t(value));
  }
}

double lowest(proto::DataType type) {
  switch (type) {
  case proto::I8:
    return -128;
  case proto::I16:
    return -32768;
  case proto::I32:
    return -2147483648.0;
  case proto::I64:
    return double(std::numeric_limits<int64_t>::min());
  case proto::F32:
  case proto::F64:
  case proto::BF16:
    return -INFINITY;
  default:
    return 0;
  }
}

} // namespace

int64_t elementBytes(proto::DataType type) {
  switch (type) {
  case proto::F64:
  case proto::I64:
  case proto::U64:
    return 8;
  case proto::F32:
  case proto::I32:
  case proto::U32:
    return 4;
  case proto::F16:
  case proto::BF16:
  case proto::I16:
  case proto::U16:
    return 2;
  default:
    return 1;
  }
}

LaidOut::LaidOut(const proto::Tensor &described, const Symbols &symbols) : tensor(described) {
  const proto::Layout &layout = tensor.layout();
  const int rank = tensor.dims_size();
  for (int dim = 0; dim < rank; ++dim)
    extents.push_back(extentAt(tensor, dim, symbols));
  std::vector<int> order(rank);
  std::iota(order.begin(), order.end(), 0);
  if (layout.order_size() == rank)
    std::copy(layout.order().begin(), layout.order().end(), order.begin());
  strides.resize(rank);
  int64_t stride = layout.block() > 0 ? layout.block() : 1;
  for (auto dim = order.rbegin(); dim != order.rend(); ++dim) {
    int64_t allocated = extents[*dim] + beforeAt(layout, *dim) + afterAt(layout, *dim);
    if (layout.block() > 0 && *dim == layout.block_dim())
      allocated = (allocated + layout.block() - 1) / layout.block();
    strides[*dim] = stride;
    origin += beforeAt(layout, *dim) * stride;
    stride *= allocated;
  }
  bytes = elementBytes(tensor.type());
  origin += guardElements;
  memory.assign(size_t((stride + 2 * guardElements) * bytes), char(0xFF));
  fillHalo();
  untouched = memory;
}

template <typename Visit> void LaidOut::forEach(Visit visit) const {
  const int64_t count = elements();
  const proto::Layout &layout = tensor.layout();
  std::vector<int64_t> index(extents.size(), 0);
  for (int64_t i = 0; i < count; ++i) {
    int64_t offset = origin;
    for (size_t dim = 0; dim < extents.size(); ++dim) {
      const bool blocked = layout.block() > 0 && int(dim) == layout.block_dim();
      offset += blocked ? index[dim] / layout.block() * strides[dim] + index[dim] % layout.block()
                        : index[dim] * strides[dim];
    }
    visit(i, offset);
    for (int dim = int(extents.size()) - 1; dim >= 0 && ++index[dim] == extents[dim]; --dim)
      index[dim] = 0;
  }
}

int64_t LaidOut::elements() const {
  return std::accumulate(extents.begin(), extents.end(), int64_t(1), std::multiplies<>());
}

/// Fills everything but the guards and the padding of the innermost axis with what the layout promises.
void LaidOut::fillHalo() {
  const proto::Layout &layout = tensor.layout();
  const int64_t total = int64_t(memory.size()) / bytes - guardElements;
  if (layout.block() > 0 || layout.fill() != proto::Layout::NONE)
    for (int64_t i = guardElements; i < total; ++i)
      store(tensor.type(), &memory[size_t(i * bytes)],
            layout.fill() == proto::Layout::LOWEST  ? lowest(tensor.type())
            : layout.fill() == proto::Layout::VALUE ? double(layout.fill_value())
                                                    : 0);
  if (layout.block() > 0 || extents.empty())
    return;
  const int inner = layout.order_size() ? layout.order(layout.order_size() - 1) : int(extents.size()) - 1;
  const int64_t first = beforeAt(layout, inner), row = first + extents[inner] + afterAt(layout, inner);
  for (int64_t i = guardElements; row > 0 && i < total; ++i) {
    const int64_t at = (i - guardElements) % row;
    if (at < first || at >= first + extents[inner])
      std::memset(&memory[size_t(i * bytes)], 0xFF, size_t(bytes));
  }
}

schedules::HostTensor LaidOut::host() { return {memory.data() + origin * bytes, extents}; }

void LaidOut::fromDense(const std::string &dense) {
  forEach([&](int64_t i, int64_t offset) {
    std::memcpy(&memory[size_t(offset * bytes)], &dense[size_t(i * bytes)], size_t(bytes));
  });
}

std::string LaidOut::toDense() const {
  std::string dense(size_t(elements() * bytes), '\0');
  forEach([&](int64_t i, int64_t offset) {
    std::memcpy(&dense[size_t(i * bytes)], &memory[size_t(offset * bytes)], size_t(bytes));
  });
  return dense;
}

std::string LaidOut::damage() const {
  std::string expected = untouched;
  forEach([&](int64_t, int64_t offset) {
    std::memcpy(&expected[size_t(offset * bytes)], &memory[size_t(offset * bytes)], size_t(bytes));
  });
  const proto::Layout &layout = tensor.layout();
  if (!layout.shared() && layout.block() == 0 && !extents.empty()) {
    // Padding of the innermost axis beside logical elements may hold anything.
    const int inner = layout.order_size() ? layout.order(layout.order_size() - 1) : int(extents.size()) - 1;
    forEach([&](int64_t, int64_t offset) {
      const int64_t size = extents[inner] + afterAt(layout, inner);
      for (int64_t i = 0; i < size; ++i) {
        const int64_t at = (offset + i) * bytes;
        const int64_t inRow = (offset + i - origin + beforeAt(layout, inner)) % (size + beforeAt(layout, inner));
        if (inRow < beforeAt(layout, inner))
          break;
        if (inRow >= beforeAt(layout, inner) + extents[inner])
          std::memcpy(&expected[size_t(at)], &memory[size_t(at)], size_t(bytes));
      }
    });
  }
  if (layout.block() > 0) // The rest of the last block is zero already.
    return expected == memory ? "" : "written outside of the blocks";
  for (size_t i = 0; i < memory.size(); ++i)
    if (memory[i] != expected[i])
      return "element " + std::to_string(int64_t(i) / bytes - origin) + " (from the first logical one) was overwritten";
  return {};
}

std::string randomDense(const proto::Tensor &tensor, const Symbols &symbols, uint64_t seed) {
  int64_t count = 1;
  for (int dim = 0; dim < tensor.dims_size(); ++dim)
    count *= extentAt(tensor, dim, symbols);
  const int64_t bytes = elementBytes(tensor.type());
  std::string dense(size_t(count * bytes), '\0');
  uint64_t state = seed * 0x9E3779B97F4A7C15u + 1;
  for (int64_t i = 0; i < count; ++i) {
    uint64_t mixed = state += 0x9E3779B97F4A7C15u;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBu;
    mixed ^= mixed >> 31;
    const bool floating = tensor.type() >= proto::F32 && tensor.type() <= proto::BF16;
    const double value = floating                       ? double(mixed >> 11) / double(1ull << 52) - 1
                         : tensor.type() == proto::BOOL ? double(mixed & 1)
                                                        : double(mixed & 3);
    store(tensor.type(), &dense[size_t(i * bytes)], value);
  }
  return dense;
}

Difference compare(proto::DataType type, const std::string &a, const std::string &b) {
  Difference difference;
  const int64_t bytes = elementBytes(type), count = int64_t(b.size()) / bytes;
  if (a.size() != b.size())
    difference.unlike = count;
  for (int64_t i = 0; i < count && a.size() == b.size(); ++i) {
    const double x = element(type, &a[size_t(i * bytes)]), y = element(type, &b[size_t(i * bytes)]);
    if (!std::isfinite(x) || !std::isfinite(y)) {
      const bool same = std::isnan(x) ? std::isnan(y) : x == y;
      if (!same && difference.unlike++ == 0)
        difference.where = i;
      continue;
    }
    difference.magnitude = std::max(difference.magnitude, std::fabs(y));
    if (std::fabs(x - y) > difference.largest) {
      difference.largest = std::fabs(x - y);
      difference.where = i;
    }
  }
  return difference;
}

std::vector<std::string> kernelFiles(const std::string &folder) {
  std::vector<std::string> files;
  for (const auto &entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".textproto")
      files.push_back(entry.path().string());
  std::sort(files.begin(), files.end());
  return files;
}

Result<proto::Kernel> readKernel(const std::string &path) {
  std::ifstream file(path);
  if (!file)
    return Error{path + ": cannot be read"};
  google::protobuf::io::IstreamInputStream stream(&file);
  proto::Kernel kernel;
  if (!google::protobuf::TextFormat::Parse(&stream, &kernel))
    return Error{path + ": is no kernel in text format"};
  if (kernel.target().halide().empty())
    *kernel.mutable_target() = schedules::hostTarget();
  return kernel;
}

proto::Kernel plainOnHost(const proto::Kernel &kernel) {
  proto::Kernel plain = kernel;
  plain.mutable_schedule()->Clear();
  plain.mutable_schedule()->set_template_name("plain");
  if (kernel.target().has_gpu())
    *plain.mutable_target() = schedules::hostTarget();
  return plain;
}

Result<std::vector<std::string>> runDense(const proto::Kernel &kernel, const std::vector<std::string> &inputs,
                                          const Symbols &symbols) {
  Result<std::unique_ptr<schedules::InProcessKernel>> loaded = schedules::load(kernel);
  if (!loaded)
    return Error{loaded.error()};
  std::vector<LaidOut> in, out;
  std::vector<schedules::HostTensor> inHost, outHost;
  for (int i = 0; i < kernel.inputs_size(); ++i) {
    in.emplace_back(kernel.tensors(kernel.inputs(i)), symbols);
    in.back().fromDense(inputs[size_t(i)]);
  }
  for (int position : kernel.outputs())
    out.emplace_back(kernel.tensors(position), symbols);
  for (LaidOut &tensor : in)
    inHost.push_back(tensor.host());
  for (LaidOut &tensor : out)
    outHost.push_back(tensor.host());
  if (Status status = (*loaded)->run(inHost, outHost); !status)
    return Error{status.error()};
  std::vector<std::string> results;
  for (size_t i = 0; i < out.size(); ++i) {
    if (std::string damage = out[i].damage(); !damage.empty())
      return Error{"output " + std::to_string(i) + ": " + damage};
    results.push_back(out[i].toDense());
  }
  return results;
}

} // namespace convoy::dev
