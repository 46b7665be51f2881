#include "schedules/core/emit/PrivateTiles.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

using namespace Halide;
using namespace Halide::Internal;

namespace convoy::schedules {

namespace {

/// Elements of one array that a thread uses, as offsets from the place where its tile begins: the index with all
/// numbers of blocks and threads zero.
class Offsets : public IRVisitor {
public:
  Offsets(std::string name, const std::map<std::string, Expr> &outer)
      : array(std::move(name)), values(outer), elsewhere(outer) {}

  const std::string array;
  std::map<int64_t, int32_t> slots; ///< In rising order.

  /// Number all offsets in the order of memory: neighbours stay neighbours.
  void number() {
    int32_t next = 0;
    for (auto &[offset, slot] : slots)
      slot = next++;
  }

  Expr slot(const Expr &index) const {
    Expr offset = offsetOf(index, values);
    if (const Ramp *ramp = offset.as<Ramp>())
      return Ramp::make(slots.at(*as_const_int(ramp->base)), 1, ramp->lanes);
    return slots.at(*as_const_int(offset));
  }

private:
  std::map<std::string, Expr> values, elsewhere; ///< What variables are in the first thread, and in another.
  std::optional<int64_t> distance;               ///< Between the tiles of these two.

  static Expr offsetOf(Expr index, const std::map<std::string, Expr> &values) {
    for (;;) {
      Expr next = substitute(values, index);
      if (next.same_as(index))
        return simplify(index);
      index = next;
    }
  }

  /// The first element of an access.
  static int64_t first(const Expr &offset) {
    const Ramp *ramp = offset.as<Ramp>();
    auto constant = as_const_int(ramp ? ramp->base : offset);
    if (!constant || (ramp && !is_const_one(ramp->stride)))
      throw CompileError("a tile in registers is read at an index that is not known when compiled");
    return *constant;
  }

  void note(const Expr &index) {
    const int64_t begin = first(offsetOf(index, values)), moved = first(offsetOf(index, elsewhere)) - begin;
    if (moved != distance.value_or(moved))
      throw CompileError("the tiles in registers of two threads differ");
    distance = moved;
    for (int lane = 0; lane < index.type().lanes(); ++lane)
      slots[begin + lane] = 0;
  }

  template <typename Op> void let(const Op *op) {
    values[op->name] = elsewhere[op->name] = op->value;
    IRVisitor::visit(op);
  }

  using IRVisitor::visit;
  void visit(const Let *op) override { let(op); }
  void visit(const LetStmt *op) override { let(op); }
  void visit(const For *op) override {
    if (op->for_type == ForType::GPUThread)
      values[op->name] = 0, elsewhere[op->name] = 1;
    IRVisitor::visit(op);
  }
  void visit(const Load *op) override {
    if (op->name == array)
      note(op->index);
    IRVisitor::visit(op);
  }
  void visit(const Store *op) override {
    if (op->name == array)
      note(op->index);
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
