#include "schedules/depthwise/Dot.h"
#include "schedules/conv/Operands.h"
#include "schedules/conv/dot/Instruction.h"
#include "schedules/core/Algorithm.h"
#include "schedules/core/Tensors.h"

using namespace Halide;

namespace convoy::schedules {

namespace {

int64_t windowY(const ConvShape &shape) { return shape.spatial > 1 ? shape.kernel[0] : 1; }
int64_t strideY(const ConvShape &shape) { return shape.spatial > 1 ? shape.strides[0] : 1; }

int64_t groupsOf(const ConvShape &shape, int64_t depth) { return ceilDiv(shape.kernel.back(), depth); }

/// Pixels of the padded image. They are loaded on their own: Halide interleaves no stores of values whose addresses
/// hold promises (that halos are there).
Func pixelsOf(const OpContext &context, const ConvShape &shape, int64_t depth) {
  const int64_t around = context.integer("pad_value");
  Func padded = context.padded(0, shape.pads, around == 0 ? proto::Layout::ZERO : proto::Layout::VALUE, around);
  std::vector<Expr> at = context.arguments();
  for (int i = 0; i < shape.spatial; ++i)
    at[argument(shape.rank, i + 2)] -= int32_t(shape.pads[i]);
  Func pixels = context.func("pixels");
  pixels(context.arguments()) = dotOperand(padded(at), depth).value;
  return pixels;
}

/// `depth` pixels beside each other per channel: of group g of the window's columns, for a window that begins at pixel
/// (x, y). No pixel behind the window is read: zeros fill up the last group.
Func interleave(const OpContext &context, const ConvShape &shape, Func pixels, int64_t depth) {
  const std::vector<Expr> at = context.arguments();
  const Var tap("tap"), group("group");
  std::vector<Expr> taps;
  for (int64_t i = 0; i < groupsOf(shape, depth) * depth; ++i) {
    std::vector<Expr> pixel = at;
    pixel[0] = at[0] + int32_t(i);
    taps.push_back(i < shape.kernel.back() ? Expr(pixels(pixel)) : Internal::make_const(UInt(8), 0));
  }
  Func interleaved = context.func("interleaved");
  std::vector<Expr> arguments{tap, group};
  arguments.insert(arguments.end(), at.begin(), at.end());
  interleaved(arguments) = mux(group * int32_t(depth) + tap, taps);
  return interleaved;
}

Expr weightAt(const OpContext &context, const ConvShape &shape, const RDom &r, Expr tap) {
  std::vector<Expr> at(size_t(shape.rank), Expr(0));
  at[0] = tap;
  if (shape.spatial > 1)
    at[1] = r[2];
  at[argument(shape.rank, 0)] = context.arguments()[argument(shape.rank, 1)];
  Expr weight = context.input(1)(at);
  const auto window = int32_t(shape.kernel.back());
  return cast<int32_t>(select(tap < window, weight, cast(weight.type(), 0)));
}

} // namespace

int64_t depthwiseDotDepth(const proto::Kernel &kernel, const ConvShape &shape) {
  const proto::Tensor &input = kernel.tensors(shape.input);
  const int64_t depth = dotDepth(kernel.target(), input.type(), kernel.tensors(shape.weight).type());
  const int64_t lanes = vectorLanes(kernel.target(), proto::F32);
  if (depth != 4 || shape.spatial > 2 || shape.width() < 0 || shape.height() < 0 || input.layout().block() > 0 ||
      innermost(input) != 1)
    return 1;
  for (int64_t dilation : shape.dilations)
    if (dilation != 1)
      return 1;
  return coversChannels(kernel, shape.input, 1, ceilDiv(shape.inChannels, lanes) * lanes) ? depth : 1;
}

DepthwiseDot useDepthwiseDot(Graph &graph, const ConvShape &shape, int64_t depth) {
  const OpContext context(graph, graph.kernel->anchor());
  const std::vector<Expr> out = context.arguments();
  const int channel = argument(shape.rank, 1);
  const RDom r({{0, int32_t(depth)}, {0, int32_t(groupsOf(shape, depth))}, {0, int32_t(windowY(shape))}}, "r");
  DepthwiseDot dot;
  dot.pixels = pixelsOf(context, shape, depth);
  dot.interleaved = interleave(context, shape, dot.pixels, depth);
  Expr weight = weightAt(context, shape, r, r[1] * int32_t(depth) + r[0]);
  std::vector<Expr> at{r[0], r[1]};
  at.insert(at.end(), out.begin(), out.end());
  at[2] = out[0] * int32_t(shape.strides.back());
  if (shape.spatial > 1)
    at[3] = out[1] * int32_t(strideY(shape)) + r[2];
  Expr start = shape.bias >= 0 ? graph.values[shape.bias](out[channel]) : Expr(0);
  const int32_t shift = dotOperand(context.input(0)(out), depth).shift;
  if (shift != 0) {
    dot.correction = context.func("correction");
    dot.correction(out[channel]) = 0;
    dot.correction(out[channel]) += cast<int32_t>(Internal::make_const(UInt(8), 1)) * weight;
    start = start - dot.correction(out[channel]) * shift;
  }
  Func sum = context.func("dot");
  sum(out) = start;
  sum(out) += cast<int32_t>(dot.interleaved(at)) * weight;
  replaceValue(graph, shape.output, sum);
  return dot;
}

void scheduleInterleaved(Graph &graph, const DepthwiseDot &dot, const ConvShape &shape, const TilePlan &plan) {
  Func interleaved = dot.interleaved, pixels = dot.pixels;
  const std::vector<Var> args = interleaved.args();
  const Var tap = args[0], group = args[1], channel = args[size_t(plan.channel + 2)], x = args[2], y = args[3];
  std::vector<Var> order{channel};
  for (size_t i = 2; i < args.size(); ++i)
    if (args[i].name() != channel.name())
      order.push_back(args[i]);
  // Extents of a patch of the padded image, less the window's columns for `interleaved`.
  const int64_t width = (plan.tile.pixels - 1) * shape.strides.back() + 1;
  const int64_t height = plan.row >= 0 ? (plan.tile.rows - 1) * strideY(shape) + windowY(shape) : 1;
  auto perPatch = [&](Func func, const std::vector<Var> &storage, int64_t columns) {
    func.compute_at(graph.outputs[0], tileLoop(plan)).store_in(MemoryType::Stack).reorder_storage(storage);
    func.reorder(std::vector<VarOrRVar>(storage.begin(), storage.end()));
    func.bound_extent(channel, int32_t(plan.lanes)).vectorize(channel);
    func.bound_extent(x, int32_t(columns)).unroll(x);
    if (plan.row >= 0)
      func.bound_extent(y, int32_t(height)).unroll(y);
  };
  perPatch(pixels, order, width + shape.kernel.back() - 1);
  order.insert(order.begin(), tap);
  order.insert(order.begin() + 2, group);
  perPatch(interleaved, order, width);
  interleaved.bound(tap, 0, int32_t(plan.depth)).unroll(tap);
  interleaved.bound(group, 0, int32_t(groupsOf(shape, plan.depth))).unroll(group);
}

} // namespace convoy::schedules
