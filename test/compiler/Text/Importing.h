#pragma once

#include "compiler/Frontend/Text/Text.h"

#include "mlir/IR/MLIRContext.h"

#include <string>

namespace convoy::frontend::test {

/// A description and what came of it.
struct Imported {
  mlir::OwningOpRef<mlir::ModuleOp> module; ///< Null if it was refused.
  std::string messages;                     ///< "line:column: message" each, a line each.
  std::string text;                         ///< The module without locations.
};

struct Request {
  std::string description;
  std::string weights; ///< A file; empty: none.
  llvm::StringMap<llvm::SmallVector<int64_t>> shapes;
};

Imported import(mlir::MLIRContext &context, const Request &request);

} // namespace convoy::frontend::test
