#pragma once

#include "dialects/cnn/Cnn.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseMap.h"

#include <vector>

// Where a network is quantised.
namespace convoy::compiler {

/// Numbers of a network's values: arguments, then results in program order. A copy of the network has the same. Values
/// that are added get numbers of their own.
class ValueNumbers {
public:
  explicit ValueNumbers(mlir::func::FuncOp network);

  void add(mlir::Value value, unsigned number) { numbers[value] = number; }
  unsigned of(mlir::Value value) const { return numbers.lookup(value); }
  unsigned count() const { return total; }

private:
  llvm::DenseMap<mlir::Value, unsigned> numbers;
  unsigned total = 0;
};

/// Whether a layer can compute in 8 bits: a convolution or product of f32 with weights that are known when compiled.
bool canQuantise(mlir::Operation *op);

/// The operand of such a layer that is an activation.
mlir::Value activationOf(mlir::Operation *layer);

using LayerFilter = llvm::function_ref<bool(mlir::Operation *layer)>;

/// Values that movement connects share one scale, so that concatenating, splitting and shuffling 8-bit numbers needs no
/// arithmetic.
struct SharedScale {
  llvm::SmallVector<mlir::Value> members; ///< In program order.
  llvm::SmallVector<mlir::Value> roots;   ///< Those that no movement makes of others: their ranges are all there is.
  cnn::ElementwiseOp function;            ///< The only reader of the only member, if its results alone count.
};

/// The values that are quantised where the layers that `isQuantised` picks compute in 8 bits: what they read, and what
/// they store for a chain of elementwise ops, averages or interpolations that leads to such a layer again.
std::vector<SharedScale> placeScales(mlir::func::FuncOp network, LayerFilter isQuantised);

/// A factor per channel that the network computes (squeeze-and-excite) and that was multiplied into a convolution's
/// weights goes back in front of the convolution, whose weights are constants then. The product, the only new value,
/// has a number that depends on the convolution alone.
void unfoldGates(mlir::func::FuncOp network, ValueNumbers &numbers, LayerFilter isQuantised);

} // namespace convoy::compiler
