#pragma once

#include "schedules/conv/ConvShape.h"
#include "schedules/gpu/product/Staged.h"
#include "schedules/gpu/product/Terms.h"

#include <optional>

namespace convoy::schedules::gpu {

/// A convolution as a product over positions of its output. A transposed one falls into one product per place within a
/// period of the strides (`phase`): output `q * stride + phase` sums the taps `t` for which
/// `phase + pad - t` is a multiple of the stride: every stride-th one, at inputs that fall one by one.
struct ImageProduct {
  ConvShape shape;
  Terms terms;
  ProductTile tile;
  bool patch = false;    ///< See stagesPatch.
  int64_t chunks = 1;    ///< Of each part of the sum.
  StepsInMemory input{}; ///< How the input may be read along its channels.

  /// Of a spatial axis, counted from the last dimension.
  int64_t taps(int axis) const;
  int64_t step(int axis) const;
  int64_t tapStep(int axis) const;
  /// Whether taps of a transposed convolution fall outside of the input anywhere.
  bool overhangs(int axis) const;
  /// Whether all phases of a transposed convolution have as many taps.
  bool isWhole(int axis) const { return taps(axis) * stride(axis) == kernel(axis); }
  int64_t stride(int axis) const { return shape.strides[size_t(shape.spatial - 1 - axis)]; }
  int64_t pad(int axis) const { return shape.pads[size_t(shape.spatial - 1 - axis)]; }
  int64_t kernel(int axis) const { return shape.kernel[size_t(shape.spatial - 1 - axis)]; }
};

ImageProduct imageProduct(const proto::Kernel &kernel, const ProductTile &tile);

/// What the model is asked.
ProductProblem imageProblem(const proto::Kernel &kernel);

/// Results of a thread per position: see ProductTile.
int64_t imagePhases(const ConvShape &shape);

/// Channels of the group must be staged one by one where 4 does not divide a group.
int64_t imageLanes(const ConvShape &shape);

struct ImageStages {
  StagedProduct product;
  Halide::Func result;               ///< In place of the anchor, if the sum is not split.
  std::vector<Halide::Var> position; ///< Arguments of the sum per spatial axis.
  Halide::Func parts;                ///< Stored parts of a sum that is split.
};

/// How an operand of a convolution but its weights is to lie: bias and what the epilogue reads per channel in whole
/// vectors, images as they are. Nothing for the weights.
std::optional<proto::Layout> sideLayout(const proto::Kernel &kernel, const ConvShape &shape, int tensor);

/// Builds the stages and puts the result in the place of the graph's anchor.
ImageStages buildImages(Graph &graph, const ImageProduct &image);

} // namespace convoy::schedules::gpu
