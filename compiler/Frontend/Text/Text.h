#pragma once

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringMap.h"

#include <string>

namespace convoy::frontend {

struct TextImportOptions {
  std::string path; ///< The network description (`network.proto`, text format).

  /// File with the tensors of the layers: safetensors, PyTorch or ONNX. Empty: the one that the description names.
  std::string weights;

  /// The weight file to write. The module refers to it by its file name, so it belongs beside the `.mlir`.
  std::string weightsPath;

  /// Shapes of inputs by name, over what the description says of them; -1 leaves a dimension symbolic.
  llvm::StringMap<llvm::SmallVector<int64_t>> shapes;
};

/// Reads a network description as `func.func @main` of cnn ops and writes its weights. What is wrong with it is a
/// diagnostic at file, line and column that names the layer. Loads the dialects it needs into the context.
mlir::FailureOr<mlir::OwningOpRef<mlir::ModuleOp>> importText(mlir::MLIRContext &context,
                                                              const TextImportOptions &options);

} // namespace convoy::frontend
