#include "schedules/core/emit/passes/Round.h"

#include <optional>
#include <utility>
#include <vector>

using namespace Halide;
using namespace Halide::Internal;

namespace convoy::schedules {

namespace {

/// Elements of a register of 32-bit numbers.
constexpr int registerLanes = 16;

const Cast *castToHalves(const Expr &value) {
  const Cast *cast = value.as<Cast>();
  return cast && cast->type.is_bfloat() && cast->value.type().element_of() == Float(32) ? cast : nullptr;
}

/// The bits of a single float, its upper half rounded: to even where the lower half is just the middle.
Expr rounded(const Expr &value) {
  const int lanes = value.type().lanes();
  const Type word = UInt(32, lanes);
  const std::string name = unique_name("single");
  const Expr bits = Variable::make(word, name);
  const Expr isOdd = (bits & make_const(word, 0x10000)) != make_zero(word);
  const Expr up = select(isOdd, make_const(word, 0x8000), make_const(word, 0x7fff));
  const Expr isNan = (bits & make_const(word, 0x7fffffff)) > make_const(word, 0x7f800000);
  return Let::make(name, reinterpret(word, value), select(isNan, bits | make_const(word, 0x400000), bits + up));
}

/// The upper halves of all elements, in order.
Expr upperHalves(const std::vector<Expr> &words) {
  std::vector<Expr> halves;
  std::vector<int> order;
  int total = 0;
  for (const Expr &word : words) {
    const int lanes = word.type().lanes();
    halves.push_back(reinterpret(UInt(16, 2 * lanes), word));
    for (int lane = 0; lane < lanes; ++lane)
      order.push_back(total + 2 * lane + 1);
    total += 2 * lanes;
  }
  return reinterpret(BFloat(16, int(order.size())), Shuffle::make(halves, order));
}

/// A store of a register's elements as halves, side by side.
struct HalfStore {
  const Store *store;
  Expr value, base; ///< With what the statement defines in front of the store; `base` of the index.
};

std::optional<HalfStore> halfStore(const Stmt &statement) {
  std::vector<std::pair<std::string, Expr>> lets;
  Stmt inner = statement;
  while (const LetStmt *let = inner.as<LetStmt>()) {
    lets.emplace_back(let->name, let->value);
    inner = let->body;
  }
  const Store *store = inner.as<Store>();
  const Cast *cast = store ? castToHalves(store->value) : nullptr;
  const Ramp *ramp = store ? store->index.as<Ramp>() : nullptr;
  if (!cast || !ramp || !is_const_one(ramp->stride) || !is_const_one(store->predicate) ||
      cast->type.lanes() != registerLanes)
    return std::nullopt;
  HalfStore found{store, cast->value, ramp->base};
  for (auto let = lets.rbegin(); let != lets.rend(); ++let) {
    found.value = Let::make(let->first, let->second, found.value);
    found.base = substitute(let->first, let->second, found.base);
  }
  return found;
}

class Round : public IRMutator {
public:
  explicit Round(bool pairs) : pairs(pairs) {}

private:
  using IRMutator::visit;

  Expr visit(const Cast *op) override {
    const Cast *narrowing = castToHalves(op);
    if (!narrowing)
      return IRMutator::visit(op);
    const Expr shifted = rounded(mutate(narrowing->value)) >> 16;
    return reinterpret(op->type, cast(UInt(16, op->type.lanes()), shifted));
  }

  Stmt visit(const Block *op) override {
    std::vector<Stmt> statements, result;
    flatten(op, statements);
    for (size_t i = 0; i < statements.size(); ++i) {
      std::optional<HalfStore> first = pairs ? halfStore(statements[i]) : std::nullopt;
      std::optional<HalfStore> second =
          first && i + 1 < statements.size() ? halfStore(statements[i + 1]) : std::nullopt;
      if (!second || first->store->name != second->store->name) {
        result.push_back(mutate(statements[i]));
        continue;
      }
      result.push_back(together(*first, *second));
      ++i;
    }
    return Block::make(result);
  }

  static void flatten(const Stmt &statement, std::vector<Stmt> &into) {
    if (const Block *block = statement.as<Block>()) {
      flatten(block->first, into);
      flatten(block->rest, into);
    } else {
      into.push_back(statement);
    }
  }

  Stmt together(const HalfStore &first, const HalfStore &second) {
    const std::string name = unique_name("halves");
    const Expr halves = upperHalves({rounded(mutate(first.value)), rounded(mutate(second.value))});
    return LetStmt::make(name, halves, stores(first, second, Variable::make(halves.type(), name)));
  }

  /// Vectors that lie behind each other are stored at once.
  static Stmt stores(const HalfStore &first, const HalfStore &second, const Expr &halves) {
    auto make = [](const HalfStore &to, const Expr &value) {
      const int lanes = value.type().lanes();
      return Store::make(to.store->name, value, Ramp::make(to.base, 1, lanes), to.store->param, const_true(lanes),
                         to.store->alignment);
    };
    if (can_prove(second.base == first.base + registerLanes))
      return make(first, halves);
    return Block::make(make(first, Shuffle::make_slice(halves, 0, 1, registerLanes)),
                       make(second, Shuffle::make_slice(halves, registerLanes, 1, registerLanes)));
  }

  const bool pairs;
};

} // namespace

void roundToHalves(Pipeline &pipeline, const Target &target) {
  if (target.has_gpu_feature())
    return;
  const bool pairs = target.features_any_of({Target::AVX512_Skylake, Target::AVX512_Cannonlake,
                                             Target::AVX512_SapphireRapids, Target::AVX512_Zen4, Target::AVX512_Zen5});
  pipeline.add_custom_lowering_pass(new Round(pairs));
}

} // namespace convoy::schedules
