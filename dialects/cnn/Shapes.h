#pragma once

#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/Location.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"

#include <memory>
#include <optional>
#include <string>

namespace mlir {
class FunctionOpInterface;
class Operation;
} // namespace mlir

namespace convoy::cnn {

/// Dimensions of a tensor, or elements of a small integer tensor: affine (or semi-affine) expressions over the
/// symbols of the network's arguments. A null expression is an extent that depends on data.
using Expressions = llvm::SmallVector<mlir::AffineExpr, 6>;

/// What is known of a value when the network is compiled.
struct Facts {
  Expressions dims;
  /// In row-major order; for tensors of at most 64 elements that are integers (i1: 0 or 1; a float tensor counts if
  /// every element is an integer). Never null.
  std::optional<Expressions> elements;
};

/// Something about symbols that had to be taken for granted, to be checked when the network runs.
struct Assumption {
  enum Kind { NotNegative, Zero } kind;
  mlir::AffineExpr expression;
  mlir::Location location;
};

/// Derives shapes from the ops' shape rules, in order of creation; importers use it while they build, passes run it
/// over a function. Symbols are positive extents.
class ShapeAnalysis {
public:
  explicit ShapeAnalysis(mlir::MLIRContext *context) : context(context) {}

  /// An analysis that sees no further than the types of an op's operands, as verifiers do: what is unknown is no error.
  static ShapeAnalysis ofOneOp(mlir::MLIRContext *context);
  bool seesOneOp() const { return oneOp; }

  /// The symbol of that name, made on first use.
  mlir::AffineExpr symbol(llvm::StringRef name);
  llvm::ArrayRef<std::string> symbolNames() const { return names; }

  /// An argument of the network: static dimensions from its type, the others from `dimNames` (empty: a new symbol).
  void addArgument(mlir::Value argument, llvm::ArrayRef<std::string> dimNames);
  /// Says what is known of a value.
  void setFacts(mlir::Value value, Facts facts);

  /// Applies the op's shape rule and sets the types of its results (element types and encodings stay).
  llvm::LogicalResult visit(mlir::Operation *op);
  /// The same, leaving types alone.
  llvm::LogicalResult infer(mlir::Operation *op);

  /// Of a value that was never visited: what its type says, and its elements if it is a constant.
  const Facts &facts(mlir::Value value) const;
  llvm::ArrayRef<mlir::AffineExpr> dims(mlir::Value value) const { return facts(value).dims; }
  std::optional<llvm::ArrayRef<mlir::AffineExpr>> elements(mlir::Value value) const;

  void assume(Assumption assumption);
  llvm::ArrayRef<Assumption> assumptions() const { return assumed; }

  mlir::AffineExpr constant(int64_t value) const;
  mlir::MLIRContext *getContext() const { return context; }

private:
  mlir::MLIRContext *context;
  bool oneOp = false;
  llvm::SmallVector<std::string> names;
  llvm::SmallVector<Assumption> assumed;
  mutable llvm::DenseMap<mlir::Value, std::unique_ptr<Facts>> known;
};

/// The constant that an expression is, if it is one.
std::optional<int64_t> constantOf(mlir::AffineExpr expression);

/// Visits the ops of a function in order, its arguments first (`cnn.dims`), and sets the function's type.
llvm::LogicalResult analyzeFunction(mlir::FunctionOpInterface function, ShapeAnalysis &analysis);

/// The verifier of every op with a shape rule.
llvm::LogicalResult verifyFacts(mlir::Operation *op);

} // namespace convoy::cnn
