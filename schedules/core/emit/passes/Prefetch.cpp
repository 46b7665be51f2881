#include "schedules/core/emit/passes/Prefetch.h"

using namespace Halide;
using namespace Halide::Internal;

namespace convoy::schedules {

namespace {

constexpr int64_t lineBytes = 64;

/// Where a statement loads the first of the weights: the index in the first round of all loops inside of the statement.
class FirstLoad : public IRVisitor {
public:
  explicit FirstLoad(const std::string &name) : name(name) {}
  Expr index;
  Type type;

private:
  const std::string &name;
  std::vector<std::pair<std::string, Expr>> inside; ///< What the statement itself defines.

  using IRVisitor::visit;
  template <typename Op> void within(const Op *op, const Expr &value) {
    inside.emplace_back(op->name, value);
    IRVisitor::visit(op);
    inside.pop_back();
  }
  void visit(const For *op) override { within(op, op->min); }
  void visit(const LetStmt *op) override { within(op, op->value); }
  void visit(const Let *op) override { within(op, op->value); }
  void visit(const Load *op) override {
    if (op->name != name || index.defined()) {
      IRVisitor::visit(op);
      return;
    }
    const Ramp *ramp = op->index.as<Ramp>();
    index = ramp ? ramp->base : op->index;
    type = op->type.element_of();
    for (auto definition = inside.rbegin(); definition != inside.rend(); ++definition)
      index = substitute(definition->first, definition->second, index);
  }
};

class Prefetcher : public IRMutator {
public:
  Prefetcher(const WeightStream &stream, const std::string &output)
      : stream(stream), sum(stream.sum + ".s1."), output(output + ".s0."), task("." + stream.task) {}

private:
  const WeightStream stream;
  const std::string sum, output, task;
  std::vector<const For *> loops; ///< Around the statement and inside of a task, outermost first.
  /// What is defined around the statement, with its value in the first round of all loops of the task.
  std::vector<std::pair<std::string, Expr>> around;
  bool inTask = false;
  int64_t pass = 0;

  using IRMutator::visit;

  Stmt visit(const For *op) override {
    if (!inTask) {
      ScopedValue<bool> entered(inTask, starts_with(op->name, output) && ends_with(op->name, task));
      return IRMutator::visit(op);
    }
    loops.push_back(op);
    around.emplace_back(op->name, op->min);
    Stmt body = mutate(op->body);
    if (starts_with(op->name, sum) && !containsSum(op->body))
      body = withPrefetch(body);
    around.pop_back();
    loops.pop_back();
    return For::make(op->name, op->min, op->extent, op->for_type, op->partition_policy, op->device_api, body);
  }

  Stmt visit(const LetStmt *op) override {
    if (!inTask)
      return IRMutator::visit(op);
    around.emplace_back(op->name, op->value);
    Stmt body = mutate(op->body);
    around.pop_back();
    return LetStmt::make(op->name, op->value, body);
  }

  bool containsSum(const Stmt &body) const {
    class Finder : public IRVisitor {
    public:
      explicit Finder(const std::string &sum) : sum(sum) {}
      bool found = false;

    private:
      const std::string &sum;
      using IRVisitor::visit;
      void visit(const For *op) override {
        found = found || starts_with(op->name, sum);
        IRVisitor::visit(op);
      }
    } finder(sum);
    body.accept(&finder);
    return finder.found;
  }

  /// The first weight that the task loads, where that is known outside of the statement that loads it.
  FirstLoad firstLoad() const {
    for (auto loop = loops.rbegin(); loop != loops.rend(); ++loop) {
      FirstLoad load(stream.weights.name());
      (*loop)->body.accept(&load);
      if (!load.index.defined())
        continue;
      for (auto definition = around.rbegin(); definition != around.rend(); ++definition)
        load.index = substitute(definition->first, definition->second, load.index);
      return load;
    }
    return FirstLoad(stream.weights.name());
  }

  /// The rounds of all loops of a task share the elements of a block evenly.
  Stmt withPrefetch(const Stmt &body) {
    const FirstLoad load = firstLoad();
    if (!load.index.defined())
      return body;
    int64_t rounds = stream.passes;
    Expr round = 0;
    for (const For *loop : loops) {
      const auto extent = as_const_int(loop->extent);
      if (!extent || *extent == 0)
        return body;
      if (loop == loops.back())
        round = round * int32_t(stream.passes) + int32_t(pass++ % stream.passes);
      rounds *= *extent;
      round = round * loop->extent + (Variable::make(Int(32), loop->name) - loop->min);
    }
    const int64_t share = (stream.blockElements + rounds - 1) / rounds;
    const int64_t line = lineBytes / load.type.bytes(), lines = (share + line - 1) / line;
    Expr first = load.index + int32_t(stream.ahead) + round * int32_t(share);
    std::vector<Stmt> statements;
    for (int64_t i = 0; i < lines; ++i)
      statements.push_back(prefetch(first + int32_t(i * line), load.type));
    statements.push_back(body);
    return Block::make(statements);
  }

  Stmt prefetch(const Expr &index, const Type &type) const {
    Expr base = reinterpret(UInt(64), Variable::make(Handle(), stream.weights.name()));
    Expr address = reinterpret(Handle(), base + cast(UInt(64), cast(Int(64), simplify(index)) * type.bytes()));
    // LLVM's, into all caches: Halide's own asks for data that is used once, which no outer cache keeps.
    return Evaluate::make(Call::make(Int(32), "llvm.prefetch.p0", {address, 0, 2, 1}, Call::Extern));
  }
};

} // namespace

void prefetchWeights(Pipeline &pipeline, const WeightStream &stream, const std::string &output) {
  pipeline.add_custom_lowering_pass(new Prefetcher(stream, output));
}

} // namespace convoy::schedules
