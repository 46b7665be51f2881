// The importer of network descriptions, fed with anything: it must end with a module or a diagnostic.
#include "compiler/Frontend/Text/Text.h"

#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

#include <cstdlib>

using namespace convoy;

/// A folder of this process for the description and its weights.
static const std::string &folder() {
  static const std::string path = [] {
    llvm::SmallString<64> unique;
    if (llvm::sys::fs::createUniqueDirectory("text_fuzz", unique))
      abort();
    return std::string(unique);
  }();
  return path;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  frontend::TextImportOptions options;
  options.path = folder() + "/net.textproto";
  options.weightsPath = folder() + "/net.safetensors";
  {
    std::error_code code;
    llvm::raw_fd_ostream file(options.path, code);
    file.write(reinterpret_cast<const char *>(data), size);
  }
  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  bool hasDiagnostic = false;
  context.getDiagEngine().registerHandler([&](mlir::Diagnostic &) {
    hasDiagnostic = true;
    return mlir::success();
  });
  if (failed(frontend::importText(context, options)) && !hasDiagnostic)
    abort();
  return 0;
}
