#pragma once

#include "dialects/cnn/Cnn.h"

namespace convoy::compiler {

/// A layout as plain data: what `#cnn.layout` holds, completed for a rank (no empty lists).
struct LayoutData {
  llvm::SmallVector<int64_t> order, before, after;
  int64_t blockDim = 0, block = 0;
  cnn::Fill fill = cnn::Fill::None;
  bool shared = false;
  int64_t fillValue = 0;

  static LayoutData rowMajor(int64_t rank);
  /// Batch outermost, then the spatial dimensions, channels innermost. Rank 3 at least.
  static LayoutData channelsLast(int64_t rank);
  static LayoutData dense(llvm::ArrayRef<int64_t> order); ///< In that order, with nothing around.
  static LayoutData of(mlir::Type type);

  mlir::Attribute attribute(mlir::MLIRContext *context) const; ///< Null for dense row-major.
  mlir::RankedTensorType applyTo(mlir::Type type) const;

  int64_t innermost() const { return order.empty() ? -1 : order.back(); } ///< -1 for rank 0.
  bool isRowMajorOrder() const;
  bool isTight() const; ///< Nothing is allocated around the logical extent.
  bool sameOrder(const LayoutData &other, llvm::ArrayRef<int64_t> shape) const; ///< Extents of 1 have no place.
};

/// Layouts of ops that make views: the result shares the memory of the operand. Nothing if the op can't be one.
std::optional<LayoutData> viewOfTranspose(const LayoutData &input, llvm::ArrayRef<int64_t> permutation);
std::optional<LayoutData> viewOfReshape(const LayoutData &input, llvm::ArrayRef<mlir::AffineExpr> from,
                                        llvm::ArrayRef<mlir::AffineExpr> to);

/// How a reshape is done: the input as it must lie (as it does, or copied), and the result as a view of that.
struct ReshapePlan {
  LayoutData input, result;
  bool copies = false;
};
/// The copy that moves least: none, padding dropped, dimensions that are joined brought side by side, or row-major.
ReshapePlan planReshape(const LayoutData &input, llvm::ArrayRef<mlir::AffineExpr> from,
                        llvm::ArrayRef<mlir::AffineExpr> to);

std::optional<LayoutData> viewOfSlice(cnn::SliceOp slice, const LayoutData &input, const cnn::ShapeAnalysis &facts);

} // namespace convoy::compiler
