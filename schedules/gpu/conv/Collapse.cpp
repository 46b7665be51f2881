#include "schedules/gpu/conv/Collapse.h"
#include "schedules/conv/ConvShape.h"
#include "schedules/core/Tensors.h"

#include <algorithm>

namespace convoy::schedules::gpu {

namespace {

bool isPointwise(const ConvShape &shape) {
  auto all = [](const std::vector<int64_t> &values, int64_t wanted) {
    return std::all_of(values.begin(), values.end(), [&](int64_t value) { return value == wanted; });
  };
  return !shape.transposed && shape.taps() == 1 && all(shape.strides, 1) && all(shape.pads, 0);
}

/// Whether batch and pixels of an image lie one after the other, channels innermost.
bool isRowOfPixels(const proto::Tensor &tensor) {
  const int rank = rankOf(tensor);
  if (tensor.layout().block() > 0 || innermost(tensor) != 1 || orderOf(tensor)[0] != 0)
    return false;
  const std::vector<int> order = orderOf(tensor);
  for (int i = 1; i + 1 < rank; ++i)
    if (order[size_t(i)] != i + 1)
      return false;
  for (int dim = 0; dim < rank; ++dim)
    if (dim != 1 && (before(tensor.layout(), dim) != 0 || after(tensor.layout(), dim) != 0))
      return false;
  return true;
}

bool isImage(const proto::Kernel &kernel, const ConvShape &shape, const proto::Tensor &tensor) {
  if (rankOf(tensor) != shape.rank)
    return false;
  for (int dim = 0; dim < shape.rank; ++dim)
    if (dim != 1 && extentOf(tensor, dim) != extentOf(kernel.tensors(shape.output), dim))
      return false;
  return true;
}

/// Values that do not change from pixel to pixel: all dimensions but the channel's are 1.
bool isPerChannel(const ConvShape &shape, const proto::Tensor &tensor) {
  const int channel = rankOf(tensor) - (shape.rank - 1);
  for (int dim = 0; dim < rankOf(tensor); ++dim)
    if (dim != channel && extentOf(tensor, dim) != 1)
      return false;
  return tensor.layout().block() == 0;
}

/// The tensor with dimensions `dims` of it, in the order of its layout.
proto::Tensor reduced(const proto::Tensor &tensor, const std::vector<int> &dims) {
  proto::Tensor result;
  result.set_type(tensor.type());
  proto::Layout &layout = *result.mutable_layout();
  layout.set_shared(tensor.layout().shared());
  for (int dim : dims) {
    *result.add_dims() = tensor.dims(dim);
    layout.add_before(before(tensor.layout(), dim));
    layout.add_after(after(tensor.layout(), dim));
  }
  for (int dim : orderOf(tensor))
    if (auto found = std::find(dims.begin(), dims.end(), dim); found != dims.end())
      layout.add_order(int32_t(found - dims.begin()));
  if (auto found = std::find(dims.begin(), dims.end(), tensor.layout().block_dim()); tensor.layout().block() > 0) {
    layout.set_block(tensor.layout().block());
    layout.set_block_dim(int32_t(found - dims.begin()));
  }
  return result;
}

proto::Tensor rowOfPixels(const proto::Tensor &tensor) {
  proto::Tensor result = reduced(tensor, {0, 1, 2});
  int64_t pixels = 1;
  for (int dim = 0; dim < rankOf(tensor); ++dim)
    if (dim != 1)
      pixels *= extentOf(tensor, dim);
  result.mutable_dims(0)->set_extent(1);
  result.mutable_dims(2)->set_extent(pixels);
  return result;
}

void setInts(proto::Op &op, const std::string &name, const std::vector<int64_t> &values) {
  (*op.mutable_attributes())[name].mutable_ints()->Assign(values.begin(), values.end());
}

} // namespace

proto::Kernel pixelsJoined(const proto::Kernel &kernel) {
  if (!isStatic(kernel))
    return kernel;
  const ConvShape shape = convShape(kernel, kernel.anchor());
  if (!isPointwise(shape) || (shape.spatial == 1 && shape.batch == 1))
    return kernel;
  proto::Kernel joined = kernel;
  for (int i = 0; i < kernel.tensors_size(); ++i) {
    const proto::Tensor &tensor = kernel.tensors(i);
    proto::Tensor &result = *joined.mutable_tensors(i);
    if (i == shape.bias)
      continue;
    if (i == shape.weight)
      result = reduced(tensor, {0, 1, 2});
    else if (isImage(kernel, shape, tensor) && isRowOfPixels(tensor))
      result = rowOfPixels(tensor);
    else if (isPerChannel(shape, tensor) && rankOf(tensor) >= shape.rank - 1)
      result = reduced(tensor, rankOf(tensor) == shape.rank ? std::vector<int>{0, 1, 2} : std::vector<int>{0, 1});
    else if (rankOf(tensor) != 0)
      return kernel;
  }
  // Images of which nothing is stored have no layout that could forbid it.
  proto::Op &op = *joined.mutable_ops(kernel.anchor());
  setInts(op, "strides", {1});
  setInts(op, "dilations", {1});
  setInts(op, "pads", {0, 0});
  setInts(op, "output_padding", {0});
  return joined;
}

} // namespace convoy::schedules::gpu
