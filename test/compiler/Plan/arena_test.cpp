#include "compiler/Plan/Arena.h"

#include <gtest/gtest.h>

#include <random>

namespace convoy::compiler {
namespace {

bool liveTogether(const Lifetime &a, const Lifetime &b) { return a.first <= b.last && b.first <= a.last; }

TEST(Arena, BuffersThatNeverMeetShareMemory) {
  Placement placement = placeBuffers({{1000, 0, 1}, {1000, 2, 3}}, 64);
  EXPECT_EQ(placement.offsets[0], placement.offsets[1]);
  EXPECT_EQ(placement.bytes, 1024);
}

TEST(Arena, BuffersThatMeetInOneStepDoNot) {
  Placement placement = placeBuffers({{64, 0, 1}, {64, 1, 2}}, 64);
  EXPECT_NE(placement.offsets[0], placement.offsets[1]);
  EXPECT_EQ(placement.bytes, 128);
}

TEST(Arena, SmallBufferTakesTheGap) {
  // Two large ones with a hole between them in time and place.
  Placement placement = placeBuffers({{256, 0, 9}, {128, 0, 2}, {128, 3, 9}, {64, 3, 9}}, 64);
  EXPECT_EQ(placement.bytes, 256 + 128 + 64);
}

TEST(Arena, NothingNeedsNothing) { EXPECT_EQ(placeBuffers({}, 64).bytes, 0); }

TEST(Arena, RandomBuffersNeverOverlap) {
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    std::vector<Lifetime> lifetimes;
    for (int i = 0; i < 60; ++i) {
      int first = static_cast<int>(random() % 40);
      lifetimes.push_back({static_cast<int64_t>(random() % 5000), first, first + static_cast<int>(random() % 8)});
    }
    Placement placement = placeBuffers(lifetimes, 64);
    for (size_t a = 0; a < lifetimes.size(); ++a) {
      EXPECT_EQ(placement.offsets[a] % 64, 0);
      EXPECT_LE(placement.offsets[a] + lifetimes[a].bytes, placement.bytes);
      for (size_t b = 0; b < a; ++b) {
        bool apart = placement.offsets[a] >= placement.offsets[b] + lifetimes[b].bytes ||
                     placement.offsets[b] >= placement.offsets[a] + lifetimes[a].bytes;
        EXPECT_TRUE(apart || !liveTogether(lifetimes[a], lifetimes[b])) << a << " and " << b;
      }
    }
  }
}

TEST(Arena, SlotsAreSharedOnlyOverTime) {
  std::vector<Lifetime> lifetimes = {{0, 0, 1}, {0, 1, 2}, {0, 2, 3}, {0, 3, 4}};
  std::vector<int> slots = assignSlots(lifetimes);
  EXPECT_EQ(*std::max_element(slots.begin(), slots.end()), 1);
  for (size_t a = 0; a < slots.size(); ++a)
    for (size_t b = 0; b < a; ++b)
      EXPECT_TRUE(slots[a] != slots[b] || !liveTogether(lifetimes[a], lifetimes[b]));
}

} // namespace
} // namespace convoy::compiler
