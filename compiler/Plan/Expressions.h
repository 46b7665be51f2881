#pragma once

#include "compiler/Plan/program.pb.h"

#include "mlir/IR/AffineExpr.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"

namespace convoy::compiler {

/// Writes affine expressions over the network's symbols as the program's index arithmetic, each distinct one once.
class ExpressionWriter {
public:
  ExpressionWriter(proto::Program &program, mlir::MLIRContext *context) : program(program), context(context) {}

  proto::Size write(mlir::AffineExpr expression);
  proto::Size maximum(const proto::Size &a, const proto::Size &b);
  proto::Size sum(const proto::Size &a, const proto::Size &b);
  proto::Size roundUp(const proto::Size &a, int64_t multiple);

  /// Bytes that a tensor of these dimensions allocates with this layout.
  mlir::AffineExpr allocatedBytes(llvm::ArrayRef<mlir::AffineExpr> dims, const proto::Layout &layout,
                                  proto::DataType type) const;

private:
  proto::Size add(proto::Expression::Kind kind, const proto::Size &lhs, const proto::Size &rhs);

  proto::Program &program;
  mlir::MLIRContext *context;
  llvm::DenseMap<mlir::AffineExpr, int> written;
};

} // namespace convoy::compiler
