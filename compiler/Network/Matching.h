#pragma once

#include "dialects/cnn/Cnn.h"

#include <optional>

// What patterns over cnn ops ask and build.
namespace convoy::compiler {

/// The number that a constant of one element holds.
std::optional<double> scalarOf(mlir::Value value);
bool isScalar(mlir::Value value, double wanted);
/// Whether two numbers that went through single precision mean the same.
bool isNear(double value, double wanted);

/// The op that defines `value`, if it is that elementwise function.
cnn::ElementwiseOp definedBy(mlir::Value value, llvm::StringRef function);

/// `value` is `function` of another value and a number, in this order or, for add and mul, in any.
struct WithScalar {
  mlir::Value value;
  double scalar;
};
std::optional<WithScalar> matchWithScalar(mlir::Value value, llvm::StringRef function);

/// A product with all numbers multiplied into `scale`: mul, and div by a number, through values that nobody else reads.
struct Product {
  llvm::SmallVector<mlir::Value> factors;
  double scale = 1;
};
Product productOf(mlir::Value value);

/// Whether the value depends on weights and constants alone.
bool isFromWeights(mlir::Value value);

/// Builds an op whose result's shape follows from static operands.
template <typename Op, typename... Args>
mlir::Value build(mlir::OpBuilder &builder, mlir::Location loc, mlir::Type element, Args &&...args) {
  Op op = Op::create(builder, loc, mlir::RankedTensorType::get({}, element), std::forward<Args>(args)...);
  cnn::ShapeAnalysis analysis = cnn::ShapeAnalysis::ofOneOp(builder.getContext());
  [[maybe_unused]] bool fits = llvm::succeeded(analysis.visit(op));
  assert(fits && "a pass built an op that breaks a rule");
  return op.getResult();
}
mlir::Value buildElementwise(mlir::OpBuilder &builder, mlir::Location loc, llvm::StringRef function,
                             mlir::ValueRange operands);
mlir::Value buildReshape(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value value,
                         llvm::ArrayRef<int64_t> shape);
mlir::Value buildConstant(mlir::OpBuilder &builder, mlir::Location loc, llvm::ArrayRef<int64_t> values);

inline mlir::RankedTensorType typeOf(mlir::Value value) { return llvm::cast<mlir::RankedTensorType>(value.getType()); }

} // namespace convoy::compiler
