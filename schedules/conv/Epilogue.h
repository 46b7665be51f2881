#pragma once

#include "schedules/conv/ConvShape.h"
#include "schedules/core/Template.h"

#include <cstdint>
#include <optional>
#include <string>

namespace convoy::schedules {

/// What templates share that compute a tile of the anchor in registers and store it through the elementwise ops that
/// follow. `channel` is the logical dimension that vectors run along.

/// Why a kernel with an anchor of that kind cannot be computed in tiles; empty if it can: single floats or halves
/// (BF16) summed in single floats, or 8-bit integers in 32 bits; one output that the anchor leads to through
/// elementwise ops which keep its shape.
std::string tileMisfit(const proto::Kernel &kernel, const std::string &kind);

/// Layout that an operand with one value per channel should have, so that whole vectors may be read: channels
/// innermost, padded to a multiple of `multiple`. The tensor's own layout if it has more than channels.
proto::Layout channelVectorLayout(const proto::Kernel &kernel, int tensor, int channel, int64_t multiple);

/// Layout that a convolution wants of all its operands but the weights, in tiles of `block` channels: the image as it
/// is, bias and what follows with whole vectors of channels. Nothing for the weights.
std::optional<proto::Layout> layoutBesideWeights(const proto::Kernel &kernel, const ConvShape &shape, int tensor,
                                                 int64_t block);

/// Whether `tensor`, read at result channels up to `channels`, stays within its memory in each row.
bool readsWithin(const proto::Kernel &kernel, int tensor, int channel, int64_t channels);

/// Functions like exp (no plain arithmetic) among the ops besides the anchor.
int64_t functionsOf(const proto::Kernel &kernel);

/// How the channels of the output are cut into vectors.
struct ChannelCut {
  int64_t channels; ///< That the loop runs over: the extent, or the padded one where it may be written.
  int64_t lanes;    ///< Of a vector.
  bool exact;       ///< `channels` is a multiple of `lanes` and all operands may be read there.
};

/// `channel`: logical dimension of the kernel's output.
ChannelCut cutChannels(const proto::Kernel &kernel, int channel);

/// Sets the extent of the output along `channel` to what the loop runs over.
void widenOutput(Graph &graph, int channel, int64_t channels);

/// Extent of the output along an argument; a symbol's as the output's buffer tells it.
Halide::Expr outputExtent(Graph &graph, int at);

} // namespace convoy::schedules
