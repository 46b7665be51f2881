#pragma once

#include "compiler/Frontend/Onnx/Emitter.h"
#include "compiler/Frontend/Onnx/Model.h"

#include "llvm/ADT/StringSet.h"

namespace convoy::frontend {

struct Operator;
class GraphImporter;

/// What a name of the graph stands for: a value; a tensor of the model, which becomes a value when an op asks for it;
/// or an output that the importer can't give, with the reason.
struct Binding {
  Binding() = default;
  Binding(mlir::Value value) : value(value) {}
  Binding(const Tensor *tensor) : tensor(tensor) {}

  mlir::Value value;
  const Tensor *tensor = nullptr;
  std::string reason;
};

/// The outputs of a node, in order. A null binding where the operator has none.
struct Results : llvm::SmallVector<Binding, 2> {
  Results() = default;
  Results(mlir::Value value) { push_back(value); }
  Results(const Tensor *tensor) { push_back(tensor); }
  Results(llvm::ArrayRef<mlir::Value> values) : llvm::SmallVector<Binding, 2>(values.begin(), values.end()) {}
};

/// A node of the graph in the eyes of an operator's import function: its inputs, its attributes, and the means to
/// create ops. The first function that fails emits the diagnostic; from then on all of them return null or a default.
class Node : public Emitter {
public:
  Node(GraphImporter &importer, const Operator &entry, const onnx::NodeProto &proto, mlir::Location loc, int64_t opset,
       llvm::SmallVector<Binding> inputs);

  llvm::StringRef name() const { return proto.op_type(); }
  int64_t opset() const { return version; }
  const Operator &entry() const { return line; }

  /// Starts a diagnostic, which says operator and opset, and marks the node as failed.
  mlir::InFlightDiagnostic error();

  //===-- Inputs --------------------------------------------------------------------------------===//

  size_t inputCount() const { return bindings.size(); }
  bool has(size_t index) const { return index < bindings.size() && (bindings[index].value || bindings[index].tensor); }
  mlir::Value input(size_t index); ///< Null, without a diagnostic, where the node leaves the input out.
  llvm::SmallVector<mlir::Value> inputs();
  int64_t outputCount() const { return proto.output_size(); }
  bool isUsed(size_t output) const;
  mlir::Value valueOf(const Tensor *tensor);

  /// The elements of an input that is known at import time.
  std::optional<llvm::SmallVector<double>> numbers(size_t index);
  std::optional<llvm::SmallVector<int64_t>> integers(size_t index);
  /// The same, with a diagnostic if they aren't known.
  llvm::SmallVector<double> knownNumbers(size_t index, llvm::StringRef what);
  llvm::SmallVector<int64_t> knownIntegers(size_t index, llvm::StringRef what);
  int64_t knownInteger(size_t index, llvm::StringRef what);

  /// Attribute `name` up to the opset before `since`, from then on input `index`, which must be known. Nothing if the
  /// node has neither.
  std::optional<llvm::SmallVector<int64_t>> attributeOrInput(llvm::StringRef name, int64_t since, size_t index);

  //===-- Attributes: each that a node has must be asked for --------------------------------------===//

  std::optional<llvm::SmallVector<int64_t>> integersAttribute(llvm::StringRef name);
  llvm::SmallVector<int64_t> integersAttribute(llvm::StringRef name, int64_t count, int64_t value);
  std::optional<llvm::SmallVector<double>> numbersAttribute(llvm::StringRef name);
  int64_t integer(llvm::StringRef name, int64_t value);
  std::optional<int64_t> integer(llvm::StringRef name);
  bool flag(llvm::StringRef name, bool value = false) { return integer(name, value) != 0; }
  double number(llvm::StringRef name, double value);
  llvm::StringRef text(llvm::StringRef name, llvm::StringRef value);
  const Tensor *tensorAttribute(llvm::StringRef name);
  /// One number or a list of them, as a tensor.
  const Tensor *numbersAsTensor(llvm::StringRef name);
  bool hasAttribute(llvm::StringRef name);
  void ignore(llvm::StringRef name) { asked.insert(name); }

  /// Emits a diagnostic for an attribute that the operator didn't ask for.
  void checkAttributes();

  //===-- Checks ---------------------------------------------------------------------------------===//

  /// The dimension, counted from 0; a diagnostic if it isn't one of `rank`.
  int64_t dimension(int64_t axis, int64_t rank);
  llvm::SmallVector<int64_t> dimensions(llvm::ArrayRef<int64_t> axes, int64_t rank);
  bool requireRank(mlir::Value value, int64_t atLeast, llvm::StringRef what);
  /// The ONNX element type of that number.
  mlir::Type type(int64_t onnxType);

  std::optional<llvm::SmallVector<double>> numbersOfWeight(mlir::Value weight) const override;

  /// Keeps a tensor that an operator has made.
  const Tensor *keep(Tensor tensor);

private:
  const onnx::AttributeProto *find(llvm::StringRef name, onnx::AttributeProto::AttributeType type);

  GraphImporter &importer;
  const Operator &line;
  const onnx::NodeProto &proto;
  int64_t version;
  llvm::SmallVector<Binding> bindings;
  llvm::StringSet<> asked;
};

} // namespace convoy::frontend
