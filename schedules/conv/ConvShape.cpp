#include "schedules/conv/ConvShape.h"
#include "schedules/conv/Epilogue.h"
#include "schedules/core/Tensors.h"

#include <functional>
#include <numeric>

namespace convoy::schedules {

namespace {

std::vector<int64_t> ints(const proto::Op &op, const std::string &name, size_t count, int64_t absent) {
  std::vector<int64_t> values;
  if (auto found = op.attributes().find(name); found != op.attributes().end())
    values.assign(found->second.ints().begin(), found->second.ints().end());
  values.resize(count, absent);
  return values;
}

} // namespace

int64_t ConvShape::taps() const {
  return std::accumulate(kernel.begin(), kernel.end(), int64_t(1), std::multiplies<>());
}

ConvShape convShape(const proto::Kernel &kernel, int position) {
  const proto::Op &op = kernel.ops(position);
  ConvShape shape;
  shape.input = op.inputs(0);
  shape.weight = op.inputs(1);
  shape.bias = op.inputs_size() > 2 ? op.inputs(2) : -1;
  shape.output = op.outputs(0);
  const proto::Tensor &input = kernel.tensors(shape.input), &output = kernel.tensors(shape.output);
  shape.rank = rankOf(output);
  shape.spatial = shape.rank - 2;
  shape.groups = ints(op, "groups", 1, 1)[0];
  shape.transposed = ints(op, "transposed", 1, 0)[0] != 0;
  shape.strides = ints(op, "strides", shape.spatial, 1);
  shape.dilations = ints(op, "dilations", shape.spatial, 1);
  shape.pads = ints(op, "pads", 2 * shape.spatial, 0);
  shape.outputPadding = ints(op, "output_padding", shape.spatial, 0);
  shape.batch = extentOf(output, 0);
  shape.inChannels = extentOf(input, 1);
  shape.outChannels = extentOf(output, 1);
  for (int dim = 2; dim < shape.rank; ++dim) {
    shape.inExtents.push_back(extentOf(input, dim));
    shape.outExtents.push_back(extentOf(output, dim));
    shape.kernel.push_back(extentOf(kernel.tensors(shape.weight), dim));
  }
  return shape;
}

std::string convolutionMisfit(const proto::Kernel &kernel) {
  if (std::string misfit = tileMisfit(kernel, "convolution"); !misfit.empty())
    return misfit;
  const ConvShape shape = convShape(kernel, kernel.anchor());
  if (shape.spatial < 1)
    return "there is no spatial dimension";
  if (shape.inChannels < 0 || shape.outChannels < 0)
    return "channels are symbolic";
  if (!isStatic(kernel.tensors(shape.weight)))
    return "the kernel's extents are symbolic";
  return {};
}

} // namespace convoy::schedules
