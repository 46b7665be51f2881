#include "schedules/conv/Epilogue.h"
#include "schedules/conv/Operands.h"
#include "schedules/core/Algorithm.h"
#include "schedules/core/Loops.h"
#include "schedules/core/Tensors.h"

#include <algorithm>
#include <set>

using namespace Halide;

namespace convoy::schedules {

namespace {

bool sameDims(const proto::Tensor &a, const proto::Tensor &b) {
  return std::equal(a.dims().begin(), a.dims().end(), b.dims().begin(), b.dims().end(),
                    [](const proto::Dim &x, const proto::Dim &y) {
                      return x.has_symbol() == y.has_symbol() &&
                             (x.has_symbol() ? x.symbol() == y.symbol() : x.extent() == y.extent());
                    });
}

bool isElementwise(const proto::Op &op) {
  return op.kind() == "elementwise" || op.kind() == "cast" || op.kind() == "constant" || op.kind() == "lookup";
}

/// The dimension of `tensor` that lies under dimension `dim` of the kernel's output, under NumPy's broadcast; -1 if
/// there is none.
int aligned(const proto::Kernel &kernel, const proto::Tensor &tensor, int dim) {
  const int found = dim - (rankOf(kernel.tensors(kernel.outputs(0))) - rankOf(tensor));
  return found >= 0 ? found : -1;
}

} // namespace

std::string tileMisfit(const proto::Kernel &kernel, const std::string &kind) {
  if (kernel.anchor() < 0 || kernel.anchor() >= kernel.ops_size() || kernel.ops(kernel.anchor()).kind() != kind)
    return "the anchor is no " + kind;
  if (kernel.outputs_size() != 1)
    return "there is more than one output";
  const proto::Op &anchor = kernel.ops(kernel.anchor());
  const proto::Tensor &result = kernel.tensors(anchor.outputs(0));
  const proto::DataType data = kernel.tensors(anchor.inputs(0)).type();
  const proto::DataType weight = kernel.tensors(anchor.inputs(1)).type();
  const bool floats = result.type() == proto::F32 && (data == proto::F32 || data == proto::BF16) &&
                      (weight == proto::F32 || weight == data);
  const bool integers = result.type() == proto::I32 && (data == proto::U8 || data == proto::I8) && weight == proto::I8;
  if (!floats && !integers)
    return "the anchor sums neither single nor half floats (bfloat16) in single floats, nor 8-bit integers";
  const proto::Tensor &output = kernel.tensors(kernel.outputs(0));
  if (output.layout().block() > 0)
    return "the output is blocked";
  if (!sameDims(result, output))
    return "ops behind the anchor change the shape";
  for (int i = 0; i < kernel.ops_size(); ++i)
    if (i != kernel.anchor() && !isElementwise(kernel.ops(i)))
      return "op '" + kernel.ops(i).kind() + "' is not elementwise";
  return {};
}

proto::Layout channelVectorLayout(const proto::Kernel &kernel, int tensor, int channel, int64_t multiple) {
  const proto::Tensor &described = kernel.tensors(tensor);
  const int rank = rankOf(described), dim = aligned(kernel, described, channel);
  proto::Layout layout = described.layout();
  if (dim < 0 || elements(described) <= 1 || elements(described) != extentOf(described, dim))
    return layout;
  layout.Clear();
  for (int i = 0; i < rank; ++i)
    if (i != dim)
      layout.add_order(i);
  layout.add_order(dim);
  const int64_t extent = extentOf(described, dim), padding = (multiple - extent % multiple) % multiple;
  for (int i = 0; i < rank; ++i)
    layout.add_before(0), layout.add_after(i == dim ? padding : 0);
  return layout;
}

std::optional<proto::Layout> layoutBesideWeights(const proto::Kernel &kernel, const ConvShape &shape, int tensor,
                                                 int64_t block) {
  if (tensor == shape.input)
    return kernel.tensors(tensor).layout();
  if (tensor == shape.bias)
    return paddedLayout({0}, 0, shape.outChannels, block);
  if (tensor != shape.weight)
    return channelVectorLayout(kernel, tensor, 1, block);
  return std::nullopt;
}

bool readsWithin(const proto::Kernel &kernel, int tensor, int channel, int64_t channels) {
  const proto::Tensor &described = kernel.tensors(tensor);
  const int dim = aligned(kernel, described, channel);
  if (dim < 0 || extentOf(described, dim) == 1)
    return true;
  if (channels <= extentOf(described, dim))
    return true;
  return described.layout().block() == 0 && dim == innermost(described) &&
         extentOf(described, dim) + after(described.layout(), dim) >= channels;
}

int64_t functionsOf(const proto::Kernel &kernel) {
  static const std::set<std::string> functions{
      "sigmoid",  "swish", "tanh", "exp", "expm1", "log",  "log1p", "erf",  "gelu", "mish", "elu",   "selu",  "celu",
      "softplus", "sin",   "cos",  "tan", "pow",   "sinh", "cosh",  "asin", "acos", "atan", "asinh", "acosh", "atanh"};
  return std::count_if(kernel.ops().begin(), kernel.ops().end(), [](const proto::Op &op) {
    auto found = op.attributes().find("function");
    return op.kind() == "elementwise" && found != op.attributes().end() && functions.count(found->second.text()) > 0;
  });
}

ChannelCut cutChannels(const proto::Kernel &kernel, int channel) {
  const proto::Tensor &output = kernel.tensors(kernel.outputs(0));
  ChannelCut cut{extentOf(output, channel), vectorLanes(kernel.target(), proto::F32), false};
  const int64_t whole = (cut.channels + cut.lanes - 1) / cut.lanes * cut.lanes;
  if (innermost(output) != channel || writableExtent(output, channel) < whole)
    return cut;
  // Operands of the anchor are the template's own business.
  const proto::Op &anchor = kernel.ops(kernel.anchor());
  for (int input : kernel.inputs())
    if (std::find(anchor.inputs().begin(), anchor.inputs().end(), input) == anchor.inputs().end() &&
        !isTable(kernel, input) && !readsWithin(kernel, input, channel, whole))
      return cut;
  cut.channels = whole;
  cut.exact = true;
  return cut;
}

void widenOutput(Graph &graph, int channel, int64_t channels) {
  const int rank = rankOf(graph.tensorOf(graph.kernel->outputs(0)));
  graph.outputs[0].output_buffer().dim(argument(rank, channel)).set_extent(int32_t(channels));
}

Expr outputExtent(Graph &graph, int at) {
  const proto::Tensor &output = graph.tensorOf(graph.kernel->outputs(0));
  const int64_t extent = extentOf(output, argument(rankOf(output), at));
  return extent < 0 ? graph.outputs[0].output_buffer().dim(at).extent() : Expr(int32_t(extent));
}

} // namespace convoy::schedules
