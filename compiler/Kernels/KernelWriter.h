#pragma once

#include "dialects/cnn/Cnn.h"
#include "dialects/kernel/Kernel.h"
#include "schedules/kernel.pb.h"

namespace convoy::compiler {

/// What one kernel computes: ops in order, the values they take from outside, and those they hand back.
struct KernelSource {
  llvm::ArrayRef<mlir::Operation *> ops;
  llvm::ArrayRef<mlir::Value> inputs;
  llvm::ArrayRef<mlir::Value> outputs;
  int anchor = -1; ///< Position in `ops`.
};

/// The only writer of kernel.proto from cnn ops. Dimensions come from `facts`: equal symbolic expressions become equal
/// symbols. Operands that only feed shapes are left out (-1): result dimensions say what they said. Emits a diagnostic
/// at the op that has no form as a kernel.
mlir::FailureOr<proto::Kernel> writeKernel(const KernelSource &source, const cnn::ShapeAnalysis &facts,
                                           const proto::Target &target);

/// The kernel of a kernel.func, schedule included. Facts of its arguments come from their types and from the argument
/// attributes `kernel.dims` and `kernel.elements`: affine maps of the symbols that all arguments share. Arguments that
/// only feed shapes are no inputs of the kernel.
mlir::FailureOr<proto::Kernel> writeKernel(kernel::FuncOp func, const proto::Target &target);

/// Runs the shape rules over the body of `func`, from the facts of its arguments.
mlir::LogicalResult analyzeKernel(kernel::FuncOp func, cnn::ShapeAnalysis &analysis);

/// The tensor message of a value of this type (row-major without encoding); symbolic dimensions are left unset.
proto::Layout writeLayout(mlir::Type type);
mlir::Attribute readLayout(mlir::MLIRContext *context, const proto::Layout &layout);

kernel::ScheduleAttr readSchedule(mlir::MLIRContext *context, const proto::Schedule &schedule);

/// Whether the op goes from or to quantised numbers, element by element.
bool isQuantisation(mlir::Operation *op);

/// Whether the op is a gather from a table of 256 bytes, by unsigned bytes that were widened for it: to schedules, the
/// elementwise op `lookup`.
bool isLookup(mlir::Operation *op);

/// Whether the operand says nothing but a shape (the sizes of a reshape, the starts of a slice).
bool feedsShape(mlir::OpOperand &operand);
bool feedsOnlyShapes(mlir::Value value);

} // namespace convoy::compiler
