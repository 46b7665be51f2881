// onnx-import MODEL [-o FILE.mlir] [--shape NAME=1x3x?x?]...: imports a model, prints it, or what is wrong with it.
#include "compiler/Frontend/Onnx/Onnx.h"

#include "mlir/IR/MLIRContext.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/raw_ostream.h"

using namespace convoy;

static llvm::cl::opt<std::string> model(llvm::cl::Positional, llvm::cl::Required, llvm::cl::desc("MODEL"));
static llvm::cl::opt<std::string> output("o", llvm::cl::init("-"));
static llvm::cl::list<std::string> shapes("shape");

static llvm::SmallVector<int64_t> parseShape(llvm::StringRef text) {
  llvm::SmallVector<int64_t> dims;
  for (auto part : llvm::split(text, 'x')) {
    int64_t extent = -1;
    part.getAsInteger(10, extent);
    dims.push_back(extent);
  }
  return dims;
}

int main(int argc, char **argv) {
  llvm::cl::ParseCommandLineOptions(argc, argv);
  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  context.getDiagEngine().registerHandler([](mlir::Diagnostic &diagnostic) {
    llvm::errs() << diagnostic.getLocation() << ": " << diagnostic << "\n";
    return mlir::success();
  });
  frontend::OnnxImportOptions options;
  options.path = model;
  options.weightsPath =
      output == "-" ? model + ".safetensors" : llvm::StringRef(output).rsplit('.').first.str() + ".safetensors";
  for (llvm::StringRef shape : shapes) {
    auto [name, text] = shape.split('=');
    options.shapes[name] = parseShape(text);
  }
  auto module = frontend::importOnnx(context, options);
  if (failed(module))
    return 1;
  std::error_code code;
  llvm::raw_fd_ostream stream(output, code);
  (*module)->print(stream, mlir::OpPrintingFlags());
  return code ? 1 : 0;
}
