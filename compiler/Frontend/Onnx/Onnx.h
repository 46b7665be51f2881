#pragma once

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringMap.h"

#include <string>

namespace convoy::frontend {

struct OnnxImportOptions {
  std::string path; ///< The model file.

  /// The weight file to write. The module refers to it by its file name, so it belongs beside the `.mlir`.
  std::string weightsPath;

  /// Shapes of inputs by name, over what the model says of them; -1 leaves a dimension symbolic.
  llvm::StringMap<llvm::SmallVector<int64_t>> shapes;
};

/// Whether the first bytes of a file (a few hundred are enough) are those of an ONNX model.
bool looksLikeOnnx(llvm::StringRef bytes);

/// Reads an ONNX model (opsets 6 to 27) as `func.func @main` of cnn ops and writes its weights. The file is not
/// trusted: what is wrong with it is a diagnostic at `file:node`. Loads the dialects it needs into the context.
mlir::FailureOr<mlir::OwningOpRef<mlir::ModuleOp>> importOnnx(mlir::MLIRContext &context,
                                                              const OnnxImportOptions &options);

} // namespace convoy::frontend
