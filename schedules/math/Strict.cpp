#include "schedules/math/Strict.h"

#include <limits>

using namespace Halide;
using Halide::Internal::Call;

namespace convoy::schedules::strict {

namespace {
Expr call(Call::IntrinsicOp op, Type type, Expr a, Expr b) {
  return Call::make(type, op, {std::move(a), std::move(b)}, Call::PureIntrinsic);
}

/// Halide's emulation of 16-bit floats leaves strict comparisons out, and what then runs misses NaN and infinity.
Expr compare(Call::IntrinsicOp op, Expr a, Expr b) {
  Type type = a.type();
  if (type.bits() == 16) {
    a = cast(Float(32, type.lanes()), a);
    b = cast(Float(32, type.lanes()), b);
  }
  return call(op, Bool(type.lanes()), a, b);
}
} // namespace

Expr add(Expr a, Expr b) { return a.type().is_float() ? call(Call::strict_add, a.type(), a, b) : a + b; }
Expr sub(Expr a, Expr b) { return a.type().is_float() ? call(Call::strict_sub, a.type(), a, b) : a - b; }
Expr mul(Expr a, Expr b) { return a.type().is_float() ? call(Call::strict_mul, a.type(), a, b) : a * b; }
Expr div(Expr a, Expr b) { return a.type().is_float() ? call(Call::strict_div, a.type(), a, b) : a / b; }
Expr lt(Expr a, Expr b) { return a.type().is_float() ? compare(Call::strict_lt, a, b) : a < b; }
// Halide 21 turns strict_le into the negation of the opposite, which is true for NaN.
Expr le(Expr a, Expr b) { return a.type().is_float() ? lt(a, b) || eq(a, b) : a <= b; }
Expr eq(Expr a, Expr b) { return a.type().is_float() ? compare(Call::strict_eq, a, b) : a == b; }

namespace {
Type bitsOf(Type type) { return type.with_code(halide_type_uint); }
Expr infinityBits(Type type) { return Internal::make_const(bitsOf(type), type.is_bfloat() ? 0x7f80 : 0x7c00); }
Expr signBit(Type type) { return cast(bitsOf(type), 1) << (type.bits() - 1); }
} // namespace

/// The widening of 16-bit floats takes NaN and infinity for impossible, so bits are asked there.
Expr isNan(Expr a) {
  if (a.type().bits() != 16)
    return !eq(a, a);
  return (reinterpret(bitsOf(a.type()), a) & ~signBit(a.type())) > infinityBits(a.type());
}

Expr isInfinity(Expr a, bool isNegative) {
  Type type = a.type();
  double infinity = std::numeric_limits<double>::infinity();
  if (type.bits() != 16)
    return eq(a, number(isNegative ? -infinity : infinity, a));
  Expr wanted = isNegative ? infinityBits(type) | signBit(type) : infinityBits(type);
  return reinterpret(bitsOf(type), a) == wanted;
}

Expr magnitude(Expr a) {
  Type type = a.type();
  return reinterpret(type, reinterpret(bitsOf(type), a) & ~signBit(type));
}

Expr negate(Expr a) {
  Type type = a.type();
  return reinterpret(type, reinterpret(bitsOf(type), a) ^ signBit(type));
}

Expr copySign(Expr size, Expr sign) {
  Type type = size.type();
  Expr bit = reinterpret(bitsOf(type), sign) & signBit(type);
  return reinterpret(type, (reinterpret(bitsOf(type), size) & ~signBit(type)) | bit);
}

Expr number(double value, Expr like) { return Internal::make_const(like.type(), value); }

} // namespace convoy::schedules::strict
