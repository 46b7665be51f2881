#pragma once

#include "schedules/kernel.pb.h"

#include <Halide.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace convoy::schedules {

/// Questions about tensors and layouts of kernel.proto; no graph needed.

/// Booleans are bytes.
Halide::Type halideType(proto::DataType type);
int64_t bytesOf(proto::DataType type);
bool isFloat(proto::DataType type);

inline int rankOf(const proto::Tensor &tensor) { return tensor.dims_size(); }
/// Of numbers that are not negative: how many parts of `b` cover `a`.
inline int64_t ceilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }
/// Extent of a dimension that is known when compiled; -1 for a symbol.
int64_t extentOf(const proto::Tensor &tensor, int dim);
bool isStatic(const proto::Tensor &tensor);
bool isStatic(const proto::Kernel &kernel);
/// Number of elements; symbols count as 1.
int64_t elements(const proto::Tensor &tensor);

int64_t before(const proto::Layout &layout, int dim);
int64_t after(const proto::Layout &layout, int dim);
/// Logical dimensions, outermost first.
std::vector<int> orderOf(const proto::Tensor &tensor);
/// The logical dimension whose elements are neighbours in memory (of a blocked tensor: block_dim); -1 for rank 0.
int innermost(const proto::Tensor &tensor);
/// Allocated extent along a dimension, surroundings included; -1 if symbolic.
int64_t allocatedExtent(const proto::Tensor &tensor, int dim);

/// One axis in memory.
struct Axis {
  int dim;        ///< Logical dimension.
  bool remainder; ///< The part within a block.
  int64_t extent; ///< Allocated; -1 if symbolic.
  int64_t stride; ///< In elements; -1 if it depends on a symbol.
};
/// From outermost to innermost.
std::vector<Axis> axesOf(const proto::Tensor &tensor);
/// Stride in elements of a logical dimension of an unblocked tensor; -1 if it depends on a symbol.
int64_t strideOf(const proto::Tensor &tensor, int dim);
/// Allocated elements, surroundings included; -1 if symbolic.
int64_t allocatedElements(const proto::Tensor &tensor);

/// Whether readers may take `pads` (begin of each spatial dimension, then end of each) around the logical extent for
/// `fill` (for `value`, if that is VALUE).
bool grantsHalo(const proto::Tensor &tensor, const std::vector<int64_t> &pads, proto::Layout::Fill fill,
                int64_t value = 0);

/// Elements that may be written along the innermost logical dimension: the extent, or with padding that belongs to
/// this tensor alone the padded one.
int64_t writableExtent(const proto::Tensor &tensor, int dim);

/// Elements that fit a vector register of the target, for a type.
int vectorLanes(const proto::Target &target, proto::DataType type);
/// Vector registers of the target.
int vectorRegisters(const proto::Target &target);

} // namespace convoy::schedules
