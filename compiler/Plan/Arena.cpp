#include "compiler/Plan/Arena.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace convoy::compiler {

static bool overlap(const Lifetime &a, const Lifetime &b) { return a.first <= b.last && b.first <= a.last; }

static int64_t roundUp(int64_t value, int64_t multiple) { return (value + multiple - 1) / multiple * multiple; }

Placement placeBuffers(const std::vector<Lifetime> &lifetimes, int64_t alignment) {
  Placement placement;
  placement.offsets.assign(lifetimes.size(), 0);
  std::vector<size_t> order(lifetimes.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return std::make_tuple(-lifetimes[a].bytes, a) < std::make_tuple(-lifetimes[b].bytes, b);
  });
  std::vector<size_t> placed; // by offset
  for (size_t next : order) {
    int64_t offset = 0, size = roundUp(lifetimes[next].bytes, alignment);
    for (size_t other : placed) {
      if (!overlap(lifetimes[next], lifetimes[other]))
        continue;
      if (placement.offsets[other] >= offset + size)
        break;
      offset = std::max(offset, placement.offsets[other] + roundUp(lifetimes[other].bytes, alignment));
    }
    placement.offsets[next] = offset;
    placement.bytes = std::max(placement.bytes, offset + size);
    auto place = std::upper_bound(placed.begin(), placed.end(), offset,
                                  [&](int64_t value, size_t other) { return value < placement.offsets[other]; });
    placed.insert(place, next);
  }
  return placement;
}

std::vector<int> assignSlots(const std::vector<Lifetime> &lifetimes) {
  std::vector<size_t> order(lifetimes.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return std::make_tuple(lifetimes[a].first, a) < std::make_tuple(lifetimes[b].first, b);
  });
  std::vector<int> slotOf(lifetimes.size(), 0), lastOf;
  for (size_t next : order) {
    auto free = std::find_if(lastOf.begin(), lastOf.end(), [&](int last) { return last < lifetimes[next].first; });
    if (free == lastOf.end())
      free = lastOf.insert(free, 0);
    *free = lifetimes[next].last;
    slotOf[next] = static_cast<int>(free - lastOf.begin());
  }
  return slotOf;
}

} // namespace convoy::compiler
