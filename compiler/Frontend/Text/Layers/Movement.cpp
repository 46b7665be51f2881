#include "compiler/Frontend/Text/Layers/LayerBuilder.h"

using namespace mlir;

namespace convoy::frontend {

Value buildConcat(LayerBuilder &b, const text::Concat &settings) {
  int64_t axis = b.dimension(settings.has_axis() ? settings.axis() : 1, "axis");
  return b.concat(b.inputs, axis);
}

Value buildReshape(LayerBuilder &b, const text::Reshape &settings) {
  return b.reshape(b.input(), ArrayRef<int64_t>(settings.shape().data(), settings.shape_size()));
}

Value buildFlatten(LayerBuilder &b, const text::Flatten &settings) {
  int64_t axis = b.dimension(settings.has_axis() ? settings.axis() : 1, "axis");
  if (b.hasFailed())
    return {};
  SmallVector<int64_t> shape(static_cast<size_t>(axis), 0);
  shape.push_back(-1);
  return b.reshape(b.input(), shape);
}

Value buildTranspose(LayerBuilder &b, const text::Transpose &settings) {
  SmallVector<int64_t> permutation(settings.permutation().begin(), settings.permutation().end());
  if (static_cast<int64_t>(permutation.size()) != b.rankOf(b.input())) {
    b.error("permutation") << "'permutation' has " << permutation.size() << " numbers for " << b.rankOf(b.input())
                           << " dimensions";
    return {};
  }
  return b.transpose(b.input(), permutation);
}

Value buildSlice(LayerBuilder &b, const text::Slice &settings) {
  int64_t axis = b.dimension(settings.axis(), "axis"), step = settings.has_step() ? settings.step() : 1;
  if (b.hasFailed() || !b.requirePositive(step, "step"))
    return {};
  int64_t end = settings.has_end() ? settings.end() : INT64_MAX;
  return b.create<cnn::SliceOp>(b.elementOf(b.input()), b.input(), b.ints({settings.start()}), b.ints({end}),
                                ArrayRef<int64_t>{axis}, ArrayRef<int64_t>{step});
}

/// Begin and end of each dimension, from a list for all dimensions or for the spatial ones.
static SmallVector<int64_t> padsOf(LayerBuilder &b, const text::Pad &settings) {
  SmallVector<int64_t> given(settings.pads().begin(), settings.pads().end());
  int64_t rank = b.rankOf(b.input()), count = static_cast<int64_t>(given.size());
  if (count == 2 * rank)
    return given;
  if (rank < 3 || count != 2 * (rank - 2)) {
    b.error("pads") << "'pads' has " << count << " numbers, not " << 2 * rank
                    << (rank < 3 ? "" : " or " + std::to_string(2 * (rank - 2)));
    return {};
  }
  SmallVector<int64_t> pads(static_cast<size_t>(2 * rank), 0);
  for (int64_t dim = 0; dim < rank - 2; ++dim) {
    pads[dim + 2] = given[dim];
    pads[rank + dim + 2] = given[rank - 2 + dim];
  }
  return pads;
}

Value buildPad(LayerBuilder &b, const text::Pad &settings) {
  SmallVector<int64_t> pads = padsOf(b, settings);
  if (b.hasFailed())
    return {};
  Type element = b.elementOf(b.input());
  bool isConstant = settings.mode() == text::CONSTANT;
  cnn::PadMode mode = isConstant                         ? cnn::PadMode::Constant
                      : settings.mode() == text::REFLECT ? cnn::PadMode::Reflect
                                                         : cnn::PadMode::Edge;
  Value value = isConstant ? b.scalar(settings.value(), element) : Value();
  return b.create<cnn::PadOp>(element, b.input(), b.ints(pads), value, mode);
}

//===-- Resize ----------------------------------------------------------------------------------===//

static cnn::CoordinateMode coordinatesOf(text::Coordinates coordinates) {
  switch (coordinates) {
  case text::ALIGN_CORNERS:
    return cnn::CoordinateMode::AlignCorners;
  case text::ASYMMETRIC:
    return cnn::CoordinateMode::Asymmetric;
  default:
    return cnn::CoordinateMode::HalfPixel;
  }
}

static cnn::ResizeMode modeOf(text::ResizeMode mode) {
  switch (mode) {
  case text::LINEAR:
    return cnn::ResizeMode::Linear;
  case text::CUBIC:
    return cnn::ResizeMode::Cubic;
  default:
    return cnn::ResizeMode::Nearest;
  }
}

/// One number per spatial dimension, from a list with one for all or one for each.
template <typename T> static SmallVector<T> perDimension(LayerBuilder &b, ArrayRef<T> list, StringRef field) {
  size_t rank = static_cast<size_t>(b.spatialRank());
  SmallVector<T> numbers(list);
  if (numbers.size() == 1)
    numbers.resize(rank, numbers.front());
  if (!numbers.empty() && numbers.size() != rank)
    b.error(field) << "'" << field << "' has " << numbers.size() << " numbers for " << rank << " spatial dimensions";
  if (llvm::any_of(numbers, [](T number) { return !(number > 0); }) && !b.hasFailed())
    b.error(field) << "'" << field << "' must be positive";
  return numbers;
}

Value buildResize(LayerBuilder &b, const text::Resize &settings) {
  if (!b.requireRank(3))
    return {};
  auto scales = perDimension(b, ArrayRef<double>(settings.scale().data(), settings.scale_size()), "scale");
  auto extents = perDimension(b, ArrayRef<int64_t>(settings.size().data(), settings.size_size()), "size");
  if (!b.hasFailed() && !scales.empty() + !extents.empty() + (b.inputs.size() == 2) != 1)
    b.error() << "it needs exactly one of 'scale', 'size' and a second input that has the size";
  if (b.hasFailed())
    return {};
  int64_t rank = b.rankOf(b.input());
  Value sizes;
  if (b.inputs.size() == 2 && b.rankOf(b.inputs[1]) != rank) {
    b.error() << "its second input has another number of dimensions";
    return {};
  }
  if (b.inputs.size() == 2)
    sizes = b.extents(b.inputs[1], 2, rank);
  else if (!extents.empty())
    sizes = b.ints(extents);
  cnn::CoordinateMode coordinates = coordinatesOf(settings.coordinates());
  cnn::NearestMode nearest =
      coordinates == cnn::CoordinateMode::Asymmetric ? cnn::NearestMode::Floor : cnn::NearestMode::RoundPreferFloor;
  return b.create<cnn::ResizeOp>(b.elementOf(b.input()), b.input(), sizes, llvm::to_vector(llvm::seq<int64_t>(2, rank)),
                                 scales, modeOf(settings.mode()), coordinates, nearest, llvm::APFloat(-0.75),
                                 /*exclude_outside=*/false,
                                 /*antialias=*/false);
}

Value buildChannelShuffle(LayerBuilder &b, const text::ChannelShuffle &settings) {
  if (!b.requireRank(3) || !b.requirePositive(settings.groups(), "groups"))
    return {};
  int64_t channels = b.knownExtent(1);
  if (!b.hasFailed() && channels % settings.groups() != 0)
    b.error("groups") << "'groups' is " << settings.groups() << ", which doesn't divide the " << channels
                      << " channels";
  Value grouped = b.reshape(b.input(), {0, settings.groups(), channels / settings.groups(), -1});
  return b.reshapeTo(b.transpose(grouped, {0, 2, 1, 3}), {b.shapeOf(b.input())});
}

} // namespace convoy::frontend
