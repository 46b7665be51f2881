#pragma once

#include "dialects/cnn/Cnn.h"
#include "dialects/cnn/Shapes.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/Verifier.h"

namespace convoy::frontend {

/// Creates cnn ops with their shapes. Once something has failed (after a diagnostic), every function returns a null
/// value, so that a chain of calls needs one check at its end.
class Emitter {
public:
  Emitter(mlir::OpBuilder &builder, cnn::ShapeAnalysis &analysis, mlir::Location loc)
      : builder(builder), analysis(analysis), loc(loc) {}
  virtual ~Emitter() = default;

  bool hasFailed() const { return failedBefore; }
  mlir::Location location() const { return loc; }
  mlir::MLIRContext *context() const { return builder.getContext(); }

  //===-- What is known of values ---------------------------------------------------------------===//

  static mlir::Type elementOf(mlir::Value value) { return value ? typeOf(value).getElementType() : mlir::Type(); }
  static int64_t rankOf(mlir::Value value) { return value ? typeOf(value).getRank() : 0; }
  mlir::AffineExpr dimOf(mlir::Value value, int64_t dim);
  std::optional<int64_t> extentOf(mlir::Value value, int64_t dim);
  static bool isFloat(mlir::Value value) { return mlir::isa_and_nonnull<mlir::FloatType>(elementOf(value)); }

  /// The elements of a value that is known when the network is imported.
  std::optional<llvm::SmallVector<double>> numbersOf(mlir::Value value);

  /// The elements of a weight, for those who know the tensor that it stands for.
  virtual std::optional<llvm::SmallVector<double>> numbersOfWeight(mlir::Value) const { return std::nullopt; }

  //===-- Constants -----------------------------------------------------------------------------===//

  mlir::Value constant(mlir::DenseElementsAttr value);
  mlir::Value ints(llvm::ArrayRef<int64_t> values);     ///< Rank 1, i64.
  mlir::Value scalar(double value, mlir::Type element); ///< Rank 0.

  //===-- Ops -----------------------------------------------------------------------------------===//

  mlir::Value elementwise(llvm::StringRef function, mlir::ValueRange operands, llvm::ArrayRef<double> parameters = {});
  mlir::Value withScalar(llvm::StringRef function, mlir::Value lhs, double rhs) {
    return elementwise(function, {lhs, scalar(rhs, elementOf(lhs))});
  }
  mlir::Value cast(mlir::Value value, mlir::Type element); ///< The value itself if it has that type.
  mlir::Value reduce(cnn::ReduceKind kind, mlir::Value value, llvm::ArrayRef<int64_t> axes, bool keepDims = true,
                     bool selectLast = false);
  mlir::Value matmul(mlir::Value lhs, mlir::Value rhs, bool transposeLhs = false, bool transposeRhs = false);
  mlir::Value transpose(mlir::Value value, llvm::ArrayRef<int64_t> permutation);
  mlir::Value concat(mlir::ValueRange values, int64_t axis);
  mlir::Value gather(cnn::GatherKind kind, mlir::Value value, mlir::Value indices, int64_t axis);
  mlir::Value expand(mlir::Value value, mlir::Value shape);
  mlir::Value reshape(mlir::Value value, mlir::Value shape, bool allowZero = false);
  mlir::Value reshape(mlir::Value value, llvm::ArrayRef<int64_t> shape) { return reshape(value, ints(shape)); }
  mlir::Value slice(mlir::Value value, int64_t axis, int64_t start, int64_t end);
  mlir::Value shapeOf(mlir::Value value) { return extents(value, 0, rankOf(value)); }

  //===-- Shapes in pieces: rank-1 i64 tensors ---------------------------------------------------===//

  mlir::Value extents(mlir::Value value, int64_t begin, int64_t end);
  mlir::Value extent(mlir::Value value, int64_t dim) { return extents(value, dim, dim + 1); }
  bool isExtent(mlir::Value piece, mlir::Value value, int64_t dim); ///< Whether they are known to be equal.
  mlir::Value product(mlir::ValueRange pieces);                     ///< Of one-element pieces.

  /// Reshape to the pieces, joined; as a constant shape with one -1 where at most one of them isn't constant.
  mlir::Value reshapeTo(mlir::Value value, llvm::ArrayRef<mlir::Value> pieces);

  /// [extent] -> along `axis` of a tensor of that rank: [1, .., extent, .., 1].
  mlir::Value alignTo(mlir::Value vector, int64_t axis, int64_t rank);

  mlir::Value toScalar(mlir::Value value) {
    return rankOf(value) == 0 ? value : reshape(value, llvm::ArrayRef<int64_t>{});
  }

  /// 0, 1, .. below a one-element piece, as rank-1 i64.
  mlir::Value iota(mlir::Value piece);

  /// Creates an op with one result, verifies it and gives it its shape.
  template <typename Op, typename... Args> mlir::Value create(mlir::Type element, Args &&...args) {
    if (failedBefore)
      return {};
    auto type = mlir::RankedTensorType::get({mlir::ShapedType::kDynamic}, element);
    return finish(Op::create(builder, loc, type, std::forward<Args>(args)...));
  }

  /// The same for an op with several results.
  llvm::SmallVector<mlir::Value> call(llvm::StringRef function, mlir::ValueRange operands,
                                      llvm::ArrayRef<mlir::Type> elements, mlir::DictionaryAttr options);

protected:
  void fail() { failedBefore = true; }

  mlir::OpBuilder &builder;
  cnn::ShapeAnalysis &analysis;

private:
  static mlir::RankedTensorType typeOf(mlir::Value value) {
    return mlir::cast<mlir::RankedTensorType>(value.getType());
  }
  mlir::Value finish(mlir::Operation *op);
  bool accept(mlir::Operation *op);

  mlir::Location loc;
  bool failedBefore = false;
};

} // namespace convoy::frontend
