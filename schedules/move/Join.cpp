// Ops that choose between elements: pad and concat.
#include "schedules/core/Tensors.h"
#include "schedules/move/Move.h"

using namespace Halide;

namespace convoy::schedules {

namespace {

/// Where a position outside of [0, extent) reads, by the mode of padding.
Expr paddedIndex(Expr at, Expr extent, const std::string &mode) {
  if (mode == "reflect") { // 2 1 0 1 2 1 0: period 2 (extent - 1)
    Expr period = max(2 * (extent - 1), 1), phase = at % period;
    return select(at < 0 || at >= extent, min(phase, period - phase), at);
  }
  return mode == "wrap" ? at % extent : clamp(at, 0, extent - 1);
}

} // namespace

/// What stands around the input: a number that the kernel holds, or an operand.
static Expr fillOf(const OpContext &context) {
  const bool isOperand =
      context.op.inputs_size() > 2 && context.op.inputs(2) >= 0 && !context.op.attributes().count("value");
  return isOperand ? context.input(2)(std::vector<Expr>()) : cast(context.outputType(), Expr(context.number("value")));
}

Func pad(const OpContext &context) {
  const int rank = rankOf(context.outputTensor());
  const std::vector<int64_t> pads = context.ints("pads");
  const std::string mode = context.text("mode", "constant");
  std::vector<Expr> out = context.arguments(), read = out;
  Expr inside = Internal::const_true();
  for (int dim = 0; dim < rank; ++dim) {
    const int begin = int(pads.at(dim)), end = int(pads.at(rank + dim));
    Expr &at = read[argument(rank, dim)];
    if (begin == 0 && end == 0)
      continue;
    Expr extent = context.inputExtent(0, dim), source = at - begin;
    at = begin <= 0 && end <= 0 ? source : paddedIndex(source, extent, mode);
    if (begin > 0)
      inside = inside && source >= 0;
    if (end > 0)
      inside = inside && source < extent;
  }
  Func result = context.func();
  Expr value = context.input(0)(read);
  if (mode == "constant" && !Internal::is_const_one(inside))
    value = select(likely(inside), value, fillOf(context));
  result(out) = value;
  return result;
}

Func concat(const OpContext &context) {
  const int rank = rankOf(context.outputTensor()), axis = int(context.integer("axis"));
  std::vector<Expr> out = context.arguments();
  const int at = argument(rank, axis);
  Expr value, offset = 0;
  std::vector<std::pair<Expr, Expr>> parts; // End of each operand, its element.
  for (int i = 0; i < context.op.inputs_size(); ++i) {
    Expr extent = context.inputExtent(i, axis);
    std::vector<Expr> read = out;
    read[at] = clamp(out[at] - offset, 0, extent - 1);
    offset = Internal::simplify(offset + extent);
    parts.emplace_back(offset, context.input(i)(read));
  }
  for (auto part = parts.rbegin(); part != parts.rend(); ++part)
    value = value.defined() ? select(out[at] < part->first, part->second, value) : part->second;
  Func result = context.func();
  result(out) = value;
  return result;
}

} // namespace convoy::schedules
