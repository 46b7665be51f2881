#include "schedules/core/emit/passes/LookUp.h"

using namespace Halide;
using namespace Halide::Internal;

namespace convoy::schedules {

namespace {

/// The function for the target's instructions; empty if there is none.
std::string functionFor(const Target &target) {
  if (target.arch != Target::X86 || target.has_gpu_feature())
    return "";
  if (target.features_any_of(
          {Target::AVX512_Cannonlake, Target::AVX512_SapphireRapids, Target::AVX512_Zen4, Target::AVX512_Zen5}))
    return "convoy_look_up_vbmi";
  return target.has_feature(Target::AVX2) ? "convoy_look_up_avx2" : "";
}

/// Calls the function in place of the loops that fill the tile of results.
class LookUp : public IRMutator {
public:
  LookUp(LookupTile tile, std::string function) : tile(std::move(tile)), function(std::move(function)) {}

private:
  const LookupTile tile;
  const std::string function;
  int64_t indexBytes = 0, resultBytes = 0; ///< Of the allocations around the statement.

  using IRMutator::visit;

  Stmt visit(const Allocate *op) override {
    int64_t *bytes = op->name == tile.index ? &indexBytes : op->name == tile.result ? &resultBytes : nullptr;
    if (!bytes)
      return IRMutator::visit(op);
    *bytes = op->constant_allocation_size() * op->type.bytes();
    Stmt statement = IRMutator::visit(op);
    *bytes = 0;
    return statement;
  }

  Stmt visit(const ProducerConsumer *op) override {
    if (!op->is_producer || op->name != tile.result || resultBytes == 0 || indexBytes != resultBytes)
      return IRMutator::visit(op);
    auto address = [](const std::string &name) { return Variable::make(Handle(), name); };
    Expr call = Call::make(
        Int(32), function,
        {address(tile.result), address(tile.index), make_const(Int(64), resultBytes), address(tile.table.name())},
        Call::Extern);
    return ProducerConsumer::make(op->name, true, Evaluate::make(call));
  }
};

} // namespace

void lookUpTiles(Pipeline &pipeline, const std::vector<LookupTile> &lookups, const Target &target) {
  if (const std::string function = functionFor(target); !function.empty())
    for (const LookupTile &tile : lookups)
      pipeline.add_custom_lowering_pass(new LookUp(tile, function));
}

} // namespace convoy::schedules
