// The ONNX importer, fed with anything: it must end with a module or a diagnostic.
#include "compiler/Frontend/Onnx/Onnx.h"

#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

#include <cstdlib>
#include <unistd.h>

using namespace convoy;

/// A folder of this process for the model and its weights.
static const std::string &folder() {
  static const std::string path = [] {
    llvm::SmallString<64> unique;
    if (llvm::sys::fs::createUniqueDirectory("onnx_fuzz", unique))
      abort();
    return std::string(unique);
  }();
  return path;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  frontend::OnnxImportOptions options;
  options.path = folder() + "/model.onnx";
  options.weightsPath = folder() + "/model.safetensors";
  {
    std::error_code code;
    llvm::raw_fd_ostream file(options.path, code);
    file.write(reinterpret_cast<const char *>(data), size);
  }
  frontend::looksLikeOnnx(llvm::StringRef(reinterpret_cast<const char *>(data), size));
  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  bool hasDiagnostic = false;
  context.getDiagEngine().registerHandler([&](mlir::Diagnostic &) {
    hasDiagnostic = true;
    return mlir::success();
  });
  if (failed(frontend::importOnnx(context, options)) && !hasDiagnostic)
    abort();
  return 0;
}
