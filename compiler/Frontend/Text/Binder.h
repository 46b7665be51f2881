#pragma once

#include "compiler/Frontend/Onnx/Emitter.h"
#include "compiler/Frontend/Text/Expander.h"
#include "compiler/Weights/WeightFile.h"
#include "compiler/Weights/WeightWriter.h"

#include "llvm/ADT/StringSet.h"

namespace convoy::frontend {

/// "1, 3, N": extents, or names of extents that stay open.
struct NamedDims {
  llvm::SmallVector<int64_t, 4> dims; ///< ShapedType::kDynamic where named.
  llvm::SmallVector<std::string, 4> names;
};
mlir::FailureOr<NamedDims> parseShape(llvm::StringRef text, mlir::Location loc);
/// "f32" and the like; null after a diagnostic.
mlir::Type parseType(llvm::StringRef name, mlir::Location loc);

/// Finds the tensors of layers by name, in the description itself and in its weight file, and writes those that are
/// used.
class Binder {
public:
  Binder(const Source &source, const weights::WeightFile *file, weights::WeightWriter &writer)
      : source(source), rules(source.network().weights()), file(file), writer(writer) {}

  /// Reads the tensors that the description writes out.
  mlir::LogicalResult readLiterals();

  /// The tensor of a layer for this role, as an op. `wanted` are its dimensions, for the message `why` they are so.
  mlir::Value bind(Emitter &emitter, const Instance &layer, llvm::StringRef role, llvm::ArrayRef<int64_t> wanted,
                   mlir::OpBuilder &builder);
  /// That a layer knows of such a tensor and does without it.
  void excuse(const Instance &layer, llvm::StringRef role) { used.insert(nameFor(layer, role)); }

  /// Every tensor must have a use, unless it is to be ignored.
  mlir::LogicalResult checkAllUsed();

private:
  struct Literal {
    weights::WeightEntry entry;
    std::vector<char> bytes;
  };

  std::string nameFor(const Instance &layer, llvm::StringRef role) const;
  const weights::WeightEntry *find(llvm::StringRef name) const;
  mlir::LogicalResult readLiteral(const text::Tensor &tensor, const Tree *tree, mlir::Location loc);
  mlir::LogicalResult reportMissing(const Instance &layer, llvm::StringRef name, llvm::ArrayRef<int64_t> wanted) const;
  std::vector<std::string> allNames() const;

  const Source &source;
  const text::Weights &rules;
  const weights::WeightFile *file;
  weights::WeightWriter &writer;
  std::deque<Literal> literals;
  llvm::StringMap<const weights::WeightEntry *> literalNames;
  llvm::StringMap<mlir::Value> written;
  llvm::StringSet<> used;
};

} // namespace convoy::frontend
