#pragma once

#include "dialects/cnn/Cnn.h"

namespace convoy::compiler {

/// Ops that will be one kernel, in program order.
struct Group {
  llvm::SmallVector<mlir::Operation *> ops;
  mlir::Operation *anchor = nullptr; ///< Null for an elementwise chain.

  mlir::Operation *last() const { return ops.back(); }
};

/// Part an op of the network plays.
enum class Role {
  Source,    ///< A weight or constant.
  Prepare,   ///< Depends on weights and constants alone.
  ShapeOnly, ///< Index arithmetic.
  View,      ///< Becomes a view of its operand.
  Library,   ///< A function of runtime/ops.
  Kernel,
};

bool isScalarConstant(mlir::Value value);

/// Role of each op of the network's body.
llvm::DenseMap<mlir::Operation *, Role> rolesOf(mlir::Block &body, const cnn::ShapeAnalysis &facts);

/// The fused groups of the ops with role Kernel, ordered by their last ops.
llvm::SmallVector<Group> groupOps(mlir::Block &body, const llvm::DenseMap<mlir::Operation *, Role> &roles,
                                  const cnn::ShapeAnalysis &facts);

} // namespace convoy::compiler
