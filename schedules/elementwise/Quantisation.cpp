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

/// The value plus 1.5 * 2^23. Single floats from there on are whole numbers, in order: the sum is rounded to the
/// nearest whole number, of equally near ones to the even one, for values below 2^22. Its lowest bits are those of the
/// number. Rounding instructions and conversions come to twice the cost.
constexpr double base = 12582912;
Expr lifted(Expr value) { return add(value, number(base, value)); }

/// The nearest whole number.
Expr roundedToEven(Expr value) {
  if (value.type() != Float(32))
    return cast<int32_t>(Halide::round(value));
  return reinterpret<int32_t>(lifted(value)) - std::bit_cast<int32_t>(float(base));
}

/// The value within what the type of `zero` holds less `zero`. NaN becomes the lowest number.
Expr bounded(Expr value, const Expr &zero) {
  const Type type = zero.type();
  Expr offset = cast<int32_t>(zero);
  Expr low = cast(value.type(), cast<int32_t>(type.min()) - offset);
  Expr high = cast(value.type(), cast<int32_t>(type.max()) - offset);
  value = select(lt(low, value), value, low);
  return select(lt(value, high), value, high);
}

/// round(value) + zero in the type of `zero`, which holds it.
///
/// Bytes are narrowed before the zero point is added: what is narrowed last is narrowed by its store, which takes a
/// Zen 5 three cycles (`vpmovdb` to memory), three times as long as both instructions.
Expr narrowed(const Expr &value, const Expr &zero) {
  const Type type = zero.type();
  if (type.bits() == 8 && value.type() == Float(32))
    return reinterpret(type, cast<uint8_t>(reinterpret<uint32_t>(lifted(value))) + reinterpret<uint8_t>(zero));
  return cast(type, roundedToEven(value) + cast<int32_t>(zero));
}

/// saturate(round(value) + zero) in the type of `zero`. The bounds are whole numbers: it doesn't matter whether
/// rounding or they come first.
Expr saturated(const Expr &value, const Expr &zero) {
  const Type type = zero.type();
  if (type.bits() <= 16)
    return narrowed(bounded(value, zero), zero);
  // Neither bounds nor sums are exact in a single float.
  const double low = type.is_uint() ? 0 : -std::ldexp(1.0, 31), high = std::ldexp(1.0, type.is_uint() ? 32 : 31) - 1;
  Expr sum = add(cast<double>(Halide::round(value)), cast<double>(zero));
  sum = select(lt(number(low, sum), sum), sum, number(low, sum));
  sum = select(lt(sum, number(high, sum)), sum, number(high, sum));
  return cast(type, cast<int64_t>(sum));
}

/// value / scale, correctly rounded, without a division per value: the quotient by the reciprocal, which is computed
/// once, is corrected by what it leaves over; twice, as the first quotient may be two units in the last place off.
/// Exact for quotients and scales that are normal numbers (Markstein); scales of zero give what their reciprocal does.
Expr quotient(const Expr &value, const Expr &scale) {
  Expr inverse = div(number(1, scale), scale);
  Expr result = mul(value, inverse);
  for (int i = 0; i < 2; ++i) {
    Expr rest = value - result * scale; // One fused multiply-add, as the next.
    result = result + rest * inverse;
  }
  return result;
}

Expr quantize(const Operands &x, const Parameters &) { return saturated(div(x[0], x[1]), x[2]); }

/// Up to 16 bits are whole numbers of single floats, and so is their difference: what LLVM makes of integers is a
/// detour over words.
Expr centred(const Expr &value, const Expr &zero) {
  return value.type().bits() <= 16 ? sub(cast<float>(cast<int32_t>(value)), cast<float>(cast<int32_t>(zero))) : Expr();
}

Expr dequantize(const Operands &x, const Parameters &) {
  if (Expr difference = centred(x[0], x[2]); difference.defined() && x[1].type() == Float(32))
    return mul(difference, x[1]);
  const Type wide = x[0].type() == UInt(32) ? Int(64) : Int(32);
  return mul(cast(x[1].type(), cast(wide, x[0]) - cast(wide, x[2])), x[1]);
}

Expr scaled(const Operands &x) { return mul(cast<float>(x[0]), x[1]); }

Expr requantize(const Operands &x, const Parameters &) { return saturated(scaled(x), x[2]); }

} // namespace

Expr quantizeByOne(const Operands &x) {
  // Beyond the bounds of the result, where quotients might not be finite, the value is brought to where it rounds to
  // them.
  Expr offset = cast<float>(cast<int32_t>(x[2]));
  const Type type = x[2].type();
  auto edge = [&](const Expr &bound, double beyond) {
    return mul(add(sub(cast<float>(cast<int32_t>(bound)), offset), number(beyond, x[0])), x[1]);
  };
  Expr a = edge(type.min(), -0.25), b = edge(type.max(), 0.25);
  Expr low = select(lt(a, b), a, b), high = select(lt(a, b), b, a);
  Expr value = select(lt(low, x[0]), x[0], low);
  return narrowed(quotient(select(lt(value, high), value, high), x[1]), x[2]);
}

Expr dequantizeRounded(const Operands &quantised, Expr scale, bool isSum) {
  Expr value = isSum ? scaled(quantised) : div(quantised[0], quantised[1]);
  return mul(sub(lifted(bounded(value, quantised[2])), number(base, value)), std::move(scale));
}

void addQuantisation(ElementwiseTable &table) {
  table["quantize"] = {3, 0, quantize};
  table["dequantize"] = {3, 0, dequantize};
  table["requantize"] = {3, 0, requantize};
}

} // namespace convoy::schedules
