#pragma once

#include "schedules/core/Template.h"

#include <cstdint>

namespace convoy::schedules::gpu {

/// Elements of 32 bits that a thread loads or stores at once.
constexpr int64_t vector = 4;

/// Whether vectors along the innermost dimension `dim` of a tensor (around a block of another, which counts as one
/// element) begin at multiples of their size, wherever the other dimensions are.
bool beginsAligned(const proto::Tensor &tensor, int dim);

/// How far the loop over channels of the output runs, and whether in vectors.
struct StoreCut {
  int64_t channels;
  bool vectors;
};
/// `channel`: logical dimension of the kernel's output. What the epilogue reads counts, the anchor's operands don't.
StoreCut cutStore(const proto::Kernel &kernel, int channel);

/// Schedules an output of which each element is computed on its own, as `cut` says: the sum of stored parts.
void storeSum(Graph &graph, int channel, const StoreCut &cut);

/// Tells Halide the strides that depend on symbols as products of what is known: that they are multiples of a vector.
void setSymbolicStrides(Graph &graph);

/// Whether all of the kernel's parameters are single floats.
bool isSingle(const proto::Kernel &kernel);

/// Bytes of all parameters.
double parameterBytes(const proto::Kernel &kernel);

} // namespace convoy::schedules::gpu
