#include "schedules/core/emit/PrivateTiles.h"

#include <map>
#include <string>

using namespace Halide;
using namespace Halide::Internal;

namespace convoy::schedules {

namespace {

/// Elements of one array that a thread uses, as offsets from the place where its tile begins: the index with all
/// numbers of blocks and threads zero. What threads store without a condition makes their tiles.
class Offsets : public IRVisitor {
public:
  Offsets(std::string name, const std::map<std::string, Expr> &outer) : array(std::move(name)), values(outer) {}

  const std::string array;
  std::map<int64_t, int32_t> slots; ///< In rising order.

  /// Numbers all offsets in the order of memory: neighbours stay neighbours.
  void number() {
    int32_t next = 0;
    for (auto &[offset, slot] : slots)
      slot = next++;
  }

  /// Where a thread that asks for `index` finds it.
  Expr slot(const Expr &index) const {
    const int64_t begin = first(index);
    const int lanes = index.type().lanes();
    auto found = slots.find(begin), last = slots.find(begin + lanes - 1);
    if (found == slots.end() || last == slots.end())
      throw CompileError("a thread uses an element of a tile in registers that it does not own");
    return lanes == 1 ? Expr(found->second) : Ramp::make(found->second, 1, lanes);
  }

private:
  std::map<std::string, Expr> values;
  bool conditional = false;

  /// Offset of the first element of an access.
  int64_t first(Expr index) const {
    for (Expr next; !(next = substitute(values, index)).same_as(index);)
      index = next;
    const Expr offset = simplify(index);
    const Ramp *ramp = offset.as<Ramp>();
    auto constant = as_const_int(ramp ? ramp->base : offset);
    if (!constant || (ramp && !is_const_one(ramp->stride)))
      throw CompileError("a tile in registers is used at an index that is not known when compiled");
    return *constant;
  }

  template <typename Op> void let(const Op *op) {
    values[op->name] = op->value;
    IRVisitor::visit(op);
  }

  using IRVisitor::visit;
  void visit(const Let *op) override { let(op); }
  void visit(const LetStmt *op) override { let(op); }
  void visit(const For *op) override {
    if (op->for_type == ForType::GPUThread)
      values[op->name] = 0;
    IRVisitor::visit(op);
  }
  void visit(const IfThenElse *op) override {
    ScopedValue<bool> inside(conditional, true);
    IRVisitor::visit(op);
  }
  void visit(const Store *op) override {
    if (op->name == array && !conditional)
      for (int64_t lane = 0, begin = first(op->index); lane < op->index.type().lanes(); ++lane)
        slots[begin + lane] = 0;
    IRVisitor::visit(op);
  }
};

class Renumber : public IRMutator {
public:
  explicit Renumber(const Offsets &offsets) : offsets(offsets) {}

private:
  const Offsets &offsets;

  using IRMutator::visit;
  Expr visit(const Load *op) override {
    if (op->name != offsets.array)
      return IRMutator::visit(op);
    return Load::make(op->type, op->name, offsets.slot(op->index), op->image, op->param, op->predicate,
                      ModulusRemainder());
  }
  Stmt visit(const Store *op) override {
    if (op->name != offsets.array)
      return IRMutator::visit(op);
    return Store::make(op->name, mutate(op->value), offsets.slot(op->index), op->param, op->predicate,
                       ModulusRemainder());
  }
};

/// Of the loops over blocks and lets around an allocation the values that do not move a thread's tile in itself.
class PrivateTiles : public IRMutator {
  std::map<std::string, Expr> around;
  bool inBlock = false, inThread = false;

  using IRMutator::visit;

  Stmt visit(const For *op) override {
    const bool block = op->for_type == ForType::GPUBlock, thread = op->for_type == ForType::GPUThread;
    if (block || thread)
      around[op->name] = 0;
    ScopedValue<bool> inside(inBlock, inBlock || block), within(inThread, inThread || thread);
    return IRMutator::visit(op);
  }

  Stmt visit(const LetStmt *op) override {
    around[op->name] = op->value;
    return IRMutator::visit(op);
  }

  Stmt visit(const Allocate *op) override {
    if (op->memory_type != MemoryType::Register || !inBlock || inThread)
      return IRMutator::visit(op);
    Offsets offsets(op->name, around);
    op->body.accept(&offsets);
    offsets.number();
    return Allocate::make(op->name, op->type, MemoryType::Stack, {Expr(int32_t(offsets.slots.size()))}, op->condition,
                          mutate(Renumber(offsets).mutate(op->body)));
  }
};

} // namespace

void keepTilesPrivate(Pipeline &pipeline) { pipeline.add_custom_lowering_pass(new PrivateTiles); }

} // namespace convoy::schedules
