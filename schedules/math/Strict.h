#pragma once

#include <Halide.h>

#include <vector>

namespace convoy::schedules::strict {

/// Floating-point operations one by one as IEEE 754 has them: never fused, reordered or simplified, NaN and infinity
/// included. Unlike Halide's strict_float they leave their operands as they are, so that a polynomial over finite
/// values may still use fused multiply-adds. For integers they are the ordinary operations.
Halide::Expr add(Halide::Expr a, Halide::Expr b);
Halide::Expr sub(Halide::Expr a, Halide::Expr b);
Halide::Expr mul(Halide::Expr a, Halide::Expr b);
Halide::Expr div(Halide::Expr a, Halide::Expr b);
Halide::Expr lt(Halide::Expr a, Halide::Expr b);
Halide::Expr le(Halide::Expr a, Halide::Expr b);
Halide::Expr eq(Halide::Expr a, Halide::Expr b);
Halide::Expr isNan(Halide::Expr a);
Halide::Expr isInfinity(Halide::Expr a, bool isNegative);
/// The value with its sign bit cleared, set, or taken from another.
Halide::Expr magnitude(Halide::Expr a);
Halide::Expr negate(Halide::Expr a);
Halide::Expr copySign(Halide::Expr magnitude, Halide::Expr sign);
/// A number of the same type as `like`.
Halide::Expr number(double value, Halide::Expr like);

} // namespace convoy::schedules::strict
