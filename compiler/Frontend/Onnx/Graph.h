#pragma once

#include "compiler/Frontend/Onnx/Model.h"
#include "compiler/Frontend/Onnx/Node.h"
#include "compiler/Weights/WeightWriter.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

#include <deque>

namespace convoy::frontend {

/// Names and attributes that nodes of a graph or function body see.
struct Scope {
  const Scope *parent = nullptr; ///< Of a subgraph: the graph around it. Function bodies see nothing outside.
  std::string prefix;            ///< Of node names in locations.
  llvm::StringMap<Binding> names;
  llvm::StringMap<const onnx::AttributeProto *> attributes; ///< What `ref_attr_name` refers to.
  llvm::StringMap<int64_t> opsets;

  const Binding *find(llvm::StringRef name) const;
  const onnx::AttributeProto *findAttribute(llvm::StringRef name) const;
};

/// Turns the nodes of a graph into cnn ops, one after the other: local functions inlined, `If` with a known condition
/// replaced by its branch.
class GraphImporter {
public:
  GraphImporter(Model &model, mlir::OpBuilder &builder, cnn::ShapeAnalysis &analysis, weights::WeightWriter &writer);

  /// Imports initialisers and nodes into `scope`, which holds the graph's inputs.
  llvm::LogicalResult importGraph(const onnx::GraphProto &graph, Scope &scope);

  /// The value of a binding; makes a constant or weight of a tensor on first use.
  mlir::Value materialise(const Binding &binding);

  const Tensor *keep(Tensor tensor);
  /// The same, once for each place of the model: nodes of a function are imported once a call. Null if `make` fails.
  const Tensor *keepOnce(const void *place, llvm::function_ref<mlir::FailureOr<Tensor>()> make);
  /// `name` is for a tensor that has none.
  llvm::FailureOr<const Tensor *> decode(const onnx::TensorProto &proto, mlir::Location loc, llvm::StringRef name);
  llvm::LogicalResult readOpsets(const google::protobuf::RepeatedPtrField<onnx::OperatorSetIdProto> &imports,
                                 Scope &scope, mlir::Location loc);
  mlir::Location locationOf(llvm::StringRef name) const;

  /// The attribute of a node, resolved if it refers to one of the function that is being inlined; null if absent.
  const onnx::AttributeProto *attributeOf(const onnx::NodeProto &node, llvm::StringRef name) const;
  bool isConsumed(llvm::StringRef name) const { return consumed.contains(name); }

  /// The tensor that a weight stands for, or null.
  const Tensor *tensorOf(mlir::Value weight) const { return weightTensors.lookup(weight); }

  mlir::OpBuilder &opBuilder() { return builder; }
  cnn::ShapeAnalysis &shapes() { return analysis; }

private:
  llvm::LogicalResult importInitialisers(const onnx::GraphProto &graph, Scope &scope);
  llvm::LogicalResult importNodes(const google::protobuf::RepeatedPtrField<onnx::NodeProto> &nodes, Scope &scope);
  llvm::LogicalResult importNode(const onnx::NodeProto &node, Scope &scope);
  llvm::LogicalResult importIf(const onnx::NodeProto &node, Scope &scope, mlir::Location loc);
  llvm::LogicalResult inlineFunction(const onnx::FunctionProto &function, const onnx::NodeProto &node, Scope &scope,
                                     mlir::Location loc);
  llvm::LogicalResult importOperator(const onnx::NodeProto &node, Scope &scope, mlir::Location loc);
  llvm::LogicalResult bind(const onnx::NodeProto &node, llvm::ArrayRef<Binding> results, Scope &scope,
                           mlir::Location loc);
  llvm::LogicalResult bindResults(const onnx::NodeProto &node, llvm::ArrayRef<llvm::StringRef> outputs,
                                  const Scope &inner, Scope &scope);
  llvm::FailureOr<Binding> lookup(llvm::StringRef name, const Scope &scope, mlir::Location loc) const;
  std::string uniqueWeightName(llvm::StringRef name);

  Model &model;
  mlir::OpBuilder &builder;
  cnn::ShapeAnalysis &analysis;
  weights::WeightWriter &writer;
  const Scope *current = nullptr;
  std::deque<Tensor> tensors;
  llvm::DenseMap<const void *, const Tensor *> tensorsOfPlaces;
  llvm::DenseMap<const Tensor *, mlir::Value> values;
  llvm::DenseMap<mlir::Value, const Tensor *> weightTensors;
  llvm::StringMap<const onnx::FunctionProto *> functions;
  llvm::StringSet<> weightNames, consumed;
  llvm::StringMap<int> weightCounts; ///< Of weights whose names had to be numbered.
  int64_t importedNodes = 0;
  int depth = 0;
};

/// The nodes in an order in which each comes after those that it reads. A diagnostic names a cycle.
llvm::FailureOr<llvm::SmallVector<const onnx::NodeProto *>>
sortNodes(const google::protobuf::RepeatedPtrField<onnx::NodeProto> &nodes,
          llvm::function_ref<mlir::Location(const onnx::NodeProto &)> locationOf);

/// Calls back with each name that a node reads, those that its subgraphs may read from outside included.
void forEachRead(const onnx::NodeProto &node, llvm::function_ref<void(llvm::StringRef)> callback);

/// The name that users know a node by: its own, else that of its first output.
llvm::StringRef nodeName(const onnx::NodeProto &node);

} // namespace convoy::frontend
