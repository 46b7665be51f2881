#pragma once

#include "compiler/Frontend/Onnx/Node.h"

namespace convoy::frontend {

/// The oldest and newest opsets of the standard domain that the importer knows.
inline constexpr int64_t oldestOpset = 6, newestOpset = 27;

/// One line of the table of operators: the opset from which the operator exists in a form that `import` knows, how many
/// inputs it needs and takes (-1: any number), and the function that turns a node into cnn ops.
struct Operator {
  llvm::StringLiteral name;
  int64_t since;
  int fewestInputs, mostInputs;
  Results (*import)(Node &);
  llvm::StringLiteral detail = ""; ///< For functions that serve several operators, such as the elementwise function.
  int64_t until = newestOpset;
};

/// The families, each a table at the end of its file. To add an operator, add a line there.
llvm::ArrayRef<Operator> elementwiseOperators();
llvm::ArrayRef<Operator> convolutionOperators();
llvm::ArrayRef<Operator> linearOperators();
llvm::ArrayRef<Operator> normalizationOperators();
llvm::ArrayRef<Operator> reductionOperators();
llvm::ArrayRef<Operator> movementOperators();
llvm::ArrayRef<Operator> partOperators();
llvm::ArrayRef<Operator> indexingOperators();
llvm::ArrayRef<Operator> sourceOperators();
llvm::ArrayRef<Operator> resizeOperators();
llvm::ArrayRef<Operator> quantizationOperators();
llvm::ArrayRef<Operator> libraryOperators();
/// Those of ONNX Runtime's own domain, com.microsoft, that its quantiser writes.
llvm::ArrayRef<Operator> runtimeOperators();

/// The line for an operator of the standard domain; null after a diagnostic.
const Operator *findOperator(llvm::StringRef name, int64_t opset, mlir::Location loc);

/// The line for an operator of ONNX Runtime's domain; null for others.
const Operator *findRuntimeOperator(llvm::StringRef domain, llvm::StringRef name);

/// The float value of the quantised input at `index`, with its scale and zero point behind it: one for all, or one per
/// element along `axis`.
mlir::Value dequantizedInput(Node &n, size_t index, int64_t axis);
/// A float value quantised with the scale and zero point that are the inputs `scale` and `scale + 1`.
mlir::Value quantizedOutput(Node &n, mlir::Value x, size_t scale);

/// A pool with the attributes of the node.
mlir::Value pool(Node &n, mlir::Value input, cnn::PoolKind kind);

/// A convolution with the attributes of the node.
mlir::Value convolution(Node &n, mlir::Value input, mlir::Value weight, mlir::Value bias);

/// NumPy's matrix product.
mlir::Value matrixProduct(Node &n, mlir::Value lhs, mlir::Value rhs);

/// The best match for a misspelt name among candidates, if it is close.
std::optional<llvm::StringRef> suggestion(llvm::StringRef name, llvm::ArrayRef<llvm::StringRef> candidates);

} // namespace convoy::frontend
