#include "schedules/core/emit/passes/Prefetch.h"

#include <algorithm>

using namespace Halide;
using namespace Halide::Internal;

namespace convoy::schedules {

namespace {

/// The first of the weights that a statement loads.
class FirstLoad : public IRVisitor {
public:
  explicit FirstLoad(const std::string &name) : name(name) {}
  Expr index;
  Type type;

  /// Whether the index is known where the statement begins.
  bool isKnownBefore() const {
    return index.defined() && std::none_of(inside.begin(), inside.end(),
                                           [&](const std::string &variable) { return expr_uses_var(index, variable); });
  }

private:
  const std::string &name;
  std::vector<std::string> inside; ///< What the statement itself defines.

  using IRVisitor::visit;
  void visit(const For *op) override {
    inside.push_back(op->name);
    IRVisitor::visit(op);
  }
  void visit(const LetStmt *op) override {
    inside.push_back(op->name);
    IRVisitor::visit(op);
  }
  void visit(const Let *op) override {
    inside.push_back(op->name);
    IRVisitor::visit(op);
  }
  void visit(const Load *op) override {
    if (op->name != name || index.defined())
      return;
    const Ramp *ramp = op->index.as<Ramp>();
    index = ramp ? ramp->base : op->index;
    type = op->type.element_of();
  }
};

class Prefetcher : public IRMutator {
public:
  Prefetcher(std::string weights, const WeightStream &stream) : weights(std::move(weights)), stream(stream) {}

private:
  const std::string weights;
  const WeightStream stream;
  std::vector<const For *> loops; ///< Around the statement, outermost first.
  bool done = false;

  using IRMutator::visit;

  Stmt visit(const For *op) override {
    loops.push_back(op);
    Stmt body = mutate(op->body);
    if (!done && isSum(op))
      body = withPrefetch(body);
    loops.pop_back();
    return For::make(op->name, op->min, op->extent, op->for_type, op->partition_policy, op->device_api, body);
  }

  /// A loop over a reduction variable, or over the steps or the number of its parts (schedules/conv/TileSchedule.cpp).
  static bool isSum(const For *op) {
    auto has = [&](const char *part) { return op->name.find(part) != std::string::npos; };
    return has(".s1.") && (has("$") || has(".step") || has(".parts"));
  }

  static bool isTile(const For *op) { return ends_with(op->name, ".tile") || ends_with(op->name, ".tileRow"); }

  /// Number of the innermost loop's round among those of the loops that `chosen` picks; undefined if the extent of one
  /// is not known.
  template <typename Chosen> Expr roundOf(Chosen chosen) const {
    Expr round = 0;
    for (const For *loop : loops) {
      if (!chosen(loop))
        continue;
      if (!is_const(loop->extent))
        return {};
      round = round * loop->extent + (Variable::make(Int(32), loop->name) - loop->min);
    }
    return round;
  }

  Stmt withPrefetch(const Stmt &body) {
    FirstLoad load(weights);
    body.accept(&load);
    int64_t rounds = 1;
    for (const For *loop : loops)
      if (isSum(loop))
        rounds *= as_const_int(loop->extent) ? *as_const_int(loop->extent) : 0;
    const Expr round = roundOf(isSum), tile = roundOf(isTile);
    if (!load.isKnownBefore() || rounds == 0 || !tile.defined())
      return body;
    done = true;
    // The rounds of all tiles of a task share the elements of one block evenly.
    const int64_t elements = stream.blockElements / rounds, share = (elements + stream.tiles - 1) / stream.tiles;
    Expr blockStart = load.index - round * int32_t(elements);
    Expr offset =
        blockStart + int32_t(stream.ahead * stream.blockElements) + (tile * int32_t(rounds) + round) * int32_t(share);
    Expr base = reinterpret(UInt(64), Variable::make(Handle(), weights));
    Expr address = reinterpret(Handle(), base + cast(UInt(64), cast(Int(64), simplify(offset)) * load.type.bytes()));
    // LLVM's, into all caches: Halide's own asks for data that is used once, which no outer cache keeps.
    Expr call = Call::make(Int(32), "llvm.prefetch.p0", {address, 0, 2, 1}, Call::Extern);
    return Block::make(Evaluate::make(call), body);
  }
};

} // namespace

void prefetchWeights(Pipeline &pipeline, const WeightStream &stream) {
  pipeline.add_custom_lowering_pass(new Prefetcher(stream.weights.name(), stream));
}

} // namespace convoy::schedules
