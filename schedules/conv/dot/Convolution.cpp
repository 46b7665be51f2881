#include "schedules/conv/dot/Convolution.h"
#include "schedules/conv/Operands.h"
#include "schedules/core/Algorithm.h"
#include "schedules/core/Tensors.h"

#include <algorithm>

using namespace Halide;

namespace convoy::schedules {

namespace {

/// Over `depth` inputs, groups of them, the window from its last dimension to its first.
RDom domainOf(const ConvShape &shape, int64_t depth) {
  Region region{{0, int32_t(depth)}, {0, int32_t(ceilDiv(shape.groupInputs(), depth))}};
  for (auto extent = shape.kernel.rbegin(); extent != shape.kernel.rend(); ++extent)
    region.push_back({0, int32_t(*extent)});
  return RDom(region, "r");
}

/// Where r is in dimension `i` of the window.
Expr tapOf(const ConvShape &shape, const RDom &r, int i) { return r[1 + shape.spatial - i]; }

/// The weight that r multiplies for output channel `channel`; zero for inputs that only fill up `depth`.
Expr weightAt(Graph &graph, const ConvShape &shape, const RDom &r, Expr channel, Expr input, int64_t depth) {
  std::vector<Expr> at(graph.vars.begin(), graph.vars.begin() + shape.rank);
  for (int i = 0; i < shape.spatial; ++i)
    at[argument(shape.rank, i + 2)] = tapOf(shape, r, i);
  at[argument(shape.rank, shape.transposed ? 0 : 1)] = input;
  at[argument(shape.rank, shape.transposed ? 1 : 0)] = channel;
  return filledUp(graph.values[shape.weight](at), input, shape.groupInputs(), depth);
}

/// The input that r multiplies for the result at `context.arguments()`, as instructions want it. Where no halo is
/// granted, what lies around is chosen after the shift: LLVM 21 never ends on a shift of what was chosen.
Expr inputAt(const OpContext &context, const ConvShape &shape, const RDom &r, Expr input, int64_t depth) {
  const proto::Tensor &tensor = context.inputTensor(0);
  std::vector<Expr> at = context.arguments();
  at[argument(shape.rank, 1)] =
      shape.groups == 1
          ? input
          : at[argument(shape.rank, 1)] / int32_t(shape.groupOutputs()) * int32_t(shape.groupInputs()) + input;
  Expr within = Internal::const_true();
  for (int i = 0; i < shape.spatial; ++i) {
    Expr &position = at[argument(shape.rank, i + 2)];
    position = position * int32_t(shape.strides[i]) + tapOf(shape, r, i) * int32_t(shape.dilations[i]) -
               int32_t(shape.pads[i]);
    if (shape.pads[i] > 0 || shape.pads[shape.spatial + i] > 0)
      within = within && position >= 0 && position < context.inputExtent(0, i + 2);
  }
  const int64_t around = context.integer("pad_value");
  const auto fill = around == 0 ? proto::Layout::ZERO : proto::Layout::VALUE;
  if (Internal::is_const_one(within) || grantsHalo(tensor, shape.pads, fill, around))
    return dotOperand(context.input(0)(at), depth).value;
  for (int dim = 2; dim < shape.rank; ++dim) {
    Expr &position = at[argument(shape.rank, dim)];
    position = clamp(likely(position), 0, context.inputExtent(0, dim) - 1);
  }
  const DotOperand value = dotOperand(context.input(0)(at), depth);
  return select(likely(within), value.value, Internal::make_const(value.value.type(), around + value.shift));
}

/// What a transposed convolution multiplies.
struct Hit {
  Expr data; ///< Zero beside the image.
  Expr hits; ///< Whether the tap hits an element at all; known once the tile and the taps are unrolled.
};

Hit hitAt(const OpContext &context, const ConvShape &shape, const RDom &r, const Expr &input) {
  std::vector<Expr> at = context.arguments();
  at[argument(shape.rank, 1)] = input;
  Expr hits = Internal::const_true(), within = Internal::const_true();
  for (int i = 0; i < shape.spatial; ++i) {
    Expr &position = at[argument(shape.rank, i + 2)];
    const auto stride = int32_t(shape.strides[i]);
    position = position + int32_t(shape.pads[i]) - tapOf(shape, r, i) * int32_t(shape.dilations[i]);
    if (stride > 1)
      hits = hits && position % stride == 0;
    position = position / stride;
    // The last tile, not all of which is stored, reads further than any halo.
    const Expr extent = context.inputExtent(0, i + 2);
    within = within && position >= 0 && position < extent;
    position = clamp(likely(position), 0, extent - 1);
  }
  const Expr data = context.input(0)(at);
  return {select(likely(within), data, Internal::make_zero(data.type())), hits};
}

/// `useDot` of a transposed convolution.
void useTransposedDot(Graph &graph, const ConvShape &shape, int64_t depth) {
  const OpContext context(graph, graph.kernel->anchor());
  const int channel = argument(shape.rank, 1);
  const RDom r = domainOf(shape, depth);
  Expr input = r[1] * int32_t(depth) + r[0];
  const std::vector<Expr> out = context.arguments();
  const Hit hit = hitAt(context, shape, r, input);
  const Expr product = dotProduct(hit.data, weightAt(graph, shape, r, out[channel], input, depth), depth);
  Func sum = context.func("dot");
  sum(out) = shape.bias >= 0 ? graph.values[shape.bias](out[channel]) : Internal::make_zero(context.outputType());
  sum(out) += Internal::is_const_one(hit.hits) ? product : select(hit.hits, product, Internal::make_zero(Int(32)));
  replaceValue(graph, shape.output, sum);
}

} // namespace

int64_t convDotDepth(const proto::Kernel &kernel, const ConvShape &shape) {
  const proto::Tensor &input = kernel.tensors(shape.input);
  const int64_t depth = dotDepth(kernel.target(), input.type(), kernel.tensors(shape.weight).type());
  const int64_t lanes = vectorLanes(kernel.target(), proto::F32);
  const bool stored = std::find(kernel.inputs().begin(), kernel.inputs().end(), shape.input) != kernel.inputs().end();
  if (depth == 1 || !stored || input.layout().block() > 0 || innermost(input) != 1)
    return 1;
  if (shape.transposed && (shape.groups != 1 || input.type() == proto::BF16))
    return 1;
  if (shape.groups > 1 && (shape.groupOutputs() % lanes != 0 || shape.groupInputs() % depth != 0))
    return 1;
  if (!coversChannels(kernel, shape.input, 1, ceilDiv(shape.inChannels, depth) * depth))
    return 1;
  // Which taps hit is different for neighbouring results: one correction of shifted data would not do.
  return shape.transposed && input.type() == proto::I8 ? 2 : depth;
}

Func useDot(Graph &graph, const ConvShape &shape, int64_t depth) {
  if (shape.transposed) {
    useTransposedDot(graph, shape, depth);
    return {};
  }
  const OpContext context(graph, graph.kernel->anchor());
  const int channel = argument(shape.rank, 1);
  const RDom r = domainOf(shape, depth);
  Expr input = r[1] * int32_t(depth) + r[0];
  const std::vector<Expr> out = context.arguments();
  Expr weight = weightAt(graph, shape, r, out[channel], input, depth);
  Expr data = inputAt(context, shape, r, input, depth);
  if (data.type().is_float())
    data = filledUp(data, input, shape.groupInputs(), depth);
  const int32_t shift = dotOperand(context.input(0)(out), depth).shift;
  Expr start = shape.bias >= 0 ? graph.values[shape.bias](out[channel]) : Internal::make_zero(context.outputType());
  Func correction;
  if (shift != 0) {
    correction = context.func("correction");
    correction(out[channel]) = 0;
    correction(out[channel]) += dotProduct(Internal::make_const(UInt(8), 1), weight, depth);
    start = start - correction(out[channel]) * shift;
  }
  Func sum = context.func("dot");
  sum(out) = start;
  sum(out) += dotProduct(data, weight, depth);
  replaceValue(graph, shape.output, sum);
  return correction;
}

} // namespace convoy::schedules
