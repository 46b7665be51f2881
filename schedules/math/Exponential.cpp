// exp, log and what is made of them.
#include "schedules/math/Math.h"
#include "schedules/math/Polynomial.h"

#include <limits>

using namespace Halide;
using namespace convoy::schedules::strict;

namespace convoy::schedules::math {

Expr polynomial(const std::vector<double> &coefficients, Expr x) {
  Expr sum = number(coefficients.back(), x);
  for (auto c = coefficients.rbegin() + 1; c != coefficients.rend(); ++c)
    sum = sum * x + number(*c, x);
  return sum;
}

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// Bits of a mantissa, bias of the exponent, and ln 2 in two parts of which the first has trailing zeros.
struct Format {
  int mantissa, bias;
  double ln2High, ln2Low;
  explicit Format(const Expr &x)
      : mantissa(isDouble(x) ? 52 : 23), bias(isDouble(x) ? 1023 : 127),
        ln2High(isDouble(x) ? 6.93147180369123816490e-01 : 0.693359375),
        ln2Low(isDouble(x) ? 1.90821492927058770002e-10 : -2.12194440e-4) {}
};

Type integerOf(const Expr &x) { return Int(x.type().bits()); }

/// 2^n for an n whose result is a normal number.
Expr powerOfTwo(Expr n, const Expr &like) {
  const Format format(like);
  const Type raw = UInt(like.type().bits());
  return reinterpret(like.type(), (reinterpret(raw, n) + Internal::make_const(raw, format.bias))
                                      << Internal::make_const(raw, format.mantissa));
}

struct Nearest {
  Expr value, integer;
};

/// The nearest integer, for |x| far below 2^mantissa: adding 1.5 * 2^mantissa leaves it in the low bits. Halide rounds
/// half a vector at a time.
Nearest nearest(const Expr &x) {
  const double shift = isDouble(x) ? 6755399441055744.0 : 12582912.0;
  const int64_t bits = isDouble(x) ? 0x4338000000000000ll : 0x4B400000ll;
  Expr shifted = add(x, number(shift, x));
  // Unsigned: Halide would fold signed constants and stop where they overflow.
  const Type raw = UInt(x.type().bits());
  return {sub(shifted, number(shift, x)),
          reinterpret(integerOf(x), reinterpret(raw, shifted) - Internal::make_const(raw, bits))};
}

} // namespace

Expr expScaled(Expr x, int power) {
  const Format format(x);
  const double most = isDouble(x) ? 745.2 : 104.0;
  // A NaN takes the second branch.
  Expr finite = select(lt(x, number(most, x)), select(lt(x, number(-most, x)), number(-most, x), x), number(most, x));
  const auto [n, integer] = nearest(finite * number(1.4426950408889634074, x));
  Expr r = sub(sub(finite, mul(n, number(format.ln2High, x))), mul(n, number(format.ln2Low, x)));
  Expr value = number(1, x) + (r + r * r * polynomial(CONVOY_FIT(exp, x), r));
  // In two steps, so that results that overflow or lose bits are rounded once.
  Expr exponent = integer + cast(integerOf(x), power);
  Expr half = exponent >> 1;
  Expr scaled = mul(mul(value, powerOfTwo(half, x)), powerOfTwo(exponent - half, x));
  return select(isNan(x), x, scaled);
}

Expr exp(Expr x) { return expScaled(x, 0); }

