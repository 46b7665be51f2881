#include "schedules/matmul/Algorithm.h"
#include "schedules/core/Tensors.h"

using namespace Halide;

namespace convoy::schedules {

namespace {
/// Arguments of one operand: its own last two, and the leading ones under broadcast.
std::vector<Expr> operandArguments(const OpContext &context, int operand, Expr inner, Expr outer) {
  std::vector<Expr> read = context.broadcast(operand, context.arguments());
  read[0] = inner;
  read[1] = outer;
  return read;
}
} // namespace

Func matmul(const OpContext &context) {
  const bool left = context.integer("transpose_lhs"), right = context.integer("transpose_rhs");
  const Type type = context.sumType(context.outputType());
  const bool direct = type == context.outputType();
  const int rank = rankOf(context.inputTensor(0));
  RDom r(0, context.inputExtent(0, left ? rank - 2 : rank - 1), "r");
  std::vector<Expr> out = context.arguments();
  Expr k = r.x, row = out[1], column = out[0];
  Expr lhs = context.input(0)(operandArguments(context, 0, left ? row : k, left ? k : row));
  Expr rhs = context.input(1)(operandArguments(context, 1, right ? k : column, right ? column : k));
  Func sum = direct ? context.func() : context.helper("sum");
  sum(out) = cast(type, 0);
  sum(out) += cast(type, lhs) * cast(type, rhs);
  if (direct)
    return sum;
  Func result = context.func();
  result(out) = cast(context.outputType(), sum(out));
  return result;
}

} // namespace convoy::schedules
