#include "compiler/Evaluate/HostValue.h"

#include "llvm/ADT/STLExtras.h"

#include <cstring>

namespace convoy::compiler {

int64_t HostValue::elements() const {
  int64_t count = 1;
  for (int64_t extent : dims)
    count *= extent;
  return count;
}

int64_t HostValue::bytes() const { return elements() * weights::sizeOf(type); }

std::pair<HostValue, char *> HostValue::make(proto::DataType type, llvm::ArrayRef<int64_t> dims) {
  HostValue value;
  value.type = type;
  value.dims.assign(dims.begin(), dims.end());
  // Kernels may load whole vectors: a little room behind the end.
  auto storage = std::make_shared<std::vector<char>>(static_cast<size_t>(value.bytes()) + 64);
  char *bytes = storage->data();
  value.data = bytes;
  value.owner = std::move(storage);
  return {std::move(value), bytes};
}

HostValue HostValue::reshaped(llvm::ArrayRef<int64_t> newDims) const {
  HostValue value = *this;
  value.dims.assign(newDims.begin(), newDims.end());
  return value;
}

namespace {

/// One axis of the laid out tensor, outermost first.
struct Axis {
  int64_t dim;
  int64_t allocated;    ///< Extent in memory.
  int64_t sourceStride; ///< Bytes in the dense tensor for one step.
  int64_t step;         ///< Elements of the logical dimension for one step.
};

/// Copies axis by axis; `position[d]` is the logical index reached along dimension d.
class Copier {
public:
  Copier(const HostValue &value, const proto::Layout &layout) : value(value) {
    int64_t rank = static_cast<int64_t>(value.dims.size());
    llvm::SmallVector<int64_t> strides(rank, weights::sizeOf(value.type));
    for (int64_t dim = rank - 2; dim >= 0; --dim)
      strides[dim] = strides[dim + 1] * value.dims[dim + 1];
    auto around = [](const auto &list, int64_t dim) { return list.empty() ? 0 : list.Get(static_cast<int>(dim)); };
    for (int64_t place = 0; place < rank; ++place) {
      int64_t dim = layout.order_size() > 0 ? layout.order(static_cast<int>(place)) : place;
      int64_t step = layout.block() > 0 && dim == layout.block_dim() ? layout.block() : 1;
      int64_t extent = (value.dims[dim] + step - 1) / step;
      axes.push_back(
          {dim, around(layout.before(), dim) + extent + around(layout.after(), dim), strides[dim] * step, step});
    }
    if (layout.block() > 0)
      axes.push_back({layout.block_dim(), layout.block(), strides[layout.block_dim()], 1});
    before.assign(layout.before().begin(), layout.before().end());
    before.resize(rank, 0);
    position.assign(rank, 0);
  }

  std::vector<char> run() {
    int64_t bytes = weights::sizeOf(value.type);
    for (const Axis &axis : axes)
      bytes *= axis.allocated;
    std::vector<char> result(static_cast<size_t>(bytes), 0);
    sizes.assign(axes.size() + 1, weights::sizeOf(value.type));
    for (size_t axis = axes.size(); axis-- > 0;)
      sizes[axis] = sizes[axis + 1] * axes[axis].allocated;
    if (value.elements() > 0)
      copy(0, value.data, result.data());
    return result;
  }

private:
  void copy(size_t depth, const char *from, char *to) {
    if (depth == axes.size()) {
      std::memcpy(to, from, static_cast<size_t>(weights::sizeOf(value.type)));
      return;
    }
    const Axis &axis = axes[depth];
    bool isInnerBlock = depth >= value.dims.size();
    int64_t skip = isInnerBlock ? 0 : before[axis.dim];
    int64_t start = position[axis.dim];
    int64_t count = (value.dims[axis.dim] - start + axis.step - 1) / axis.step;
    if (isInnerBlock)
      count = std::min(count, axis.allocated);
    to += skip * sizes[depth + 1];
    bool dense = depth + 1 == axes.size() && axis.sourceStride == weights::sizeOf(value.type);
    if (dense) {
      std::memcpy(to, from, static_cast<size_t>(count * axis.sourceStride));
      return;
    }
    if (depth + 1 == axes.size() && weights::sizeOf(value.type) == 4)
      return copyWords(from, to, count, axis.sourceStride);
    for (int64_t index = 0; index < count; ++index) {
      position[axis.dim] = start + index * axis.step;
      copy(depth + 1, from + index * axis.sourceStride, to + index * sizes[depth + 1]);
    }
    position[axis.dim] = start;
  }

  static void copyWords(const char *from, char *to, int64_t count, int64_t stride) {
    for (int64_t index = 0; index < count; ++index)
      std::memcpy(to + index * 4, from + index * stride, 4);
  }

  const HostValue &value;
  llvm::SmallVector<Axis> axes;
  llvm::SmallVector<int64_t> before, position, sizes;
};

} // namespace

std::vector<char> layOut(const HostValue &value, const proto::Layout &layout) { return Copier(value, layout).run(); }

} // namespace convoy::compiler
