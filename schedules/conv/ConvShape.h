#pragma once

#include "schedules/kernel.pb.h"

#include <cstdint>
#include <string>
#include <vector>

namespace convoy::schedules {

/// A convolution op with its extents; -1 stands for a symbol.
struct ConvShape {
  int rank = 0, spatial = 0;
  int input = -1, weight = -1, bias = -1, output = -1; ///< Positions in Kernel.tensors.
  int64_t batch = 0, inChannels = 0, outChannels = 0, groups = 1;
  std::vector<int64_t> inExtents, outExtents, kernel, strides, dilations, pads, outputPadding;
  bool transposed = false;

  int64_t groupInputs() const { return inChannels / groups; }
  int64_t groupOutputs() const { return outChannels / groups; }
  /// Product of the kernel's extents.
  int64_t taps() const;
  bool isDepthwise() const { return groups > 1 && groups == inChannels && groups == outChannels; }
  /// Extents of output argument 0 (the last spatial dimension) and 1; 1 if there is none, -1 for a symbol.
  int64_t width() const { return outExtents.back(); }
  int64_t height() const { return spatial > 1 ? outExtents[spatial - 2] : 1; }
};

/// Reads op `position` of the kernel, which must be a convolution.
ConvShape convShape(const proto::Kernel &kernel, int position);

/// Whether the anchor is a convolution that computes in single floats, its result is the kernel's only output or leads
/// to it through elementwise ops of the same shape, and channels are static. The reason if not.
std::string convolutionMisfit(const proto::Kernel &kernel);

} // namespace convoy::schedules
