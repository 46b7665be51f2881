#include "schedules/elementwise/Table.h"
#include "schedules/math/Math.h"
#include "schedules/math/Strict.h"

#include <cmath>

using namespace Halide;
using namespace convoy::schedules::strict;

namespace convoy::schedules {

namespace {

using Operands = ElementwiseFunction::Operands;
using Parameters = ElementwiseFunction::Parameters;

/// An integer quotient that truncates; divisors of 0 give 0 instead of a trap (they stand in padding lanes).
Expr truncatedQuotient(Expr a, Expr b) {
  return a.type().is_uint()
             ? a / b
             : select(b == 0, cast(a.type(), 0), div_round_to_zero(a, select(b == 0, cast(b.type(), 1), b)));
}

Expr truncatedRemainder(Expr a, Expr b) {
  return a.type().is_uint()
             ? a % b
             : select(b == 0, cast(a.type(), 0), mod_round_to_zero(a, select(b == 0, cast(b.type(), 1), b)));
}

Expr flooredRemainder(Expr a, Expr b) {
  if (a.type().is_uint())
    return a % b;
  Expr remainder = truncatedRemainder(a, b);
  return select(remainder != 0 && ((remainder < 0) != (b < 0)), remainder + b, remainder);
}

/// Remainder of floats with the dividend's sign. Exact while the quotient is below 2^24 (2^53 for doubles).
Expr floatRemainder(Expr a, Expr b) {
  Expr quotient = trunc(div(a, b));
  Expr exact = cast(a.type(), sub(cast<double>(a), mul(cast<double>(quotient), cast<double>(b))));
  Expr infinite = eq(magnitude(b), number(INFINITY, b)) && lt(magnitude(a), number(INFINITY, a));
  return select(infinite, a, eq(exact, number(0, a)), copySign(number(0, a), a), exact);
}

Expr least(Expr a, Expr b) { return a.type().is_float() ? select(lt(a, b) || isNan(a), a, b) : min(a, b); }

Expr greatest(Expr a, Expr b) { return a.type().is_float() ? select(lt(b, a) || isNan(a), a, b) : max(a, b); }

Expr signOf(Expr x) {
  Expr zero = Internal::make_zero(x.type()), one = Internal::make_one(x.type());
  if (x.type().is_uint())
    return select(x == zero, zero, one);
  if (!x.type().is_float())
    return select(x < zero, -one, x == zero, zero, one);
  return select(lt(x, zero), number(-1, x), lt(zero, x), one, x);
}

/// A bound of clip in the type of x: integers saturate.
Expr bound(double value, const Expr &x) {
  const Type type = x.type();
  if (type.is_float())
    return number(value, x);
  const double low = type.is_uint() ? 0 : -std::ldexp(1.0, type.bits() - 1);
  const double high = std::ldexp(1.0, type.is_uint() ? type.bits() : type.bits() - 1);
  if (value <= low)
    return type.min();
  if (value >= high)
    return type.max();
  return type.is_uint() ? Internal::make_const(type, uint64_t(value)) : Internal::make_const(type, int64_t(value));
}

Expr clip(const Operands &x, const Parameters &p) {
  Expr value = x[0];
  const bool floating = value.type().is_float();
  if (!std::isinf(p[0]) || p[0] > 0)
    value = select(lt(value, bound(p[0], value)), bound(p[0], value), value);
  if (!std::isinf(p[1]) || p[1] < 0)
    value = select(floating ? lt(bound(p[1], value), value) : value > bound(p[1], value), bound(p[1], value), value);
  return value;
}

Expr absolute(const Operands &x, const Parameters &) {
  if (x[0].type().is_float())
    return magnitude(x[0]);
  return x[0].type().is_uint() ? x[0] : cast(x[0].type(), abs(x[0]));
}

void unary(ElementwiseTable &table, const std::string &name, Expr (*function)(Expr)) {
  table[name] = {1, 0, [function](const Operands &x, const Parameters &) { return function(x[0]); }};
}

void binary(ElementwiseTable &table, const std::string &name, Expr (*function)(Expr, Expr)) {
  table[name] = {2, 0, [function](const Operands &x, const Parameters &) { return function(x[0], x[1]); }};
}

} // namespace

void addArithmetic(ElementwiseTable &table) {
  unary(table, "identity", [](Expr x) { return x; });
  binary(table, "add", add);
  binary(table, "sub", sub);
  binary(table, "mul", mul);
  binary(table, "div", [](Expr a, Expr b) { return a.type().is_float() ? div(a, b) : truncatedQuotient(a, b); });
  binary(table, "mod", flooredRemainder);
  binary(table, "fmod",
         [](Expr a, Expr b) { return a.type().is_float() ? floatRemainder(a, b) : truncatedRemainder(a, b); });
  binary(table, "pow", math::pow);
  binary(table, "min", least);
  binary(table, "max", greatest);
  unary(table, "neg", [](Expr x) { return x.type().is_float() ? negate(x) : cast(x.type(), -x); });
  table["abs"] = {1, 0, absolute};
  unary(table, "sign", signOf);
  unary(table, "reciprocal", [](Expr x) { return div(number(1, x), x); });
  unary(table, "sqrt", [](Expr x) { return Halide::sqrt(x); });
  unary(table, "ceil", [](Expr x) { return Halide::ceil(x); });
  unary(table, "floor", [](Expr x) { return Halide::floor(x); });
  unary(table, "round", [](Expr x) { return Halide::round(x); });
  table["clip"] = {1, 2, clip};
  unary(table, "exp", math::exp);
  unary(table, "log", math::log);
  unary(table, "erf", math::erf);
  unary(table, "sin", math::sin);
  unary(table, "cos", math::cos);
  unary(table, "tan", math::tan);
  unary(table, "asin", math::asin);
  unary(table, "acos", math::acos);
  unary(table, "atan", math::atan);
  unary(table, "sinh", math::sinh);
  unary(table, "cosh", math::cosh);
  unary(table, "tanh", math::tanh);
  unary(table, "asinh", math::asinh);
  unary(table, "acosh", math::acosh);
  unary(table, "atanh", math::atanh);
}

} // namespace convoy::schedules
