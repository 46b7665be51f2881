#pragma once

#include "schedules/core/Schedules.h"

#include <cstdint>
#include <string>
#include <vector>

namespace convoy::test {

/// A chain of convolutions as the compiler would hand it over: images channels-last, channels rounded up to 16.
struct ChainSpec {
  int64_t batch = 1, in = 16, hidden = 32, out = 16;
  int64_t height = 14, width = 14;
  bool expand = true, project = true; ///< Whether there is a convolution before and behind the depthwise one.
  int64_t expandWindow = 1;           ///< Padded so that it keeps the extents.
  std::vector<int64_t> window{3, 3}, strides{1, 1}, dilations{1, 1}, pads{1, 1, 1, 1}; ///< Of the depthwise one.
  bool bias = true, residual = false, halo = true, padChannels = true, sharedOutput = false, symbolicBatch = false;
  std::string activation = "relu"; ///< Behind the first two convolutions.
  std::string target = "host";

  std::vector<int64_t> stripExtents() const;
  std::string text() const;
};

/// Operands of constant values row-major.
Result<proto::Kernel> chainKernel(const ChainSpec &spec);

/// The kernel with that schedule, operands of constant values as it wants them.
Result<proto::Kernel> laidOut(proto::Kernel kernel, const proto::Schedule &schedule);

} // namespace convoy::test
