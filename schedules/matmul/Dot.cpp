#include "schedules/matmul/Dot.h"
#include "schedules/conv/Operands.h"
#include "schedules/conv/dot/Instruction.h"
#include "schedules/core/Algorithm.h"
#include "schedules/core/Tensors.h"

#include <algorithm>

using namespace Halide;

namespace convoy::schedules {

namespace {

bool flag(const proto::Op &op, const char *name) {
  auto found = op.attributes().find(name);
  return found != op.attributes().end() && found->second.ints_size() > 0 && found->second.ints(0) != 0;
}

} // namespace

int64_t matmulDotDepth(const proto::Kernel &kernel) {
  const proto::Op &op = kernel.ops(kernel.anchor());
  const proto::Tensor &lhs = kernel.tensors(op.inputs(0)), &rhs = kernel.tensors(op.inputs(1));
  const int64_t depth = dotDepth(kernel.target(), lhs.type(), rhs.type());
  const int inner = rankOf(lhs) - 1;
  auto isStored = [&](int tensor) {
    return std::find(kernel.inputs().begin(), kernel.inputs().end(), tensor) != kernel.inputs().end();
  };
  if (depth == 1 || flag(op, "transpose_lhs") || extentOf(lhs, inner) < 0 || lhs.layout().block() > 0 ||
      innermost(lhs) != inner || !isStored(op.inputs(0)) || !isStored(op.inputs(1)))
    return 1;
  for (int dim = 0; dim + 2 < rankOf(rhs); ++dim)
    if (extentOf(rhs, dim) != 1)
      return 1;
  return coversChannels(kernel, op.inputs(0), inner, ceilDiv(extentOf(lhs, inner), depth) * depth) ? depth : 1;
}

Func useMatmulDot(Graph &graph, int64_t depth) {
  const OpContext context(graph, graph.kernel->anchor());
  const std::vector<Expr> out = context.arguments();
  const int64_t inner = extentOf(context.inputTensor(0), rankOf(context.inputTensor(0)) - 1);
  const RDom r({{0, int32_t(depth)}, {0, int32_t(ceilDiv(inner, depth))}}, "r");
  Expr input = r[1] * int32_t(depth) + r[0];
  const bool turned = flag(context.op, "transpose_rhs");
  std::vector<Expr> left = context.broadcast(0, out), right(size_t(rankOf(context.inputTensor(1))), Expr(0));
  left[0] = input, left[1] = out[1];
  right[turned ? 0 : 1] = input, right[turned ? 1 : 0] = out[0];
  Expr weight = filledUp(context.input(1)(right), input, inner, depth);
  const DotOperand data = dotOperand(context.input(0)(left), depth);
  Expr start = Internal::make_zero(context.outputType());
  Func correction;
  if (data.shift != 0) {
    correction = context.func("correction");
    correction(out[0]) = 0;
    correction(out[0]) += dotProduct(Internal::make_const(UInt(8), 1), weight, depth);
    start = correction(out[0]) * -data.shift;
  }
  Func sum = context.func("dot");
  sum(out) = start;
  Expr value = data.value.type().is_float() ? filledUp(data.value, input, inner, depth) : data.value;
  sum(out) += dotProduct(value, weight, depth);
  replaceValue(graph, context.op.outputs(0), sum);
  return correction;
}

} // namespace convoy::schedules
