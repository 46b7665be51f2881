#include "schedules/gpu/product/Staged.h"
#include "schedules/gpu/Threads.h"

#include <algorithm>

using namespace Halide;

namespace convoy::schedules::gpu {

namespace {

/// Rounds of a copy that are unrolled.
constexpr int64_t mostRounds = 16;
constexpr TailStrategy guard = TailStrategy::GuardWithIf;

/// Loops within a tile, by the same names in all Funcs of a product.
struct Loops {
  Var lane{"lane"}, vector{"vector"}, thread{"thread_c"}, pixel{"in_x"}, threadX{"thread_x"}, row{"in_y"},
      threadY{"thread_y"}, channels{"channels"}, blockC{"block_c"}, blockX{"block_x"}, blockY{"block_y"},
      block{"block"};
};

/// Splits channel, pixel and row of a tile's extent into what a thread has and the threads.
void splitTile(Stage stage, const Loops &l, Var channel, Var pixel, const std::optional<Var> &row,
               const ProductTile &tile) {
  stage.split(channel, l.vector, l.thread, int32_t(tile.threadsC))
      .split(pixel, l.threadX, l.pixel, int32_t(tile.pixels));
  if (row)
    stage.split(*row, l.threadY, l.row, int32_t(tile.rows));
}

/// Threads of a block, and everything inside of them unrolled.
void mapThreads(Stage stage, const Loops &l, const std::vector<Var> &phases, bool rows) {
  for (const Var &phase : phases)
    stage.unroll(phase);
  stage.unroll(l.vector).unroll(l.pixel);
  if (rows)
    stage.unroll(l.row).gpu_threads(l.thread, l.threadX, l.threadY);
  else
    stage.gpu_threads(l.thread, l.threadX);
}

std::vector<VarOrRVar> insideLoops(const Loops &l, const std::vector<Var> &phases, bool rows) {
  std::vector<VarOrRVar> loops{l.lane, l.vector};
  loops.insert(loops.end(), phases.begin(), phases.end());
  loops.emplace_back(l.pixel);
  if (rows)
    loops.emplace_back(l.row);
  return loops;
}

std::vector<VarOrRVar> threadLoops(const Loops &l, bool rows) {
  std::vector<VarOrRVar> loops{l.thread, l.threadX};
  if (rows)
    loops.emplace_back(l.threadY);
  return loops;
}

void append(std::vector<VarOrRVar> &loops, const std::vector<VarOrRVar> &more) {
  loops.insert(loops.end(), more.begin(), more.end());
}

} // namespace

void scheduleStore(ProductStore &store, const ProductTile &tile, const proto::Target &target) {
  if (tile.threads() > mostThreads)
    throw CompileError("the knobs ask for " + std::to_string(tile.threads()) + " threads in a block; it has at most " +
                       std::to_string(mostThreads));
  const Loops l;
  Func &func = store.func;
  const bool rows = store.row.has_value();
  const int32_t lanes = int32_t(tile.lanes), threads = int32_t(tile.threadsC);
  if (store.vectors) {
    func.split(store.channel, l.channels, l.lane, lanes)
        .split(l.channels, l.blockC, l.channels, int32_t(tile.vectors) * threads, guard);
  } else {
    func.split(store.channel, l.blockC, l.channels, int32_t(tile.blockC()), guard)
        .split(l.channels, l.channels, l.lane, lanes);
  }
  func.split(store.pixel, l.blockX, store.pixel, int32_t(tile.blockX()), guard);
  if (rows)
    func.split(*store.row, l.blockY, *store.row, int32_t(tile.blockY()), guard);
  splitTile(func, l, l.channels, store.pixel, store.row, tile);
  std::vector<VarOrRVar> order = insideLoops(l, store.phases, rows);
  append(order, threadLoops(l, rows));
  order.insert(order.end(), {l.blockC, l.blockX});
  std::vector<Var> outer;
  if (rows)
    outer.push_back(l.blockY);
  outer.insert(outer.end(), store.others.begin(), store.others.end());
  for (const Var &var : outer)
    order.emplace_back(var);
  func.reorder(order);
  if (store.vectors)
    makeVector(func, l.lane, target);
  else
    func.unroll(l.lane);
  mapThreads(func, l, store.phases, rows);
  // One row of blocks: no other is without a limit that large images meet.
  outer.insert(outer.begin(), l.blockX);
  Var blocks = l.blockC;
  for (size_t i = 0; i < outer.size(); ++i) {
    Var joined = i + 1 == outer.size() ? l.block : Var("blocks");
    func.fuse(blocks, outer[i], joined);
    blocks = joined;
  }
  func.gpu_blocks(l.block);
  func.never_partition_all();
}

Var threadLoop() { return Loops().thread; }

namespace {

void scheduleSum(StagedProduct &product, const ProductStore &store, const ProductTile &tile) {
  const Loops l;
  Func &sum = product.sum;
  const bool rows = product.row.has_value();
  const int32_t lanes = int32_t(tile.lanes);
  sum.compute_at(store.func, l.block)
      .store_in(MemoryType::Register)
      .bound_extent(product.channel, int32_t(tile.blockC()))
      .bound_extent(product.pixel, int32_t(tile.blockX()));
  if (rows)
    sum.bound_extent(*product.row, int32_t(tile.blockY()));
  auto isTiled = [&](const Var &var) {
    auto same = [&](const Var &other) { return other.same_as(var); };
    return same(product.channel) || same(product.pixel) || (rows && same(*product.row)) ||
           std::any_of(product.phases.begin(), product.phases.end(), same);
  };
  for (const Var &var : sum.args())
    if (!isTiled(var))
      sum.bound_extent(var, 1);
  for (int stage = 0; stage < 2; ++stage) {
    Stage current = stage == 0 ? Stage(sum) : sum.update();
    current.split(product.channel, l.channels, l.lane, lanes);
    splitTile(current, l, l.channels, product.pixel, product.row, tile);
    std::vector<VarOrRVar> order = insideLoops(l, product.phases, rows);
    if (stage == 1)
      for (const RVar &var : product.inThread)
        order.emplace_back(var);
    append(order, threadLoops(l, rows));
    if (stage == 1)
      for (const RVar &var : product.inBlock)
        order.emplace_back(var);
    current.reorder(order).vectorize(l.lane);
    if (stage == 1)
      current.unroll(product.inThread[0]);
    mapThreads(current, l, product.phases, rows);
  }
  sum.never_partition_all();
}

/// All threads of the block copy the operand, vector by vector or element by element, in the order of memory.
struct StageAt {
  RVar loop;
  Neighbours neighbours;
  int64_t elements; ///< Of the copy.
};

void stage(Func &func, Func &sum, const StageAt &at, const ProductTile &tile, bool rows) {
  const Neighbours neighbours = at.neighbours;
  Var lane("lane"), all("all"), round("round"), t0("thread_c"), t1("thread_x"), t2("thread_y");
  std::vector<Var> loops = func.args();
  func.compute_at(sum, at.loop).store_in(MemoryType::GPUShared);
  if (neighbours == Neighbours::FirstVectors) {
    Var first = loops[0];
    func.split(first, loops[0], lane, 4).vectorize(lane);
    std::vector<VarOrRVar> order{lane};
    order.insert(order.end(), loops.begin(), loops.end());
    func.reorder(order);
  } else if (neighbours == Neighbours::Second) {
    std::swap(loops[0], loops[1]);
    func.reorder(std::vector<VarOrRVar>(loops.begin(), loops.end()));
  }
  func.fuse(loops[0], loops[1], all);
  for (size_t i = 2; i < loops.size(); ++i)
    func.fuse(all, loops[i], all);
  func.split(all, round, all, int32_t(tile.threads()), guard).split(all, t1, t0, int32_t(tile.threadsC));
  if (rows)
    func.split(t1, t2, t1, int32_t(tile.threadsX)).gpu_threads(t0, t1, t2);
  else
    func.gpu_threads(t0, t1);
  std::vector<VarOrRVar> order;
  if (neighbours == Neighbours::FirstVectors)
    order.emplace_back(lane);
  order.insert(order.end(), {round, t0, t1});
  if (rows)
    order.emplace_back(t2);
  func.reorder(order).never_partition_all();
  // Loads of all rounds start before the first is stored.
  const int64_t copied = tile.threads() * (neighbours == Neighbours::FirstVectors ? 4 : 1);
  if ((at.elements + copied - 1) / copied <= mostRounds)
    func.unroll(round);
}

/// What a thread needs of the staged operands for four terms, and of channels for one, in registers.
void loadToRegisters(StagedProduct &product, const ProductTile &tile) {
  Func left = product.left.in(product.sum), right = product.right.in(product.sum);
  const std::vector<Var> leftArgs = left.args(), rightArgs = right.args();
  left.compute_at(product.sum, product.inThread[1]).vectorize(leftArgs[0], 4);
  for (size_t i = 1; i < leftArgs.size(); ++i)
    left.unroll(leftArgs[i]);
  Var lane("lane");
  right.compute_at(product.sum, product.inThread[0])
      .split(rightArgs[0], rightArgs[0], lane, int32_t(tile.lanes))
      .vectorize(lane);
  for (const Var &arg : rightArgs)
    right.unroll(arg);
  left.never_partition_all();
  right.never_partition_all();
}

} // namespace

void scheduleProduct(StagedProduct &product, ProductStore &store, const ProductTile &tile,
                     const proto::Target &target) {
  const bool rows = product.row.has_value();
  scheduleStore(store, tile, target);
  scheduleSum(product, store, tile);
  product.left.bound_extent(product.left.args()[0], int32_t(tile.chunk));
  product.right.bound_extent(product.right.args()[0], int32_t(tile.blockC()))
      .bound_extent(product.right.args()[1], int32_t(tile.chunk));
  product.left.align_storage(product.left.args()[0], int32_t(leftStride(tile)));
  stage(product.left, product.sum, {product.inBlock[product.leftAt], product.leftNeighbours, product.elements.left},
        tile, rows);
  stage(product.right, product.sum, {product.inBlock[product.rightAt], product.rightNeighbours, product.elements.right},
        tile, rows);
  loadToRegisters(product, tile);
}

} // namespace convoy::schedules::gpu
