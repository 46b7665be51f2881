// Bytes of laid out tensors, element by element, against where schedules/kernel.proto says that elements lie.
#include "compiler/Evaluate/HostValue.h"
#include "compiler/Weights/DataTypes.h"

#include "llvm/ADT/STLExtras.h"
#include "gtest/gtest.h"

#include <cstring>
#include <numeric>

namespace convoy::compiler::test {

using Dims = llvm::SmallVector<int64_t, 6>;

/// 1, 2, 3, ... in row-major order.
static HostValue counting(proto::DataType type, const Dims &dims) {
  auto [value, bytes] = HostValue::make(type, dims);
  for (int64_t i = 0; i < value.elements(); ++i) {
    int64_t number = i + 1;
    std::memcpy(bytes + i * weights::sizeOf(type), &number, static_cast<size_t>(weights::sizeOf(type)));
  }
  return value;
}

struct Case {
  proto::DataType type;
  Dims dims, order, before, after;
  int64_t blockDim = 0, block = 0;
};

static proto::Layout layoutOf(const Case &c) {
  proto::Layout layout;
  layout.mutable_order()->Add(c.order.begin(), c.order.end());
  layout.mutable_before()->Add(c.before.begin(), c.before.end());
  layout.mutable_after()->Add(c.after.begin(), c.after.end());
  layout.set_block_dim(static_cast<int32_t>(c.blockDim));
  layout.set_block(c.block);
  return layout;
}

/// Allocated extents along the physical axes, outermost first; the block's last.
static Dims allocatedOf(const Case &c) {
  Dims extents;
  for (size_t place = 0; place < c.dims.size(); ++place) {
    int64_t dim = c.order.empty() ? static_cast<int64_t>(place) : c.order[place];
    int64_t extent = c.dims[dim];
    if (c.block && dim == c.blockDim)
      extent = (extent + c.block - 1) / c.block;
    extents.push_back((c.before.empty() ? 0 : c.before[dim]) + extent + (c.after.empty() ? 0 : c.after[dim]));
  }
  if (c.block)
    extents.push_back(c.block);
  return extents;
}

static int64_t placeOf(const Case &c, const Dims &allocated, const Dims &index) {
  int64_t place = 0;
  for (size_t axis = 0; axis < c.dims.size(); ++axis) {
    int64_t dim = c.order.empty() ? static_cast<int64_t>(axis) : c.order[axis];
    int64_t at = c.block && dim == c.blockDim ? index[dim] / c.block : index[dim];
    place = place * allocated[axis] + at + (c.before.empty() ? 0 : c.before[dim]);
  }
  return c.block ? place * c.block + index[c.blockDim] % c.block : place;
}

static void check(const Case &c) {
  HostValue value = counting(c.type, c.dims);
  std::vector<char> bytes = layOut(value, layoutOf(c));
  Dims allocated = allocatedOf(c);
  int64_t size = weights::sizeOf(c.type);
  std::vector<char> expected(
      static_cast<size_t>(std::accumulate(allocated.begin(), allocated.end(), size, std::multiplies<>())), 0);
  Dims index(c.dims.size(), 0);
  for (int64_t i = 0; i < value.elements(); ++i) {
    std::memcpy(expected.data() + placeOf(c, allocated, index) * size, value.data + i * size,
                static_cast<size_t>(size));
    for (size_t dim = index.size(); dim-- > 0;) {
      if (++index[dim] < c.dims[dim])
        break;
      index[dim] = 0;
    }
  }
  EXPECT_EQ(bytes, expected);
}

TEST(Layout, RowMajorIsACopy) {
  check({proto::F32, {2, 3, 4}, {}, {}, {}});
  check({proto::U8, {5}, {}, {}, {}});
  check({proto::F64, {}, {}, {}, {}});
  check({proto::F32, {2, 0, 4}, {}, {}, {}});
}

TEST(Layout, OrdersOfEveryElementSize) {
  for (proto::DataType type : {proto::U8, proto::F16, proto::F32, proto::I64}) {
    check({type, {2, 5, 3, 4}, {0, 2, 3, 1}, {}, {}});
    check({type, {6, 5, 3, 2}, {2, 3, 1, 0}, {}, {}});
  }
}

TEST(Layout, Surroundings) {
  check({proto::F32, {1, 3, 4, 5}, {0, 2, 3, 1}, {0, 0, 1, 2}, {0, 13, 2, 1}});
  check({proto::I16, {2, 3}, {}, {1, 2}, {0, 4}});
}

TEST(Layout, Blocks) {
  check({proto::F32, {1, 32, 3, 3}, {0, 1, 2, 3}, {}, {}, 1, 16});
  check({proto::F32, {1, 19, 3, 2}, {0, 1, 2, 3}, {}, {}, 1, 8});
  check({proto::F32, {20, 7, 3, 3}, {0, 2, 3, 1}, {}, {}, 0, 16});
  check({proto::F16, {5, 6}, {1, 0}, {}, {}, 0, 4});
  check({proto::F32, {3, 17, 2, 2}, {0, 1, 2, 3}, {0, 0, 1, 1}, {0, 0, 1, 1}, 1, 16});
}

} // namespace convoy::compiler::test
