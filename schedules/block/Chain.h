#pragma once

#include "schedules/kernel.pb.h"

#include <string>
#include <vector>

namespace convoy::schedules {

/// Convolutions of which each alone reads the result of the one before, with the elementwise ops behind them: dense,
/// depthwise, pointwise. The first or the last may be missing.
struct Chain {
  /// One kernel per convolution, over the tensors of the whole: its anchor, what follows it, what both read.
  std::vector<proto::Kernel> parts;
  int depthwise = 0; ///< Position of that part: 0 or 1.

  const proto::Kernel &last() const { return parts.back(); }
  const proto::Kernel &strip() const { return parts[size_t(depthwise)]; }
  /// Whether a dense convolution comes first.
  bool expands() const { return depthwise == 1; }
  /// Whether a pointwise convolution comes last.
  bool projects() const { return size_t(depthwise) + 1 < parts.size(); }
  /// Position in `parts` of the one that reads `tensor`, and where in its inputs; -1 if none does.
  int readerOf(int tensor, int &input) const;
};

/// Why the kernel is no such chain, of single floats, over images of a known size; empty if it is one.
std::string chainMisfit(const proto::Kernel &kernel);

/// Of a kernel that is one.
Chain chainOf(const proto::Kernel &kernel);

} // namespace convoy::schedules
