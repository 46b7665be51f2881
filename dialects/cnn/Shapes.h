#pragma once

#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"

#include <optional>
#include <string>

namespace mlir {
class Operation;
}

namespace convoy::cnn {

/// Dimensions of a tensor, or elements of a small integer tensor: affine (or semi-affine) expressions over the
/// symbols of the network's arguments. A null expression is an extent that depends on data.
using Expressions = llvm::SmallVector<mlir::AffineExpr, 6>;

/// What is known of a value when the network is compiled.
struct Facts {
  Expressions dims;
  std::optional<Expressions> elements; ///< In row-major order; only for integer tensors of at most 64 elements.
};

/// Derives shapes from the ops' shape rules, in order of creation; importers use it while they build, passes run it
/// over a function. Symbols are positive extents.
class ShapeAnalysis {
public:
  explicit ShapeAnalysis(mlir::MLIRContext *context) : context(context) {}

  /// The symbol of that name, made on first use.
  mlir::AffineExpr symbol(llvm::StringRef name);
  llvm::ArrayRef<std::string> symbolNames() const { return names; }

  /// An argument of the network: static dimensions from its type, the others from `dimNames` (empty: a new symbol).
  void addArgument(mlir::Value argument, llvm::ArrayRef<std::string> dimNames);

  /// Applies the op's shape rule and sets the types of its results (element types and encodings stay).
  llvm::LogicalResult visit(mlir::Operation *op);

  const Facts &facts(mlir::Value value) const;
  llvm::ArrayRef<mlir::AffineExpr> dims(mlir::Value value) const { return facts(value).dims; }
  std::optional<llvm::ArrayRef<mlir::AffineExpr>> elements(mlir::Value value) const;

  mlir::AffineExpr constant(int64_t value) const;
  mlir::MLIRContext *getContext() const { return context; }

private:
  mlir::MLIRContext *context;
  llvm::SmallVector<std::string> names;
  llvm::DenseMap<mlir::Value, Facts> known;
};

/// The constant that an expression is, if it is one.
std::optional<int64_t> constantOf(mlir::AffineExpr expression);

} // namespace convoy::cnn
