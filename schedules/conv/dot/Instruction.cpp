#include "schedules/conv/dot/Instruction.h"
#include "schedules/core/Tensors.h"

using namespace Halide;

namespace convoy::schedules {

static bool isByte(proto::DataType type) { return type == proto::U8 || type == proto::I8; }

int64_t dotDepth(const proto::Target &target, proto::DataType data, proto::DataType weight) {
  const Target halide = target.halide().empty() ? get_host_target() : Target(target.halide());
  const bool bytes = isByte(data) && weight == proto::I8, halves = data == proto::BF16 && weight == proto::BF16;
  if (halide.features_any_of({Target::AVX512_Zen4, Target::AVX512_Zen5, Target::AVX512_SapphireRapids}))
    return bytes ? 4 : halves ? 2 : 1;
  return bytes && halide.arch == Target::X86 && halide.has_feature(Target::AVX2) ? 2 : 1;
}

int64_t dotRegisters(proto::DataType data, int64_t depth) {
  if (data == proto::BF16)
    return 1;
  return data == proto::I8 || depth == 2 ? 2 : 0;
}

DotOperand dotOperand(Expr value, int64_t depth) {
  if (depth != 4 || value.type() != Int(8))
    return {value, 0};
  return {reinterpret<uint8_t>(value) + Internal::make_const(UInt(8), 128), 128};
}

Expr dotProduct(const Expr &data, const Expr &weight, int64_t depth) {
  if (depth == 2 && !data.type().is_float())
    return cast<int32_t>(cast<int16_t>(data)) * cast<int32_t>(cast<int16_t>(weight));
  const Type type = data.type().is_float() ? Float(32) : Int(32);
  return cast(type, data) * cast(type, weight);
}

Expr filledUp(Expr value, const Expr &input, int64_t inputs, int64_t depth) {
  if (inputs % depth == 0)
    return value;
  return select(likely(input < int32_t(inputs)), value, Internal::make_zero(value.type()));
}

} // namespace convoy::schedules
