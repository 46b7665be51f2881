#include "schedules/core/emit/passes/Halves.h"

using namespace Halide;
using namespace Halide::Internal;

namespace convoy::schedules {

namespace {

Type stored(Type type) { return type.is_bfloat() ? type.with_code(halide_type_uint) : type; }

/// The type in which an operation on halves computes.
Type computed(Type type) { return type.is_bfloat() ? Float(32, type.lanes()) : type; }

Expr widened(const Expr &bits) {
  const int lanes = bits.type().lanes();
  return reinterpret(Float(32, lanes), cast(UInt(32, lanes), bits) << 16);
}

/// `lost`: whether the value is the rounded one of another that is larger (1), smaller (-1) or the same, in magnitude.
Expr narrowed(const Expr &value, const Expr &lost = {}) {
  const int lanes = value.type().lanes();
  const Type word = UInt(32, lanes);
  const std::string name = unique_name("single");
  const Expr bits = Variable::make(word, name);
  Expr up = (bits >> 16) & make_one(word);
  if (lost.defined())
    up = select(lost > 0, make_one(word), lost < 0, make_zero(word), up);
  const Expr isNan = (bits & make_const(word, 0x7fffffff)) > make_const(word, 0x7f800000);
  const Expr rounded = (bits + (up + make_const(word, 0x7fff))) >> 16;
  const Expr quiet = (bits >> 16) | make_const(word, 0x40);
  return Let::make(name, reinterpret(word, value), cast(UInt(16, lanes), select(isNan, quiet, rounded)));
}

/// To a single float first; where that rounds, it must not decide what the second rounding sees as the middle.
Expr narrowedFrom(const Expr &value) {
  const int lanes = value.type().lanes();
  if (value.type().element_of() != Float(64))
    return narrowed(cast(Float(32, lanes), value));
  const Expr single = cast(Float(32, lanes), value);
  const Expr more = abs(value) - abs(cast(Float(64, lanes), single));
  const Expr zero = make_zero(Float(64, lanes));
  return narrowed(single, select(more > zero, make_one(Int(32, lanes)), more < zero, make_const(Int(32, lanes), -1),
                                 make_zero(Int(32, lanes))));
}

class Halves : public IRMutator {
  using IRMutator::visit;

  /// The mutated operand, as a single float if it was a half.
  Expr operand(const Expr &value) {
    Expr mutated = mutate(value);
    return value.type().is_bfloat() ? widened(mutated) : mutated;
  }

  template <typename Op> Expr binary(const Op *op) {
    if (!op->a.type().is_bfloat())
      return IRMutator::visit(op);
    Expr result = Op::make(operand(op->a), operand(op->b));
    return op->type.is_bfloat() ? narrowed(result) : result;
  }
  Expr visit(const Add *op) override { return binary(op); }
  Expr visit(const Sub *op) override { return binary(op); }
  Expr visit(const Mul *op) override { return binary(op); }
  Expr visit(const Div *op) override { return binary(op); }
  Expr visit(const Mod *op) override { return binary(op); }
  Expr visit(const Min *op) override { return binary(op); }
  Expr visit(const Max *op) override { return binary(op); }
  Expr visit(const EQ *op) override { return binary(op); }
  Expr visit(const NE *op) override { return binary(op); }
  Expr visit(const LT *op) override { return binary(op); }
  Expr visit(const LE *op) override { return binary(op); }
  Expr visit(const GT *op) override { return binary(op); }
  Expr visit(const GE *op) override { return binary(op); }

  Expr visit(const FloatImm *op) override {
    return op->type.is_bfloat() ? make_const(UInt(16), bfloat16_t(op->value).to_bits()) : Expr(op);
  }

  Expr visit(const Variable *op) override {
    return op->type.is_bfloat() ? Variable::make(stored(op->type), op->name) : Expr(op);
  }

  Expr visit(const Cast *op) override {
    if (op->type.is_bfloat())
      return op->value.type().is_bfloat() ? mutate(op->value) : narrowedFrom(mutate(op->value));
    return op->value.type().is_bfloat() ? cast(op->type, operand(op->value)) : IRMutator::visit(op);
  }

  Expr visit(const Reinterpret *op) override {
    Expr value = mutate(op->value);
    const Type type = stored(op->type);
    return value.type() == type ? value : Reinterpret::make(type, value);
  }

  Expr visit(const Load *op) override {
    if (!op->type.is_bfloat())
      return IRMutator::visit(op);
    return Load::make(stored(op->type), op->name, mutate(op->index), op->image, op->param, mutate(op->predicate),
                      op->alignment);
  }

  Expr visit(const Call *op) override {
    bool halves = op->type.is_bfloat();
    for (const Expr &argument : op->args)
      halves = halves || argument.type().is_bfloat();
    if (!halves)
      return IRMutator::visit(op);
    if (!op->is_pure() && !op->is_intrinsic())
      throw CompileError("on a GPU, '" + op->name + "' does not take bfloat16");
    std::vector<Expr> arguments;
    for (const Expr &argument : op->args)
      arguments.push_back(operand(argument));
    Expr result = Call::make(computed(op->type), op->name, arguments, op->call_type);
    return op->type.is_bfloat() ? narrowed(result) : result;
  }

  Expr visit(const VectorReduce *op) override {
    if (op->type.is_bfloat())
      throw CompileError("on a GPU, bfloat16 can't be summed across a vector");
    return IRMutator::visit(op);
  }

  Stmt visit(const Allocate *op) override {
    if (!op->type.is_bfloat())
      return IRMutator::visit(op);
    std::vector<Expr> extents;
    for (const Expr &extent : op->extents)
      extents.push_back(mutate(extent));
    return Allocate::make(op->name, stored(op->type), op->memory_type, extents, mutate(op->condition), mutate(op->body),
                          op->new_expr.defined() ? mutate(op->new_expr) : Expr(), op->free_function, op->padding);
  }
};

} // namespace

void halvesAsBits(Pipeline &pipeline) { pipeline.add_custom_lowering_pass(new Halves); }

} // namespace convoy::schedules
