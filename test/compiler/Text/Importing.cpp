#include "test/compiler/Text/Importing.h"

#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"

using namespace mlir;

namespace convoy::frontend::test {

/// "3:5" of the place in the file that the location comes from.
static std::string placeOf(Location loc) {
  std::string place;
  loc->walk([&](Location inner) {
    if (auto file = dyn_cast<FileLineColLoc>(inner))
      place = std::to_string(file.getLine()) + ":" + std::to_string(file.getColumn());
    return WalkResult::advance();
  });
  return place;
}

Imported import(MLIRContext &context, const Request &request) {
  SmallString<128> folder;
  EXPECT_FALSE(llvm::sys::fs::createUniqueDirectory("text", folder));
  std::string stem = folder.str().str();
  std::error_code code;
  {
    llvm::raw_fd_ostream file(stem + "/net.textproto", code);
    file << request.description;
  }
  Imported imported;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    imported.messages += placeOf(diagnostic.getLocation()) + ": " + diagnostic.str() + "\n";
    return success();
  });
  auto module =
      importText(context, {stem + "/net.textproto", request.weights, stem + "/net.safetensors", request.shapes});
  EXPECT_EQ(succeeded(module), imported.messages.empty());
  EXPECT_EQ(succeeded(module), llvm::sys::fs::exists(stem + "/net.safetensors")) << "no partial file";
  if (succeeded(module)) {
    llvm::raw_string_ostream(imported.text) << **module;
    imported.module = std::move(*module);
  }
  llvm::sys::fs::remove_directories(folder);
  return imported;
}

} // namespace convoy::frontend::test
