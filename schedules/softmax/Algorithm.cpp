#include "schedules/core/Tensors.h"
#include "schedules/math/Math.h"
#include "schedules/math/Strict.h"
#include "schedules/softmax/Softmax.h"

#include <limits>

using namespace Halide;

namespace convoy::schedules {

Func softmax(const OpContext &context) {
  const int rank = rankOf(context.outputTensor()), axis = int(context.integer("axis"));
  const int at = argument(rank, axis);
  const Type type = context.sumType(context.outputType());
  const std::vector<Expr> out = context.arguments();
  std::vector<Expr> row = out, along = out;
  row.erase(row.begin() + at);
  RDom r(0, context.outputExtent(axis), "r");
  along[at] = r.x;
  Func best = context.helper("best"), power = context.helper("power"), sum = context.helper("sum");
  Func result = context.func();
  auto value = [&](const std::vector<Expr> &arguments) { return cast(type, context.input(0)(arguments)); };
  best(row) = cast(type, -Expr(std::numeric_limits<float>::infinity()));
  best(row) = max(best(row), value(along)); // May drop a NaN: its power is NaN again, and so is the sum.
  power(out) = math::exp(strict::sub(value(out), best(row)));
  sum(row) = cast(type, 0);
  sum(row) += power(along); // Templates split this sum.
  if (context.integer("log"))
    result(out) = cast(context.outputType(), strict::sub(strict::sub(value(out), best(row)), math::log(sum(row))));
  else
    result(out) = cast(context.outputType(), strict::div(power(out), sum(row)));
  return result;
}

} // namespace convoy::schedules
