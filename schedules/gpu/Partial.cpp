#include "schedules/gpu/Partial.h"

#include <map>

using namespace Halide;

namespace convoy::schedules::gpu {

namespace {

/// Numbers that one thread joins.
constexpr int joinedAtOnce = 16;

/// Loops of a stage over threads: those along x, those along y, the rest outside; loops of a domain inside.
void overThreads(Stage stage, const Func &partial, const PartialSums &sums, const Var &part) {
  std::vector<VarOrRVar> order;
  for (const Internal::Dim &dim : stage.get_schedule().dims())
    if (dim.is_rvar())
      order.emplace_back(RVar(dim.var));
  std::vector<VarOrRVar> threads{part};
  if (sums.argument >= 0)
    threads.insert(sums.resultsAlongX ? threads.begin() : threads.end(), partial.args()[size_t(sums.argument)]);
  order.insert(order.end(), threads.begin(), threads.end());
  for (const Var &argument : partial.args()) {
    const bool isThread = argument.name() == part.name() ||
                          (sums.argument >= 0 && argument.name() == partial.args()[size_t(sums.argument)].name());
    if (!isThread)
      order.push_back(argument);
  }
  stage.reorder(order);
  if (threads.size() == 1)
    stage.gpu_threads(threads[0]);
  else
    stage.gpu_threads(threads[0], threads[1]);
}

void place(Func partial, const PartialSums &sums, const Var &part) {
  partial.compute_at(sums.consumer, sums.block).store_in(MemoryType::GPUShared);
  if (!sums.resultsAlongX && partial.args().size() > 1) {
    std::vector<Var> storage{part};
    for (const Var &argument : partial.args())
      if (argument.name() != part.name())
        storage.push_back(argument);
    partial.reorder_storage(storage);
  }
  overThreads(partial, partial, sums, part);
  overThreads(partial.update(), partial, sums, part);
}

} // namespace

void cutIntoParts(Func helper, const RVar &domain, const PartialSums &sums) {
  if (sums.parts <= 1)
    return;
  RVar step("step"), part("part");
  Var thread("part_thread");
  helper.update().split(domain, step, part, sums.parts, TailStrategy::GuardWithIf);
  place(helper.update().rfactor(part, thread), sums, thread);
  if (sums.parts <= 2 * joinedAtOnce)
    return;
  RVar run("run"), lane("lane");
  Var joiner("join_thread");
  helper.update().split(part, run, lane, joinedAtOnce);
  place(helper.update().rfactor(lane, joiner), sums, joiner);
}

namespace {

/// Reads of a Func become reads of another, with one more argument.
class Redirect : public Internal::IRMutator {
public:
  Redirect(const Func &from, const Func &to, const Var &part) : from(from.name()), to(to), part(part) {}

private:
  std::string from;
  Func to;
  Var part;

  Expr visit(const Internal::Call *op) override {
    if (op->name != from)
      return IRMutator::visit(op);
    std::vector<Expr> arguments = op->args;
    arguments.push_back(part);
    return to(arguments);
  }
  using IRMutator::visit;
};

void replaceIn(Graph &graph, const Func &original, const Func &replacement) {
  auto substitute = [&](Func &func) {
    if (func.defined() && func.name() != original.name() && func.name() != replacement.name())
      func.function().substitute_calls(original.function(), replacement.function());
  };
  for (Func &value : graph.values)
    substitute(value);
  for (std::vector<Func> &helpers : graph.helpers)
    for (Func &helper : helpers)
      substitute(helper);
  for (Func &output : graph.outputs)
    substitute(output);
}

/// Partial results of the helper's update: part u takes elements u, u + parts, ... of its domain in row-major order.
Func partialOf(const Func &helper, int parts, const Var &part) {
  const auto &domain = helper.function().update(0).schedule().rvars();
  Expr count = 1;
  for (const Internal::ReductionVariable &loop : domain)
    count *= loop.extent;
  RDom step(0, Internal::simplify((count + parts - 1) / parts), "step");
  Expr position = step.x * parts + part;
  step.where(position < count);
  std::map<std::string, Expr> elements;
  for (const Internal::ReductionVariable &loop : domain) {
    const bool last = &loop == &domain.back();
    elements[loop.var] = loop.min + (last ? position : position % loop.extent);
    position = position / loop.extent;
  }
  Func partial(helper.name() + "_part");
  const std::vector<Var> pure = helper.args();
  std::vector<Expr> arguments(pure.begin(), pure.end());
  arguments.push_back(part);
  partial(arguments) = helper.value();
  Expr updated = Internal::substitute(elements, helper.update_value());
  partial(arguments) = Redirect(helper, partial, part).mutate(updated);
  return partial;
}

} // namespace

Func cutByHand(Graph &graph, Func helper, const Join &join, const PartialSums &sums) {
  if (sums.parts <= 1)
    return helper;
  Var part("part_thread");
  Func partial = partialOf(helper, sums.parts, part);
  place(partial, sums, part);
  Func total(helper.name() + "_joined");
  const std::vector<Var> pure = helper.args();
  std::vector<Expr> arguments(pure.begin(), pure.end()), read = arguments;
  RDom parts(0, sums.parts, "parts");
  read.push_back(parts.x);
  total(arguments) = helper.value();
  total(arguments) = join(total(arguments), partial(read));
  PartialSums again = sums;
  again.parts = joinedAtOnce;
  if (sums.parts > 2 * joinedAtOnce)
    total = cutByHand(graph, total, join, again);
  replaceIn(graph, helper, total);
  return total;
}

RVar joinedDomain(Func helper, const std::vector<VarOrRVar> &loops) {
  RVar joined(loops[0].rvar);
  if (loops.size() > 1)
    helper.update().reorder(loops);
  for (size_t i = 1; i < loops.size(); ++i) {
    RVar next("joined");
    helper.update().fuse(joined, loops[i].rvar, next);
    joined = next;
  }
  return joined;
}

} // namespace convoy::schedules::gpu
