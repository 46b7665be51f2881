#pragma once

#include "schedules/math/Coefficients.h"
#include "schedules/math/Strict.h"

namespace convoy::schedules::math {

/// c[0] + c[1] x + ..., for finite x; multiply-adds may be fused.
Halide::Expr polynomial(const std::vector<double> &coefficients, Halide::Expr x);

inline bool isDouble(const Halide::Expr &x) { return x.type().bits() == 64; }

} // namespace convoy::schedules::math

/// The coefficients that go with the type of `x`.
#define CONVOY_FIT(name, x) (isDouble(x) ? coefficients::name##D : coefficients::name##F)
