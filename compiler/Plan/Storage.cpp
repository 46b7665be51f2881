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
  int step = 0;
  for (Operation &op : body) {
    if (auto prepare = dyn_cast<kernel::PrepareOp>(op))
      for (auto [position, result] : llvm::enumerate(prepare.getResults()))
        all[classOf(result)].weight = static_cast<int>(position);
    if (auto done = dyn_cast<func::ReturnOp>(op))
      for (auto [position, value] : llvm::enumerate(done.getOperands()))
        all[classOf(value)].output = static_cast<int>(position);
    if (!isStep(&op))
      continue;
    for (Value result : op.getResults()) {
      StorageClass &storage = all[classOf(result)];
      storage.first = storage.first < 0 ? step : storage.first;
      storage.last = step;
    }
    for (Value operand : op.getOperands())
      if (contains(operand))
        all[classOf(operand)].last = std::max(all[classOf(operand)].last, step);
    ++step;
  }
}

} // namespace convoy::compiler
