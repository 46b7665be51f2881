#pragma once

#include "compiler/Network/Matching.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/PatternMatch.h"

// From float ops between dequantize and quantize to ops on the quantised numbers.
namespace convoy::compiler {

/// A float value that dequantize makes of 8-bit numbers.
struct Quantised {
  mlir::Value value, scale, zero;
  bool isPerTensor() const; ///< One scale and zero point for the whole tensor.
};
bool isOneElement(mlir::Value value);
std::optional<Quantised> dequantised(mlir::Value value);

/// The number that all elements of a constant of integers are.
std::optional<int64_t> uniformInteger(mlir::Value value);
/// The elements of a product of constants, reshaped or expanded; at most 4096.
std::optional<llvm::SmallVector<double>> knownNumbers(mlir::Value value);

/// Whether the zero point of an 8-bit weight is known to be the middle of its range.
bool isSymmetric(mlir::Value weight, mlir::Value zero);
/// Such a weight as i8 with zero point 0.
mlir::Value symmetricWeight(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value weight);

/// Ops on i32 tensors of known shape.
mlir::Value buildCast(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value value, mlir::Type element);
mlir::Value buildSum(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value weight, llvm::ArrayRef<int64_t> axes);
mlir::Value buildInteger(mlir::OpBuilder &builder, mlir::Location loc, int64_t value, mlir::Type element);
mlir::Value floatConstant(mlir::OpBuilder &builder, mlir::Location loc, double value);

/// A bias that is to be added to sums in units of `scale`, as i32. One that was quantised with this scale is taken as
/// it was. Where the bias is beyond i32, as the weights of its channel are all but zero, the scale grows until it fits.
mlir::Value quantisedBias(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value bias, mlir::Value &scale);

/// The type with another element type.
mlir::RankedTensorType withElement(mlir::Type type, mlir::Type element);

/// Convolutions and matrix products of quantised numbers: float ones between dequantize ops, and i32 ones of centred
/// numbers.
void addProductPatterns(mlir::RewritePatternSet &patterns);
/// What is quantised: sums of products, maxima, means, moved and softened numbers.
void addResultPatterns(mlir::RewritePatternSet &patterns);

/// Replaces what computes bytes of the bytes of one tensor, element by element (x * sigmoid(x) between quantised
/// numbers), by a gather from a table of its 256 values, which is computed of weights alone: see `isLookup`.
void tabulate(mlir::func::FuncOp network);

} // namespace convoy::compiler
