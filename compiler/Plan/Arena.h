#pragma once

#include <cstdint>
#include <vector>

namespace convoy::compiler {

/// A buffer that lives from step `first` to step `last`, both included.
struct Lifetime {
  int64_t bytes = 0;
  int first = 0;
  int last = 0;
};

struct Placement {
  std::vector<int64_t> offsets; ///< One per lifetime.
  int64_t bytes = 0;
};

/// Places buffers so that those that live at the same time do not overlap: the largest first, each at the lowest gap
/// that holds it (greedy by size, Pisarchyk and Lee, arXiv:2001.03288). Offsets are multiples of `alignment`.
Placement placeBuffers(const std::vector<Lifetime> &lifetimes, int64_t alignment);

/// For sizes that are known at run time only: numbers of slots such that buffers in one slot never live at the same
/// time. `bytes` is not looked at.
std::vector<int> assignSlots(const std::vector<Lifetime> &lifetimes);

} // namespace convoy::compiler
