#include "schedules/gpu/Partial.h"

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
