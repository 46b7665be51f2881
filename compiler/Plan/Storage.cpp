#include "compiler/Plan/Storage.h"

#include "compiler/Kernels/KernelWriter.h"

using namespace mlir;

namespace convoy::compiler {

bool isStep(Operation *op) { return isa<kernel::CallOp, cnn::LibraryCallOp>(op); }

/// Ops that make views; those that only feed shapes are arithmetic, not memory.
static bool isView(Operation *op) {
  return isa<cnn::ReshapeOp, cnn::TransposeOp, cnn::SliceOp, cnn::ConcatOp>(op) && !feedsOnlyShapes(op->getResult(0));
}

static SmallVector<Value> viewedOperands(Operation *op) {
  if (auto concat = dyn_cast<cnn::ConcatOp>(op))
    return SmallVector<Value>(concat.getInputs());
  return {op->getOperand(0)};
}

StorageMap::StorageMap(func::FuncOp network) {
  Block &body = network.getBody().front();
  group(body);
  findPrepared(body);
  findLifetimes(body);
}

void StorageMap::group(Block &body) {
  llvm::EquivalenceClasses<void *> aliases;
  SmallVector<Value> values;
  auto insert = [&](Value value) {
    aliases.insert(value.getAsOpaquePointer());
    values.push_back(value);
  };
  for (Value argument : body.getArguments())
    insert(argument);
  for (Operation &op : body) {
    bool holdsMemory = isStep(&op) || isa<kernel::PrepareOp>(op) || isView(&op);
    for (Value result : op.getResults())
      if (holdsMemory)
        insert(result);
    if (isView(&op))
      for (Value operand : viewedOperands(&op))
        aliases.unionSets(op.getResult(0).getAsOpaquePointer(), operand.getAsOpaquePointer());
  }
  DenseMap<void *, int> numbers;
  for (Value value : values) {
    void *leader = aliases.getLeaderValue(value.getAsOpaquePointer());
    auto [entry, isNew] = numbers.try_emplace(leader, static_cast<int>(all.size()));
    if (isNew)
      all.emplace_back();
    all[entry->second].members.push_back(value);
    indexOf[value] = entry->second;
  }
  for (auto [position, argument] : llvm::enumerate(body.getArguments()))
    all[classOf(argument)].input = static_cast<int>(position);
  for (Operation &op : body) {
    if (auto prepare = dyn_cast<kernel::PrepareOp>(op))
      for (auto [position, result] : llvm::enumerate(prepare.getResults()))
        all[classOf(result)].weight = static_cast<int>(position);
    if (auto done = dyn_cast<func::ReturnOp>(op))
      for (auto [position, value] : llvm::enumerate(done.getOperands()))
        all[classOf(value)].output = static_cast<int>(position);
    if (isStep(&op))
      for (Value result : op.getResults())
        ++all[classOf(result)].writers;
  }
}

void StorageMap::findPrepared(Block &body) {
  for (auto call : body.getOps<kernel::CallOp>()) {
    bool fromWeights = !call.getOperands().empty() && llvm::all_of(call.getOperands(), [&](Value operand) {
      return contains(operand) && (all[classOf(operand)].weight >= 0 || all[classOf(operand)].prepared);
    });
    StorageClass &storage = all[classOf(call.getResult(0))];
    storage.prepared = fromWeights && storage.writers == 1 && storage.output < 0 && storage.weight < 0;
  }
}

bool StorageMap::runsAtPrepare(Operation *op) const {
  return isa<kernel::CallOp>(op) && all[classOf(op->getResult(0))].prepared;
}

void StorageMap::findLifetimes(Block &body) {
  int step = 0;
  for (Operation &op : body) {
    if (!isStep(&op) || runsAtPrepare(&op))
      continue;
    bool onHost = isa<cnn::LibraryCallOp>(op);
    auto use = [&](StorageClass &storage) {
      storage.last = std::max(storage.last, step);
      storage.inKernels |= !onHost;
      if (onHost)
        storage.lastOnHost = step;
      if (onHost && storage.firstOnHost < 0)
        storage.firstOnHost = step;
    };
    for (Value result : op.getResults()) {
      StorageClass &storage = all[classOf(result)];
      storage.first = storage.first < 0 ? step : storage.first;
      storage.madeOnHost |= onHost;
      use(storage);
    }
    for (Value operand : op.getOperands())
      if (contains(operand))
        use(all[classOf(operand)]);
    ++step;
  }
}

} // namespace convoy::compiler
