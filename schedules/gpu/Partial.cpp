#include "schedules/gpu/Partial.h"

#include <map>

using namespace Halide;

namespace convoy::schedules::gpu {

namespace {

/// Numbers that one thread joins.
constexpr int joinedAtOnce = 16;

/// Computes a partial result per thread, in registers, and stores it in shared memory.
void place(Func partial, const PartialSums &sums, const Var &part) {
  Func stored = partial.in();
  std::vector<Var> threads{part};
  if (sums.argument >= 0)
    threads.insert(sums.resultsAlongX ? threads.begin() : threads.end(), partial.args()[size_t(sums.argument)]);
  std::vector<Var> order = threads;
  for (const Var &argument : partial.args())
    if (argument.name() != threads.front().name() && argument.name() != threads.back().name()) {
      order.push_back(argument);
      stored.bound_storage(argument, 1); // Halide can't see that through joined loops over symbols.
    }
  stored.compute_at(sums.consumer, sums.block).store_in(MemoryType::GPUShared);
  if (order.size() > 1)
    stored.reorder_storage(order).reorder(std::vector<VarOrRVar>(order.begin(), order.end()));
  if (sums.argument >= 0) // Fewer in the last block; but shared memory has one size.
    stored.bound_storage(partial.args()[size_t(sums.argument)], sums.results);
  if (threads.size() == 1)
    stored.gpu_threads(threads[0]);
  else
    stored.gpu_threads(threads[0], threads[1]);
  partial.compute_at(stored, threads.front());
  if (sums.unroll > 1)
    partial.update().unroll(partial.rvars()[0], sums.unroll, TailStrategy::GuardWithIf);
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
  PartialSums joining = sums;
  joining.unroll = sums.parts / joinedAtOnce;
  place(helper.update().rfactor(lane, joiner), joining, joiner);
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
  again.unroll = sums.parts / joinedAtOnce;
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
