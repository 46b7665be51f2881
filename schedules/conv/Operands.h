#pragma once

#include "schedules/core/Template.h"

#include <cstdint>

namespace convoy::schedules {

/// Lets every Func of the graph that reads tensor `tensor` read it at most at its last element along logical dimension
/// `dim`: for tiles that reach beyond a tensor whose layout does not pad it.
void clampReads(Graph &graph, int tensor, int dim);

/// Lets every Func of the graph that reads tensor `tensor` read `replacement` instead.
void replaceValue(Graph &graph, int tensor, const Halide::Func &replacement);

/// Layout of weights for tiles of `block` channels: blocks outermost, then `inner` dimensions from outermost, the
/// channels of a block innermost.
proto::Layout packedLayout(int channel, const std::vector<int> &inner, int64_t block);

/// The layout with memory for dimension `dim` of `tensor` (not the innermost) up to a multiple of `multiple`; what it
/// holds there is not said.
proto::Layout roundedUp(proto::Layout layout, const proto::Tensor &tensor, int dim, int64_t multiple);

/// Whether the tensor lies in blocks of `block` elements along `dim` (the last one filled up).
bool isPacked(const proto::Tensor &tensor, int dim, int64_t block);

/// Layout of a tensor in that order whose dimension `dim`, of extent `extent`, is padded to a multiple of `multiple`.
proto::Layout paddedLayout(const std::vector<int> &order, int dim, int64_t extent, int64_t multiple);

/// Whether the first `channels` elements along `dim` may be read in each row: they are logical, or there is padding.
bool coversChannels(const proto::Kernel &kernel, int tensor, int dim, int64_t channels);

} // namespace convoy::schedules
