#include "schedules/core/emit/passes/Products.h"

using namespace Halide;
using namespace Halide::Internal;

namespace convoy::schedules {

namespace {

/// The instruction `mul.rn`, which nothing fuses.
class RoundedProducts : public IRMutator {
  Expr visit(const Call *op) override {
    const bool single = op->type.element_of() == Float(32), wide = op->type.element_of() == Float(64);
    if (!op->is_intrinsic(Call::strict_mul) || !(single || wide))
      return IRMutator::visit(op);
    return Call::make(op->type, single ? "llvm.nvvm.mul.rn.f" : "llvm.nvvm.mul.rn.d",
                      {mutate(op->args[0]), mutate(op->args[1])}, Call::PureExtern);
  }
  using IRMutator::visit;
};

} // namespace

void roundProducts(Pipeline &pipeline) { pipeline.add_custom_lowering_pass(new RoundedProducts); }

} // namespace convoy::schedules