Expr onePlusExpOfNegative(Expr x, bool tight) {
  const Format format(x);
  // A NaN passes both: the instructions give their second operand then.
  const double most = isDouble(x) ? 708.3 : 87.3, least = isDouble(x) ? -710 : -89;
  Expr finite = select(lt(number(most, x), x), number(most, x), x);
  finite = select(lt(finite, number(least, x)), number(least, x), finite);
  // As `nearest`, in one multiply-add; the bias of the exponent included, the low bits are those of a power of two.
  const double shift = (isDouble(x) ? 6755399441055744.0 : 12582912.0) + format.bias;
  const Type raw = UInt(x.type().bits());
  Expr shifted = finite * number(-1.4426950408889634074, x) + number(shift, x);
  Expr n = sub(shifted, number(shift, x));
  Expr power = reinterpret(x.type(), reinterpret(raw, shifted) << Internal::make_const(raw, format.mantissa));
  // -r. Strict, or n would be multiplied by the sum of both parts.
  Expr minusR = tight || isDouble(x)
                    ? add(add(finite, mul(n, number(format.ln2High, x))), mul(n, number(format.ln2Low, x)))
                    : finite + n * number(0.693147180559945309, x);
  // One degree less than `exp`: an error of 1.1e-7 is little beside 1, and each multiply-add is a tenth of a swish.
  std::vector<double> coefficients{1, 1};
  coefficients.insert(coefficients.end(), CONVOY_FIT(expShort, x).begin(), CONVOY_FIT(expShort, x).end());
  for (size_t i = 1; i < coefficients.size(); i += 2)
    coefficients[i] = -coefficients[i];
  return polynomial(coefficients, minusR) * power + number(1, x);
}

namespace {

/// log(1 + f) for f between sqrt(1/2) - 1 and sqrt(2) - 1, plus n ln 2.
Expr logOf(Expr f, Expr n) {
  const Format format(f);
  Expr s = f / (number(2, f) + f);
  Expr z = s * s, half = number(0.5, f) * f * f;
  Expr rest = z * polynomial(CONVOY_FIT(log, f), z);
  Expr low = s * (half + rest) + n * number(format.ln2Low, f);
  return add(mul(n, number(format.ln2High, f)), sub(f, sub(half, low)));
}

} // namespace

Expr log(Expr x) {
  const Format format(x);
  const Type integer = integerOf(x);
  const double tiny = isDouble(x) ? 2.2250738585072014e-308 : 1.17549435e-38;
  Expr subnormal = lt(x, number(tiny, x));
  Expr lifted = select(subnormal, mul(x, powerOfTwo(cast(integer, format.mantissa + 1), x)), x);
  Expr regular = lt(number(0, x), x) && lt(x, number(infinity, x));
  Expr bits = reinterpret(integer, select(regular, lifted, number(1, x)));
  // Exponent such that the mantissa lies between sqrt(1/2) and sqrt(2).
  const int64_t sqrtHalf = isDouble(x) ? 0x3FE6A09E667F3BCDll : 0x3F3504F3ll;
  Expr steps = (bits - Internal::make_const(integer, sqrtHalf)) >> format.mantissa;
  Expr mantissa = reinterpret(x.type(), bits - (steps << format.mantissa));
  Expr exponent = steps - select(subnormal, cast(integer, format.mantissa + 1), cast(integer, 0));
  Expr value = logOf(sub(mantissa, number(1, x)), cast(x.type(), exponent));
  Expr special = select(eq(x, number(0, x)), number(-infinity, x), lt(x, number(0, x)), number(nan, x), x);
  return select(regular, value, special);
}

Expr log1p(Expr x) {
  // log(w) x / (w - 1) corrects the rounding of w = 1 + x.
  Expr w = add(x, number(1, x));
  Expr corrected = div(mul(math::log(w), x), sub(w, number(1, x)));
  Expr whole = eq(w, number(1, x));
  Expr uncorrected = lt(number(1e10, x), x) || eq(w, number(0, x));
  return select(whole, x, uncorrected, math::log(w), corrected);
}

Expr sigmoid(Expr x) { return div(number(1, x), onePlusExpOfNegative(x, true)); }

Expr softplus(Expr x) {
  Expr positive = select(lt(x, number(0, x)), number(0, x), x);
  return add(positive, log1p(math::exp(negate(magnitude(x)))));
}

namespace {
/// x + x^3 P(x^2) for small |x|; other values become 0.
Expr oddSmall(const std::vector<double> &fit, Expr x, Expr small) {
  Expr t = select(small, x, number(0, x)), z = t * t;
  return t + t * z * polynomial(fit, z);
}
} // namespace

