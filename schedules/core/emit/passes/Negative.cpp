#include "schedules/core/emit/passes/Negative.h"

using namespace Halide;
using namespace Halide::Internal;

namespace convoy::schedules {

namespace {

class HideNegative : public IRMutator {
public:
  using IRMutator::mutate;

  Stmt mutate(const Stmt &statement) override {
    if (inside)
      return IRMutator::mutate(statement);
    ScopedValue<bool> entered(inside, true);
    name = unique_name("minusOne");
    found = false;
    Stmt result = IRMutator::mutate(statement);
    return found ? LetStmt::make(name, -1, result) : result;
  }

private:
  bool inside = false, found = false;
  std::string name;

  using IRMutator::visit;

  Expr visit(const Load *op) override {
    const Expr index = hidden(op->index);
    if (index.same_as(op->index))
      return IRMutator::visit(op);
    return Load::make(op->type, op->name, index, op->image, op->param, mutate(op->predicate), op->alignment);
  }

  Stmt visit(const Store *op) override {
    const Expr index = hidden(op->index);
    if (index.same_as(op->index))
      return IRMutator::visit(op);
    return Store::make(op->name, mutate(op->value), index, op->param, mutate(op->predicate), op->alignment);
  }

  Expr hidden(const Expr &index) {
    const Ramp *ramp = index.as<Ramp>();
    const auto base = ramp ? as_const_int(ramp->base) : std::nullopt;
    if (!base || *base >= 0)
      return index;
    found = true;
    return Ramp::make(Variable::make(Int(32), name) * int32_t(-*base), ramp->stride, ramp->lanes);
  }
};

} // namespace

void hideNegativeIndices(Pipeline &pipeline) { pipeline.add_custom_lowering_pass(new HideNegative); }

} // namespace convoy::schedules
