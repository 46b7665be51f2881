#include "schedules/core/Tensors.h"
#include "schedules/math/Math.h"
#include "schedules/math/Strict.h"
#include "schedules/reduce/Reduce.h"

#include <limits>

using namespace Halide;

namespace convoy::schedules {

namespace {

/// The reduced dimensions and how the operand is addressed by result arguments and the RDom.
struct Reduction {
  std::vector<int64_t> axes;
  RDom r;
  std::vector<Expr> read;
  Expr count = 1;

  explicit Reduction(const OpContext &context) : axes(context.ints("axes")) {
    const int rank = rankOf(context.inputTensor(0)), outRank = rankOf(context.outputTensor());
    const bool keep = context.integer("keep_dims", 1) != 0;
    Region region;
    for (auto axis = axes.rbegin(); axis != axes.rend(); ++axis) {
      region.push_back({0, context.inputExtent(0, int(*axis))});
      count *= context.inputExtent(0, int(*axis));
    }
    if (region.empty())
      region.push_back({0, 1});
    r = RDom(region, "r");
    read.resize(rank);
    const std::vector<Expr> out = context.arguments();
    int kept = 0;
    for (int dim = 0; dim < rank; ++dim) {
      auto found = std::find(axes.begin(), axes.end(), dim);
      if (found != axes.end())
        read[argument(rank, dim)] = r[int(axes.end() - found) - 1];
      else
        read[argument(rank, dim)] = out[argument(outRank, keep ? dim : kept)];
      kept += found == axes.end();
    }
  }
};

Expr lowest(Type type) {
  return type.is_float() ? cast(type, -Expr(std::numeric_limits<float>::infinity())) : type.min();
}

Expr highest(Type type) {
  return type.is_float() ? cast(type, Expr(std::numeric_limits<float>::infinity())) : type.max();
}

Func extremum(const OpContext &context, const Reduction &reduction, bool largest) {
  const std::vector<Expr> out = context.arguments();
  Func best = context.helper("best"), result = context.func();
  Expr value = context.input(0)(reduction.read);
  best(out) = largest ? lowest(value.type()) : highest(value.type());
  Expr better = largest ? strict::lt(best(out), value) : strict::lt(value, best(out));
  if (value.type().is_float())
    best(out) = select(better || strict::isNan(value), value, best(out));
  else
    best(out) = largest ? max(best(out), value) : min(best(out), value);
  result(out) = best(out);
  return result;
}

/// Position of the first (or last) element that equals the extremum; a NaN is one.
/// The extremum, then where it stands: as one pair, Halide would ask for the index after it has stored the value.
Func argument(const OpContext &context, const Reduction &reduction, bool largest) {
  const std::vector<Expr> out = context.arguments();
  const bool last = context.integer("select_last") != 0;
  Func best = context.helper("best"), place = context.helper("place"), result = context.func();
  Expr value = context.input(0)(reduction.read), index = Expr(reduction.r.x), count = cast<int32_t>(reduction.count);
  best(out) = largest ? lowest(value.type()) : highest(value.type());
  Expr better = largest ? strict::lt(best(out), value) : strict::lt(value, best(out));
  best(out) = select(better, value, best(out));
  Expr found = strict::eq(value, best(out));
  place(out) = last ? -1 : count;
  place(out) = last ? max(place(out), select(found, index, -1)) : min(place(out), select(found, index, count));
  Expr known = last ? place(out) >= 0 : place(out) < count; // Unless all is NaN.
  result(out) = cast(context.outputType(), select(known, place(out), 0));
  return result;
}

Func logSumExp(const OpContext &context, const Reduction &reduction) {
  const std::vector<Expr> out = context.arguments();
  const Type type = context.sumType(context.outputType());
  Func best = context.helper("best"), sum = context.helper("sum"), result = context.func();
  Expr value = cast(type, context.input(0)(reduction.read));
  best(out) = lowest(type);
  best(out) = select(strict::lt(best(out), value) || strict::isNan(value), value, best(out));
  Expr infinite = strict::eq(strict::magnitude(best(out)), highest(type));
  Expr base = select(infinite, cast(type, 0), best(out));
  sum(out) = cast(type, 0);
  sum(out) += math::exp(strict::sub(value, base));
  result(out) = cast(context.outputType(), strict::add(math::log(sum(out)), base));
  return result;
}

/// What is summed (or multiplied), from an element.
Expr term(const std::string &kind, Expr value) {
  if (kind == "l1")
    return value.type().is_float() ? strict::magnitude(value) : cast(value.type(), abs(value));
  return kind == "l2" || kind == "sum_square" ? strict::mul(value, value) : value;
}

Func sumOf(const OpContext &context, const Reduction &reduction, const std::string &kind) {
  const std::vector<Expr> out = context.arguments();
  const Type type = context.sumType(context.outputType());
  Func sum = context.helper("sum"), result = context.func();
  Expr value = term(kind, cast(type, context.input(0)(reduction.read)));
  const bool product = kind == "prod";
  sum(out) = cast(type, product ? 1 : 0);
  sum(out) = product ? sum(out) * value : sum(out) + value; // Templates split it.
  Expr finished = sum(out);
  if (kind == "mean")
    finished = strict::div(finished, cast(type, reduction.count));
  if (kind == "l2")
    finished = type.is_float() ? Halide::sqrt(finished) : cast(type, Halide::sqrt(cast<double>(finished)));
  result(out) = cast(context.outputType(), finished);
  return result;
}

} // namespace

Func reduce(const OpContext &context) {
  const Reduction reduction(context);
  const std::string kind = context.text("kind", "sum");
  if (kind == "max" || kind == "min")
    return extremum(context, reduction, kind == "max");
  if (kind == "arg_max" || kind == "arg_min")
    return argument(context, reduction, kind == "arg_max");
  return kind == "log_sum_exp" ? logSumExp(context, reduction) : sumOf(context, reduction, kind);
}

Func scan(const OpContext &context) {
  const int rank = rankOf(context.outputTensor()), axis = int(context.integer("axis"));
  const int at = argument(rank, axis);
  const bool exclusive = context.integer("exclusive") != 0, reverse = context.integer("reverse") != 0;
  const Type type = context.sumType(context.outputType());
  Expr extent = context.outputExtent(axis);
  Func sum = context.helper("sum"), result = context.func();
  std::vector<Expr> out = context.arguments(), now = out, previous = out, read = out;
  RDom r(0, extent, "r");
  // sum(i) is that of the elements before i; in reverse, of those from i on.
  now[at] = reverse ? extent - 1 - r.x : r.x + 1;
  previous[at] = reverse ? extent - r.x : Expr(r.x);
  read[at] = reverse ? extent - 1 - r.x : Expr(r.x);
  sum(out) = cast(type, 0);
  sum(now) = strict::add(sum(previous), cast(type, context.input(0)(read)));
  read = out;
  read[at] = exclusive == reverse ? out[at] + 1 : out[at];
  result(out) = cast(context.outputType(), sum(read));
  return result;
}

} // namespace convoy::schedules
