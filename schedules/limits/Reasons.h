#pragma once

#include "schedules/kernel.pb.h"

#include <cstdint>
#include <string>
#include <vector>

namespace convoy::schedules {

using Reasons = std::vector<std::string>;

/// What bounds a tile of a convolution or matrix product (templates conv_direct, conv_transposed, matmul_tiled).
void explainTiles(const proto::Kernel &kernel, Reasons &reasons);

/// What bounds a patch of a depthwise convolution.
void explainDepthwise(const proto::Kernel &kernel, Reasons &reasons);

/// What bounds each convolution of a chain (template block).
void explainBlock(const proto::Kernel &kernel, Reasons &reasons);

/// What bounds Winograd's transforms.
void explainWinograd(const proto::Kernel &kernel, Reasons &reasons);

/// What bounds kernels without products: chains, movement, pools, reductions, softmax, resizing.
void explainPass(const proto::Kernel &kernel, Reasons &reasons);

/// "24 of 32 lanes hold channels" where that many vectors hold `channels`, unless they are nearly full.
void explainLanes(int64_t channels, int64_t lanes, const std::string &what, Reasons &reasons);

/// Functions like exp per result, and arithmetic besides the anchor.
void explainChain(const proto::Kernel &kernel, Reasons &reasons);

} // namespace convoy::schedules
