#pragma once

#include "dialects/cnn/Cnn.h"

#include "llvm/ADT/STLFunctionalExtras.h"

// Index arithmetic of shape rules. Operands may be null (unknown); then the result is.
namespace convoy::cnn::shape {

using mlir::AffineExpr;

AffineExpr add(AffineExpr lhs, AffineExpr rhs);
AffineExpr add(AffineExpr lhs, int64_t rhs);
AffineExpr sub(AffineExpr lhs, AffineExpr rhs);
AffineExpr mul(AffineExpr lhs, AffineExpr rhs);
AffineExpr mul(AffineExpr lhs, int64_t rhs);
AffineExpr floorDiv(AffineExpr lhs, AffineExpr rhs);
AffineExpr ceilDiv(AffineExpr lhs, AffineExpr rhs);
AffineExpr mod(AffineExpr lhs, AffineExpr rhs);
AffineExpr product(mlir::MLIRContext *context, llvm::ArrayRef<AffineExpr> factors);
/// The product of `numerators` over that of `denominators`, equal factors cancelled; null if it isn't a whole number.
AffineExpr quotient(mlir::MLIRContext *context, llvm::ArrayRef<AffineExpr> numerators,
                    llvm::ArrayRef<AffineExpr> denominators);

/// Bounds that hold for all positive values of the symbols.
std::optional<int64_t> lowerBound(AffineExpr expression);
std::optional<int64_t> upperBound(AffineExpr expression);
bool isNotNegative(AffineExpr expression);
bool areEqual(AffineExpr lhs, AffineExpr rhs);
bool areDifferent(AffineExpr lhs, AffineExpr rhs);
/// Whether lhs < rhs, if that is so, or is not so, for all values of the symbols.
std::optional<bool> isLess(AffineExpr lhs, AffineExpr rhs);

/// What a shape rule works on.
class Rule {
public:
  Rule(mlir::Operation *op, ShapeAnalysis &analysis) : op(op), analysis(analysis) {}

  llvm::ArrayRef<AffineExpr> dims(mlir::Value value) const { return analysis.dims(value); }
  std::optional<llvm::ArrayRef<AffineExpr>> elements(mlir::Value value) const { return analysis.elements(value); }
  AffineExpr constant(int64_t value) const { return analysis.constant(value); }
  mlir::MLIRContext *context() const { return analysis.getContext(); }

  /// A diagnostic at the op, starting with the label of the broken rule.
  mlir::InFlightDiagnostic error(llvm::StringRef label) const { return op->emitOpError(label) << ": "; }

  /// The extent of two dimensions that must be equal, or nothing if they can't be.
  std::optional<AffineExpr> unify(AffineExpr lhs, AffineExpr rhs);
  /// The extent of two dimensions that broadcast, or nothing if they can't.
  std::optional<AffineExpr> broadcast(AffineExpr lhs, AffineExpr rhs);
  /// NumPy's broadcast of two shapes, or nothing if they don't.
  std::optional<Expressions> broadcast(llvm::ArrayRef<AffineExpr> lhs, llvm::ArrayRef<AffineExpr> rhs);
  /// Takes for granted that the expression isn't negative; false if it certainly is.
  bool assumeNotNegative(AffineExpr expression);

  /// The elements of the rank-1 i64 operand that says a shape (or part of one); `count` unknown ones if the analysis
  /// sees only one op; a diagnostic if they depend on data.
  mlir::FailureOr<Expressions> shapeOperand(mlir::Value value, llvm::StringRef label, llvm::StringRef what);

  /// Checks that `axes` are distinct, ascending and below `rank`.
  mlir::LogicalResult checkAxes(llvm::ArrayRef<int64_t> axes, size_t rank, llvm::StringRef label);

private:
  mlir::Operation *op;
  ShapeAnalysis &analysis;
};

/// `[1, ?, 224]` for diagnostics; symbols are s0, s1, ...
std::string toString(llvm::ArrayRef<AffineExpr> dims);

/// The extents of a fully static shape.
std::optional<llvm::SmallVector<int64_t>> constants(llvm::ArrayRef<AffineExpr> expressions);

/// Rearranges the elements of small tensors: `source` maps a multi-index of the result to a position in `elements`.
Expressions rearrange(llvm::ArrayRef<AffineExpr> elements, llvm::ArrayRef<int64_t> resultExtents,
                      llvm::function_ref<int64_t(llvm::ArrayRef<int64_t>)> source);
int64_t linearize(llvm::ArrayRef<int64_t> index, llvm::ArrayRef<int64_t> extents);

/// No more elements than this are tracked.
inline constexpr int64_t maxElements = 64;
/// The number of elements of a static shape of at most `maxElements`.
std::optional<int64_t> smallCount(llvm::ArrayRef<AffineExpr> dims);

} // namespace convoy::cnn::shape
