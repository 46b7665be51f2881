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
  // In double, where the error of the logarithm does not show in a float.
  Expr base = cast<double>(x), power = cast<double>(y);
  Expr size = magnitude(base);
  Expr value = math::exp(mul(power, math::log(size)));
  Expr whole = eq(Halide::floor(power), power);
  Expr half = mul(power, number(0.5, power));
  Expr odd = whole && !eq(Halide::floor(half), half);
  Expr negative = reinterpret<int64_t>(base) < 0;
  Expr finite = lt(size, number(infinity, size));
  value = select(odd && negative, negate(value), value);
  Expr zero = number(0, base), one = number(1, base);
  Expr undefined = lt(base, zero) && finite && !whole && lt(magnitude(power), number(infinity, power));
  value = select(undefined, number(std::numeric_limits<double>::quiet_NaN(), value), value);
  // 1^y and x^0 are 1, even for NaN; -1 to an infinite power too.
  Expr unit = eq(base, one) || eq(power, zero) || (eq(size, one) && eq(magnitude(power), number(infinity, power)));
  return cast(x.type(), select(unit, one, value));
}

} // namespace convoy::schedules::math
