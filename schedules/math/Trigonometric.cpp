#include "schedules/math/Math.h"
#include "schedules/math/Polynomial.h"

#include <limits>

using namespace Halide;
using namespace convoy::schedules::strict;

namespace convoy::schedules::math {

namespace {

constexpr double pi = 3.14159265358979323846;

/// x = quadrant pi / 2 + rest, |rest| <= pi / 4.
struct Reduced {
  Expr quadrant, rest;
};

/// Floats are reduced in double; doubles by three parts of pi / 2 with trailing zeros.
Reduced reduce(Expr x) {
  const double parts[] = {1.57079632673412561417e+00, 6.07710050630396597660e-11, 2.02226624879595063154e-21};
  Expr finite = select(lt(magnitude(x), number(1e9, x)), x, number(0, x));
  Expr wide = cast<double>(finite);
  Expr n = Halide::round(wide * number(2 / pi, wide));
  Expr rest = wide;
  for (double part : parts)
    rest = sub(rest, mul(n, number(part, n)));
  return {cast<int32_t>(n), cast(x.type(), rest)};
}

Expr sinSmall(Expr r) {
  Expr z = r * r;
  return r + r * z * polynomial(CONVOY_FIT(sin, r), z);
}

Expr cosSmall(Expr r) {
  Expr z = r * r;
  return number(1, r) - (number(0.5, r) * z - z * z * polynomial(CONVOY_FIT(cos, r), z));
}

/// sin of x plus `turn` quarters; NaN for infinite and NaN x.
Expr sinOf(Expr x, int turn) {
  Reduced reduced = reduce(x);
  Expr quadrant = reduced.quadrant + turn;
  Expr value = select((quadrant & 1) == 0, sinSmall(reduced.rest), cosSmall(reduced.rest));
  Expr finite = lt(magnitude(x), number(std::numeric_limits<double>::infinity(), x));
  return select(finite, select((quadrant & 2) == 0, value, negate(value)),
                number(std::numeric_limits<double>::quiet_NaN(), x));
}

} // namespace

Expr sin(Expr x) { return select(eq(x, number(0, x)), x, sinOf(x, 0)); }
Expr cos(Expr x) { return sinOf(x, 1); }

Expr tan(Expr x) {
  Reduced reduced = reduce(x);
  Expr s = sinSmall(reduced.rest), c = cosSmall(reduced.rest);
  Expr even = (reduced.quadrant & 1) == 0;
  Expr finite = lt(magnitude(x), number(std::numeric_limits<double>::infinity(), x));
  Expr value = div(select(even, s, negate(c)), select(even, c, s));
  return select(eq(x, number(0, x)), x, finite, value, number(std::numeric_limits<double>::quiet_NaN(), x));
}

Expr atan(Expr x) {
  // Large values by pi/2 - atan(1/x), middle ones by pi/4 + atan((x - 1) / (x + 1)).
  Expr size = magnitude(x);
  Expr large = lt(number(2.414213562373095, x), size), middle = lt(number(0.4142135623730950, x), size);
  Expr numerator = select(large, number(-1, x), middle, sub(size, number(1, x)), size);
  Expr denominator = select(large, size, middle, add(size, number(1, x)), number(1, x));
  Expr t = div(numerator, denominator);
  t = select(isNan(x), number(0, x), t);
  Expr z = t * t;
  Expr value = t + t * z * polynomial(CONVOY_FIT(atan, x), z);
  Expr offset = select(large, number(pi / 2, x), middle, number(pi / 4, x), number(0, x));
  return select(isNan(x), x, copySign(add(offset, value), x));
}

namespace {
/// asin of t in [0, 1/2], as t + correction.
Expr asinSmall(Expr t) {
  Expr z = t * t;
  return t * z * polynomial(CONVOY_FIT(asin, t), z);
}
} // namespace

Expr asin(Expr x) {
  Expr size = magnitude(x);
  Expr inside = le(size, number(1, x)), large = lt(number(0.5, x), size);
  Expr root = Halide::sqrt(select(inside, mul(number(0.5, x), sub(number(1, x), size)), number(0, x)));
  Expr t = select(large, root, select(inside, size, number(0, x)));
  Expr value = t + asinSmall(t);
  value = select(large, sub(number(pi / 2, x), add(value, value)), value);
  return select(inside, copySign(value, x), number(std::numeric_limits<double>::quiet_NaN(), x));
}

Expr acos(Expr x) {
  Expr size = magnitude(x);
  Expr inside = le(size, number(1, x)), large = lt(number(0.5, x), size);
  Expr root = Halide::sqrt(select(inside, mul(number(0.5, x), sub(number(1, x), size)), number(0, x)));
  Expr t = select(large, root, select(inside, size, number(0, x)));
  Expr small = asinSmall(t), whole = t + small;
  Expr negative = lt(x, number(0, x));
  Expr near = sub(number(pi / 2, x), select(negative, negate(whole), whole));
  Expr twice = add(whole, whole);
  Expr far = select(negative, sub(number(pi, x), twice), twice);
  return select(inside, select(large, far, near), number(std::numeric_limits<double>::quiet_NaN(), x));
}

} // namespace convoy::schedules::math
