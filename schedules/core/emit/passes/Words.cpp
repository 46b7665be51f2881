#include "schedules/core/emit/passes/Words.h"

using namespace Halide;
using namespace Halide::Internal;

namespace convoy::schedules {

namespace {

const char *const name = "convoy_loaded_word";
constexpr int wordBytes = 4;

class Words : public IRMutator {
  using IRMutator::visit;

  Expr visit(const Call *op) override {
    if (op->name != name)
      return IRMutator::visit(op);
    if (const Broadcast *same = op->args[0].as<Broadcast>())
      return Broadcast::make(
          mutate(Call::make(op->type.with_lanes(same->value.type().lanes()), name, {same->value}, op->call_type)),
          same->lanes);
    const Load *byte = op->args[0].as<Load>();
    if (!byte || byte->type.bits() != 8 || !is_const_one(byte->predicate))
      throw CompileError("four bytes are asked for at once where none is loaded");
    return Load::make(op->type, byte->name, indexOf(mutate(byte->index), wordBytes), byte->image, byte->param,
                      byte->predicate, inParts(byte->alignment, wordBytes));
  }

  Expr visit(const Load *op) override {
    const int lanes = op->type.lanes();
    if (!isOneWord(op->type, op->index, op->predicate, op->alignment))
      return IRMutator::visit(op);
    const Expr first = mutate(op->index.as<Ramp>()->base);
    return reinterpret(op->type, Load::make(wordOf(op->type), op->name, indexOf(first, lanes), op->image, op->param,
                                            const_true(), inParts(op->alignment, lanes)));
  }

  Stmt visit(const Store *op) override {
    const Type type = op->value.type();
    if (!isOneWord(type, op->index, op->predicate, op->alignment))
      return IRMutator::visit(op);
    const Expr first = mutate(op->index.as<Ramp>()->base);
    return Store::make(op->name, reinterpret(wordOf(type), mutate(op->value)), indexOf(first, type.lanes()), op->param,
                       const_true(), inParts(op->alignment, type.lanes()));
  }

  static Type wordOf(const Type &type) { return UInt(type.bits() * type.lanes()); }

  /// Whether a vector of numbers of less than 32 bits lies where a word of all its bits may.
  static bool isOneWord(const Type &type, const Expr &index, const Expr &predicate, const ModulusRemainder &begins) {
    const Ramp *ramp = index.as<Ramp>();
    const int bits = type.bits() * type.lanes(), lanes = type.lanes();
    return lanes > 1 && (type.bits() == 8 || type.bits() == 16) && (bits == 32 || bits == 64) && ramp &&
           is_const_one(ramp->stride) && is_const_one(predicate) && begins.modulus % lanes == 0 &&
           begins.remainder % lanes == 0;
  }

  /// An index, of a multiple of `count`, counted in words of `count` elements.
  static Expr indexOf(const Expr &index, int count) {
    const Ramp *ramp = index.as<Ramp>();
    auto stride = ramp ? as_const_int(ramp->stride) : std::nullopt;
    if (ramp && stride && *stride % count == 0)
      return Ramp::make(indexOf(ramp->base, count), int32_t(*stride / count), ramp->lanes);
    return simplify(index / make_const(index.type(), count));
  }

  static ModulusRemainder inParts(const ModulusRemainder &begins, int count) {
    return begins.modulus % count == 0 && begins.remainder % count == 0
               ? ModulusRemainder(begins.modulus / count, begins.remainder / count)
               : ModulusRemainder();
  }
};

} // namespace

Expr loadedWord(const Expr &first) { return Call::make(UInt(32), name, {first}, Call::PureExtern); }

void moveWords(Pipeline &pipeline) { pipeline.add_custom_lowering_pass(new Words); }

} // namespace convoy::schedules
