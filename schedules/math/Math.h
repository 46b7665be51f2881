#pragma once

#include <Halide.h>

namespace convoy::schedules::math {

/// Vectorised elementary functions of floats and doubles, without calls of the C library. NaN gives NaN; infinities,
/// zeros and values out of the domain give what IEEE 754 recommends. Errors in units of the last place of a float
/// (test/schedules/math_test.cpp measures them); of a double at most twice as many, but for `pow`.
Halide::Expr exp(Halide::Expr x);      ///< 2 ulp
Halide::Expr log(Halide::Expr x);      ///< 2 ulp
Halide::Expr log1p(Halide::Expr x);    ///< 3 ulp, x >= -1
Halide::Expr sin(Halide::Expr x);      ///< 2 ulp up to |x| = 10^5
Halide::Expr cos(Halide::Expr x);      ///< 2 ulp up to |x| = 10^5
Halide::Expr tan(Halide::Expr x);      ///< 4 ulp up to |x| = 10^5
Halide::Expr asin(Halide::Expr x);     ///< 4 ulp
Halide::Expr acos(Halide::Expr x);     ///< 4 ulp
Halide::Expr atan(Halide::Expr x);     ///< 4 ulp
Halide::Expr sinh(Halide::Expr x);     ///< 4 ulp
Halide::Expr cosh(Halide::Expr x);     ///< 3 ulp
Halide::Expr tanh(Halide::Expr x);     ///< 4 ulp
Halide::Expr asinh(Halide::Expr x);    ///< 4 ulp
Halide::Expr acosh(Halide::Expr x);    ///< 4 ulp
Halide::Expr atanh(Halide::Expr x);    ///< 4 ulp
Halide::Expr erf(Halide::Expr x);      ///< 6 ulp
Halide::Expr sigmoid(Halide::Expr x);  ///< 4 ulp; 0 where the result is subnormal
Halide::Expr softplus(Halide::Expr x); ///< 4 ulp
/// Floats: 1 ulp. Doubles: an error of up to 1000 ulp where the result is near the ends of the range.
Halide::Expr pow(Halide::Expr x, Halide::Expr y);

/// x^y for an exponent that is known when compiled: of few roots and products, 3 ulp, for some.
Halide::Expr pow(Halide::Expr x, double y);

/// 1 + exp(-x), in few steps; infinite where exp(-x) is above the largest power of two. 2 ulp if `tight`; otherwise
/// 2 ulp and |x| / 20 more.
Halide::Expr onePlusExpOfNegative(Halide::Expr x, bool tight);

/// exp(x) * 2^power, without overflow in between.
Halide::Expr expScaled(Halide::Expr x, int power);

} // namespace convoy::schedules::math
