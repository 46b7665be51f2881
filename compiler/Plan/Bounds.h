#pragma once

#include "dialects/cnn/Cnn.h"
#include "dialects/cnn/Shapes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace convoy::compiler {

/// Gives each result of a library call whose size depends on data the largest size that it can have, in `facts`, and
/// records which of its dimensions that are. An error if such a result is more than an output of the network.
class ResultBounds {
public:
  mlir::LogicalResult find(mlir::func::FuncOp network, cnn::ShapeAnalysis &facts);

  llvm::ArrayRef<int> of(mlir::Value value) const {
    auto found = dimensions.find(value);
    return found == dimensions.end() ? llvm::ArrayRef<int>() : llvm::ArrayRef<int>(found->second);
  }

private:
  mlir::LogicalResult bound(cnn::LibraryCallOp op, mlir::OpResult result, cnn::Expressions dims,
                            cnn::ShapeAnalysis &facts);

  llvm::DenseMap<mlir::Value, llvm::SmallVector<int, 2>> dimensions;
};

} // namespace convoy::compiler
