#include "schedules/elementwise/Table.h"
#include "schedules/math/Strict.h"

#include <bit>
#include <cmath>

using namespace Halide;
using namespace convoy::schedules::strict;

namespace convoy::schedules {

namespace {

using Operands = ElementwiseFunction::Operands;
using Parameters = ElementwiseFunction::Parameters;

/// The nearest whole number, of equally near ones the even one, for values below 2^22. Single floats of 1.5 * 2^23 and
/// more are whole numbers, in order: adding rounds, and the difference of the bits is the number. Rounding instructions
/// and conversions come to twice the cost.
Expr roundedToEven(Expr value) {
  if (value.type() != Float(32))
    return cast<int32_t>(Halide::round(value));
  const float base = 12582912;
  return reinterpret<int32_t>(add(value, number(double(base), value))) - std::bit_cast<int32_t>(base);
}

/// saturate(round(value) + zero) in the type of `zero`. The bounds are whole numbers: it doesn't matter whether
/// rounding or they come first. NaN becomes the lowest number.
Expr saturated(Expr value, Expr zero) {
  const Type type = zero.type();
  if (type.bits() > 16) {
    // Neither bounds nor sums are exact in a single float.
    const double low = type.is_uint() ? 0 : -std::ldexp(1.0, 31), high = std::ldexp(1.0, type.is_uint() ? 32 : 31) - 1;
    Expr sum = add(cast<double>(Halide::round(value)), cast<double>(zero));
    sum = select(lt(number(low, sum), sum), sum, number(low, sum));
    sum = select(lt(sum, number(high, sum)), sum, number(high, sum));
    return cast(type, cast<int64_t>(sum));
  }
  Expr offset = cast<int32_t>(zero);
  Expr low = cast(value.type(), cast<int32_t>(type.min()) - offset);
  Expr high = cast(value.type(), cast<int32_t>(type.max()) - offset);
  value = select(lt(low, value), value, low);
  value = select(lt(value, high), value, high);
  return cast(type, roundedToEven(value) + offset);
}

Expr quantize(const Operands &x, const Parameters &) { return saturated(div(x[0], x[1]), x[2]); }

Expr dequantize(const Operands &x, const Parameters &) {
  const Type wide = x[0].type() == UInt(32) ? Int(64) : Int(32);
  return mul(cast(x[1].type(), cast(wide, x[0]) - cast(wide, x[2])), x[1]);
}

Expr requantize(const Operands &x, const Parameters &) { return saturated(mul(cast<float>(x[0]), x[1]), x[2]); }

} // namespace

void addQuantisation(ElementwiseTable &table) {
  table["quantize"] = {3, 0, quantize};
  table["dequantize"] = {3, 0, dequantize};
  table["requantize"] = {3, 0, requantize};
}

} // namespace convoy::schedules
