#pragma once

#include "compiler/Frontend/Text/Expression.h"
#include "compiler/Frontend/Text/Source.h"

#include "llvm/ADT/StringSet.h"

namespace convoy::frontend {

/// A layer after blocks and repetitions are written out. Values are numbered: the network's inputs first, then the
/// results of the layers in their order.
struct Instance {
  text::Layer layer; ///< No expressions left.
  std::string name;  ///< Whole, unique.
  llvm::SmallVector<size_t, 2> inputs;
  const Tree *tree; ///< Of the layer as it stands in the file.

  mlir::Location place(const Source &source) const;    ///< In the file.
  mlir::Location location(const Source &source) const; ///< Of its ops: the place, named "FILE:LAYER".
};

struct Expanded {
  std::vector<Instance> layers;
  llvm::SmallVector<size_t, 2> outputs;
  llvm::SmallVector<std::string, 2> outputNames;
};

/// Writes blocks and repetitions out and resolves names. Every layer and every input must reach an output.
mlir::FailureOr<Expanded> expand(const Source &source);

/// Replaces the expressions in the fields of a message by their values.
mlir::LogicalResult resolveExpressions(google::protobuf::Message &message, const Tree *tree, const Source &source,
                                       const Variables &variables);

} // namespace convoy::frontend
