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

Expr zeroOf(const Expr &x) { return Internal::make_zero(x.type()); }

/// x below 0 is replaced; NaN stays.
Expr ifNegative(Expr x, Expr replacement) { return select(lt(x, zeroOf(x)), replacement, x); }

/// exp(x) - 1 for x <= 0, without cancellation close to 0: (w - 1) x / log(w) with w = exp(x).
Expr expMinusOne(Expr x) {
  Expr w = math::exp(x);
  Expr corrected = mul(sub(w, number(1, x)), div(x, math::log(w)));
  return select(eq(w, number(1, x)), x, lt(x, number(-1, x)), sub(w, number(1, x)), corrected);
}

Expr clamped(Expr x, double low, double high) {
  x = select(lt(x, number(low, x)), number(low, x), x);
  return select(lt(number(high, x), x), number(high, x), x);
}

Expr hardSigmoid(Expr x, double alpha, double beta) {
  return clamped(add(mul(x, number(alpha, x)), number(beta, x)), 0, 1);
}

/// x / (1 + exp(-a)).
Expr gated(Expr x, Expr a) { return div(x, math::onePlusExpOfNegative(a, false)); }

Expr swish(const Operands &x, const Parameters &p) {
  return gated(x[0], p[0] == 1 ? x[0] : mul(x[0], number(p[0], x[0])));
}

/// tanh(log(1 + e)) = (e^2 + 2 e) / (e^2 + 2 e + 2) with e = exp(x).
Expr mish(Expr x) {
  Expr small = lt(x, number(20, x));
  Expr e = math::exp(select(small, x, number(20, x)));
  Expr n = mul(e, add(e, number(2, x)));
  return select(isNan(x), x, small, mul(x, div(n, add(n, number(2, x)))), x);
}

Expr gelu(Expr x) {
  Expr half = mul(number(0.5, x), x);
  return mul(half, add(number(1, x), math::erf(mul(x, number(std::sqrt(0.5), x)))));
}

Expr geluTanh(Expr x) {
  // 1 + tanh(u) = 2 / (1 + exp(-2 u))
  Expr u = mul(mul(x, number(2 * 0.79788456080286535588, x)), add(number(1, x), mul(mul(x, x), number(0.044715, x))));
  return gated(x, u);
}

Expr selu(const Operands &x, const Parameters &p) {
  Expr value = x[0];
  return mul(number(p[1], value), ifNegative(value, mul(number(p[0], value), expMinusOne(value))));
}

Expr celu(const Operands &x, const Parameters &p) {
  Expr scaled = p[0] == 1 ? x[0] : div(x[0], number(p[0], x[0]));
  return ifNegative(x[0], mul(number(p[0], x[0]), expMinusOne(scaled)));
}

Expr shrink(const Operands &x, const Parameters &p) {
  Expr value = x[0];
  Expr bias = Internal::make_const(value.type(), p[0]), edge = Internal::make_const(value.type(), p[1]);
  if (value.type().is_uint())
    return select(value > edge, value - bias, zeroOf(value));
  if (!value.type().is_float())
    return select(value<-edge, value + bias, value> edge, value - bias, zeroOf(value));
  return select(lt(value, number(-p[1], value)), add(value, bias), lt(edge, value), sub(value, bias), zeroOf(value));
}

} // namespace

void addActivations(ElementwiseTable &table) {
  auto unary = [&](const std::string &name, Expr (*function)(Expr)) {
    table[name] = {1, 0, [function](const Operands &x, const Parameters &) { return function(x[0]); }};
  };
  unary("relu", [](Expr x) { return ifNegative(x, zeroOf(x)); });
  table["leaky_relu"] = {
      1, 1, [](const Operands &x, const Parameters &p) { return ifNegative(x[0], mul(x[0], number(p[0], x[0]))); }};
  table["prelu"] = {2, 0, [](const Operands &x, const Parameters &) { return ifNegative(x[0], mul(x[0], x[1])); }};
  table["elu"] = {1, 1, [](const Operands &x, const Parameters &p) {
                    return ifNegative(x[0], mul(number(p[0], x[0]), expMinusOne(x[0])));
                  }};
  table["selu"] = {1, 2, selu};
  table["celu"] = {1, 1, celu};
  unary("sigmoid", math::sigmoid);
  table["hard_sigmoid"] = {1, 2, [](const Operands &x, const Parameters &p) { return hardSigmoid(x[0], p[0], p[1]); }};
  unary("hard_swish", [](Expr x) { return mul(x, hardSigmoid(x, 1.0 / 6, 0.5)); });
  table["swish"] = {1, 1, swish};
  unary("softplus", math::softplus);
  unary("softsign", [](Expr x) { return div(x, add(number(1, x), magnitude(x))); });
  unary("mish", mish);
  unary("gelu", gelu);
  unary("gelu_tanh", geluTanh);
  table["thresholded_relu"] = {1, 1, [](const Operands &x, const Parameters &p) {
                                 return select(lt(number(p[0], x[0]), x[0]), x[0], zeroOf(x[0]));
                               }};
  table["shrink"] = {1, 2, shrink};
}

} // namespace convoy::schedules