Expr tanh(Expr x) {
  Expr size = magnitude(x);
  Expr small = lt(size, number(0.625, x));
  Expr large = sub(number(1, x), div(number(2, x), onePlusExpOfNegative(negate(add(size, size)), true)));
  Expr value = select(small, oddSmall(CONVOY_FIT(tanh, x), size, small), large);
  return select(isNan(x), x, copySign(value, x));
}

Expr sinh(Expr x) {
  Expr size = magnitude(x);
  Expr small = lt(size, number(1, x));
  Expr half = expScaled(size, -1);
  Expr large = sub(half, div(number(0.25, x), half));
  Expr value = select(small, oddSmall(CONVOY_FIT(sinh, x), size, small), large);
  return select(isNan(x), x, copySign(value, x));
}

Expr cosh(Expr x) {
  Expr half = expScaled(magnitude(x), -1);
  return add(half, div(number(0.25, x), half));
}

Expr asinh(Expr x) {
  Expr size = magnitude(x);
  Expr large = lt(number(isDouble(x) ? 1e9 : 1e5, x), size);
  Expr square = mul(size, size);
  Expr near = log1p(add(size, div(square, add(number(1, x), Halide::sqrt(add(number(1, x), square))))));
  Expr far = add(math::log(size), number(0.69314718055994530942, x));
  return select(isNan(x), x, copySign(select(large, far, near), x));
}

Expr acosh(Expr x) {
  Expr above = sub(x, number(1, x));
  Expr large = lt(number(isDouble(x) ? 1e9 : 1e5, x), x);
  Expr near = log1p(add(above, Halide::sqrt(add(add(above, above), mul(above, above)))));
  Expr far = add(math::log(x), number(0.69314718055994530942, x));
  return select(lt(x, number(1, x)), number(nan, x), large, far, near);
}

Expr atanh(Expr x) {
  Expr size = magnitude(x);
  Expr value = mul(number(0.5, x), log1p(div(add(size, size), sub(number(1, x), size))));
  return select(lt(number(1, x), size), number(nan, x), isNan(x), x, copySign(value, x));
}

namespace {

/// A rational function of one branch, for floats. Beyond 3.83 the result is 1.
Expr erfSingle(Expr x) {
  static const std::vector<double> numerator{1.128379143519084, 0.18520832239976145, 0.050955695062380861,
                                             0.0034082910107109506, 0.00022905065861350646};
  static const std::vector<double> denominator{1.0,
                                               0.49746925110067538,
                                               0.11098505178285362,
                                               0.014070470171167667,
                                               0.0010179625278914885,
                                               0.000023547966471313185,
                                               -1.1791602954361697e-7};
  const double end = 3.832506856900711;
  Expr t = select(lt(number(end, x), x), number(end, x), x); // A NaN passes both.
  t = select(lt(t, number(-end, x)), number(-end, x), t);
  Expr z = t * t;
  Expr value = div(t * polynomial(numerator, z), polynomial(denominator, z));
  // However the sums are rounded, an error function ends at 1: gelu subtracts it from there.
  value = select(lt(number(1, x), value), number(1, x), value);
  return select(lt(value, number(-1, x)), number(-1, x), value);
}

} // namespace

Expr erf(Expr x) {
  if (!isDouble(x))
    return erfSingle(x);
  Expr size = magnitude(x);
  Expr small = lt(size, number(1, x));
  Expr t = select(small, size, number(0, x)), z = t * t;
  Expr near = t * polynomial(CONVOY_FIT(erf, x), z);
  const double end = isDouble(x) ? 6 : 4;
  Expr u = select(lt(size, number(end, x)), select(small, number(1, x), size), number(end, x));
  Expr far =
      sub(number(1, x), math::exp(polynomial(isDouble(x) ? coefficients::logErfcFarD : coefficients::logErfcNearF, u)));
  return select(isNan(x), x, copySign(select(small, near, far), x));
}

} // namespace convoy::schedules::math
