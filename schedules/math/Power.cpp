#include "schedules/math/Math.h"
#include "schedules/math/Polynomial.h"

#include <limits>

using namespace Halide;
using namespace convoy::schedules::strict;

namespace convoy::schedules::math {

namespace {

/// x^y by squaring, for integers; a negative exponent gives 0 unless x is 1 or -1.
Expr integerPower(Expr x, Expr y) {
  Expr result = cast(x.type(), 1), base = x;
  for (int bit = 0; bit < x.type().bits(); ++bit) {
    result = select(((y >> bit) & 1) != 0, result * base, result);
    base = base * base;
  }
  if (!y.type().is_int())
    return result;
  Expr unit = select(x == cast(x.type(), 1) || (y & 1) == 0, cast(x.type(), 1), x);
  Expr isUnit = x * x == cast(x.type(), 1);
  return select(y >= 0, result, isUnit, unit, cast(x.type(), 0));
}

} // namespace

Expr pow(Expr x, Expr y) {
  if (!x.type().is_float())
    return integerPower(x, y);
  const double infinity = std::numeric_limits<double>::infinity();
  // In double, where the error of the logarithm does not show in a float. Special values are told from the operands:
  // conversions count as finite for the code generator.
  Expr size = magnitude(x);
  Expr value = cast(x.type(), math::exp(mul(cast<double>(y), math::log(cast<double>(size)))));
  Expr zero = number(0, x), one = number(1, x), infinite = number(infinity, x);
  Expr power = magnitude(y);
  Expr atZero = select(lt(y, zero), infinite, zero), atInfinity = select(lt(y, zero), zero, infinite);
  Expr grows = lt(one, size) == lt(zero, y);
  value = select(eq(size, zero), atZero, eq(size, infinite), atInfinity, value);
  value = select(eq(power, infinite), select(grows, infinite, zero), value);
  Expr whole = eq(Halide::floor(y), y);
  Expr half = mul(y, number(0.5, y));
  Expr odd = whole && !eq(Halide::floor(half), half);
  Expr below = reinterpret(Int(x.type().bits()), x) < Internal::make_zero(Int(x.type().bits()));
  value = select(odd && below, negate(value), value);
  Expr undefined = lt(x, zero) && lt(size, infinite) && !whole && lt(power, infinite);
  value = select(undefined || isNan(x) || isNan(y), number(std::numeric_limits<double>::quiet_NaN(), value), value);
  // 1^y and x^0 are 1, even for NaN; -1 to an infinite power too.
  Expr unit = eq(x, one) || eq(y, zero) || (eq(size, one) && eq(power, infinite));
  return select(unit, one, value);
}

Expr pow(Expr x, double y) {
  if (y == 1)
    return x;
  if (y == 2)
    return mul(x, x);
  if (y == 3 && x.type().is_float())
    return mul(mul(x, x), x);
  if (y == -1 && x.type().is_float())
    return div(number(1, x), x);
  if (!x.type().is_float() || (y != 0.5 && y != 0.75))
    return math::pow(x, Internal::make_const(x.type(), y));
  // Roots of -0 are 0, of -infinity infinity, unlike those of sqrt.
  Expr root = Halide::sqrt(add(x, number(0, x)));
  Expr value = y == 0.5 ? root : mul(root, Halide::sqrt(root));
  const double infinity = std::numeric_limits<double>::infinity();
  return select(eq(x, number(-infinity, x)), number(infinity, x), value);
}

} // namespace convoy::schedules::math
