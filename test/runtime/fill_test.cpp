#include "runtime/ops/ops.h"

#include <cstring>
#include <gtest/gtest.h>
#include <vector>

namespace {

/// Fills around a tensor whose axes lie tightly in memory, and compares each element with what its place asks for.
template <typename T> void check(std::vector<convoy_fill_axis> axes, T value) {
  int64_t size = 1, origin = 0;
  for (size_t i = axes.size(); i-- > 0;) {
    axes[i].stride = size;
    origin += axes[i].before * size;
    size *= axes[i].before + axes[i].extent + axes[i].after;
  }
  const T untouched = T(77), guard = T(55);
  std::vector<T> data(size + 2, untouched);
  data.front() = data.back() = guard;
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  convoy_fill(data.data() + 1 + origin, axes.data(), static_cast<int32_t>(axes.size()), sizeof(T), bits);
  EXPECT_EQ(data.front(), guard);
  EXPECT_EQ(data.back(), guard);
  for (int64_t at = 0; at < size; ++at) {
    bool outside = false;
    for (size_t i = 0; i + 1 < axes.size(); ++i) {
      int64_t allocated = axes[i].before + axes[i].extent + axes[i].after;
      int64_t index = at / axes[i].stride % allocated - axes[i].before;
      outside |= index < 0 || index >= axes[i].extent;
    }
    ASSERT_EQ(data[1 + at], outside ? value : untouched) << "element " << at;
  }
}

TEST(Fill, HaloOfAnImage) { check<float>({{2, 0, 0, 0}, {5, 1, 1, 0}, {7, 1, 1, 0}, {16, 0, 0, 0}}, 0.0f); }

TEST(Fill, UnevenHalo) { check<float>({{1, 0, 0, 0}, {3, 0, 2, 0}, {4, 3, 0, 0}, {8, 0, 0, 0}}, -1e30f); }

TEST(Fill, ChannelPaddingOfTheHaloIsFilledToo) {
  check<float>({{1, 0, 0, 0}, {3, 1, 1, 0}, {4, 1, 1, 0}, {13, 0, 3, 0}}, 0.0f);
}

TEST(Fill, BytesAndWideElements) {
  check<int8_t>({{3, 1, 1, 0}, {3, 1, 1, 0}, {5, 0, 0, 0}}, -128);
  check<int16_t>({{3, 1, 1, 0}, {3, 1, 1, 0}, {5, 0, 0, 0}}, -32768);
  check<double>({{3, 1, 1, 0}, {3, 1, 1, 0}, {5, 0, 0, 0}}, -1.5);
}

TEST(Fill, NothingAroundNothingWritten) { check<float>({{3, 0, 0, 0}, {4, 0, 0, 0}}, 1.0f); }

TEST(Fill, OnlyTheInnermostAxisHasSurroundings) { check<float>({{3, 0, 0, 0}, {4, 1, 2, 0}}, 1.0f); }

TEST(Fill, EmptyTensor) { check<float>({{0, 1, 1, 0}, {4, 0, 0, 0}}, 1.0f); }

TEST(Fill, AViewLeavesItsNeighboursChannelsAlone) {
  // Two views of 3 channels each in pixels of 6: only the first is filled around.
  std::vector<float> data(4 * 6, 77.0f);
  const convoy_fill_axis axes[] = {{2, 1, 1, 6}, {3, 0, 0, 1}};
  convoy_fill(data.data() + 6, axes, 2, sizeof(float), 0);
  for (int pixel = 0; pixel < 4; ++pixel)
    for (int channel = 0; channel < 6; ++channel)
      EXPECT_EQ(data[pixel * 6 + channel], (pixel == 0 || pixel == 3) && channel < 3 ? 0.0f : 77.0f);
}

} // namespace
