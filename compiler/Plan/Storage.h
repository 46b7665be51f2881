#pragma once

#include "dialects/cnn/Cnn.h"
#include "dialects/kernel/Kernel.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/EquivalenceClasses.h"
#include "llvm/ADT/MapVector.h"

namespace convoy::compiler {

/// Values of the network that share memory: a kernel's result and all views of it.
struct StorageClass {
  llvm::SmallVector<mlir::Value> members; ///< In program order.
  int first = -1;                         ///< First step that writes.
  int last = -1;                          ///< Last step that reads or writes.
  int input = -1;                         ///< Position of the argument in it.
  int output = -1;                        ///< Position among the results.
  int weight = -1;                        ///< Position among the results of kernel.prepare.
  int writers = 0;                        ///< Steps that write into it.
  bool prepared = false;                  ///< Written once, before the first run.

  /// Library calls, which the host computes: first and last step that reads or writes it; whether one writes it.
  int firstOnHost = -1, lastOnHost = -1;
  bool madeOnHost = false;
  bool inKernels = false; ///< Whether a kernel reads or writes it.
};

/// Finds the classes of the network and when they live; step numbers count the kernel.calls and library calls of a run.
/// A kernel.call that reads weights alone, and whose result is nobody else's, runs when the module is prepared.
class StorageMap {
public:
  explicit StorageMap(mlir::func::FuncOp network);

  llvm::ArrayRef<StorageClass> classes() const { return all; }
  int classOf(mlir::Value value) const { return indexOf.lookup(value); }
  bool contains(mlir::Value value) const { return indexOf.contains(value); }
  bool runsAtPrepare(mlir::Operation *op) const;

private:
  void group(mlir::Block &body);
  void findPrepared(mlir::Block &body);
  void findLifetimes(mlir::Block &body);

  llvm::SmallVector<StorageClass> all;
  llvm::DenseMap<mlir::Value, int> indexOf;
};

/// Whether the op is a step of the program.
bool isStep(mlir::Operation *op);

} // namespace convoy::compiler
