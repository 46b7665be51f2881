#include "compiler/Frontend/Onnx/Graph.h"
#include "compiler/Frontend/Onnx/Operators/Operators.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/SaveAndRestore.h"

using namespace mlir;

namespace convoy::frontend {

/// Local functions can multiply the nodes of a small file beyond all measure.
static constexpr int64_t mostNodes = 200'000;
static constexpr int deepestNesting = 32;

//===-- Scopes ----------------------------------------------------------------------------------===//

const Binding *Scope::find(StringRef name) const {
  for (const Scope *scope = this; scope; scope = scope->parent)
    if (auto entry = scope->names.find(name); entry != scope->names.end())
      return &entry->second;
  return nullptr;
}

const onnx::AttributeProto *Scope::findAttribute(StringRef name) const {
  for (const Scope *scope = this; scope; scope = scope->parent)
    if (auto entry = scope->attributes.find(name); entry != scope->attributes.end())
      return entry->second;
  return nullptr;
}

/// The standard domain has two names.
static StringRef normalisedDomain(StringRef domain) { return domain == "ai.onnx" ? "" : domain; }

static std::string functionKey(StringRef domain, StringRef name, StringRef overload) {
  return (normalisedDomain(domain) + "::" + name + (overload.empty() ? "" : "::") + overload).str();
}

GraphImporter::GraphImporter(Model &model, OpBuilder &builder, cnn::ShapeAnalysis &analysis,
                             weights::WeightWriter &writer)
    : model(model), builder(builder), analysis(analysis), writer(writer) {
  for (const onnx::FunctionProto &function : model.proto().functions())
    functions.try_emplace(functionKey(function.domain(), function.name(), function.overload()), &function);
}

Location GraphImporter::locationOf(StringRef name) const {
  std::string text = (model.fileName() + ":").str() + (current ? current->prefix : "") + name.str();
  return NameLoc::get(builder.getStringAttr(text));
}

LogicalResult GraphImporter::readOpsets(const google::protobuf::RepeatedPtrField<onnx::OperatorSetIdProto> &imports,
                                        Scope &scope, Location loc) {
  for (const onnx::OperatorSetIdProto &import : imports)
    scope.opsets[normalisedDomain(import.domain())] = import.version();
  auto standard = scope.opsets.find("");
  if (standard == scope.opsets.end())
    return success();
  if (standard->second < oldestOpset || standard->second > newestOpset)
    return emitError(loc) << "opset " << standard->second << " isn't supported; convert the model to one of "
                          << oldestOpset << " to " << newestOpset << " with onnx.version_converter";
  return success();
}

//===-- Tensors ---------------------------------------------------------------------------------===//

const Tensor *GraphImporter::keep(Tensor tensor) {
  tensors.push_back(std::move(tensor));
  return &tensors.back();
}

const Tensor *GraphImporter::keepOnce(const void *place, llvm::function_ref<FailureOr<Tensor>()> make) {
  if (const Tensor *known = tensorsOfPlaces.lookup(place))
    return known;
  FailureOr<Tensor> tensor = make();
  return failed(tensor) ? nullptr : tensorsOfPlaces[place] = keep(std::move(*tensor));
}

FailureOr<const Tensor *> GraphImporter::decode(const onnx::TensorProto &proto, Location loc, StringRef name) {
  const Tensor *tensor = keepOnce(&proto, [&]() -> FailureOr<Tensor> {
    auto decoded = model.decode(proto, loc);
    if (succeeded(decoded) && decoded->name.empty())
      decoded->name = name.str();
    return decoded;
  });
  if (!tensor)
    return failure();
  return tensor;
}

std::string GraphImporter::uniqueWeightName(StringRef name) {
  std::string base = name.empty() ? "constant" : name.str(), unique = base;
  while (!weightNames.insert(unique).second)
    unique = base + "." + std::to_string(++weightCounts[base]);
  return unique;
}

static DenseElementsAttr elementsOf(const Tensor &tensor) {
  if (!tensor.element.isInteger(1))
    return DenseElementsAttr::getFromRawBuffer(tensor.type(), tensor.bytes);
  SmallVector<bool> values;
  for (char byte : tensor.bytes)
    values.push_back(byte != 0);
  return DenseElementsAttr::get(tensor.type(), values);
}

Value GraphImporter::materialise(const Binding &binding) {
  if (!binding.tensor)
    return binding.value;
  auto [entry, isNew] = values.try_emplace(binding.tensor);
  if (!isNew)
    return entry->second;
  const Tensor &tensor = *binding.tensor;
  Location loc = locationOf(tensor.name);
  Operation *op;
  if (tensor.count() <= 1 || (tensor.count() <= 64 && isa<IntegerType>(tensor.element))) {
    op = cnn::ConstantOp::create(builder, loc, tensor.type(), elementsOf(tensor));
  } else {
    std::string name = uniqueWeightName(tensor.name);
    uint64_t hash = writer.add(name, weights::dataTypeOf(tensor.element), tensor.dims, tensor.bytes);
    op = cnn::WeightOp::create(builder, loc, tensor.type(), cnn::WeightAttr::get(builder.getContext(), name, hash));
    weightTensors[op->getResult(0)] = &tensor;
  }
  if (failed(analysis.visit(op)))
    return {};
  return entry->second = op->getResult(0);
}

LogicalResult GraphImporter::importInitialisers(const onnx::GraphProto &graph, Scope &scope) {
  if (graph.sparse_initializer_size() > 0)
    return emitError(locationOf(graph.sparse_initializer(0).values().name())) << "sparse tensors aren't supported";
  for (const onnx::TensorProto &initialiser : graph.initializer()) {
    auto tensor = decode(initialiser, locationOf(initialiser.name()), "");
    if (failed(tensor))
      return failure();
    if (initialiser.name().empty() || !scope.names.try_emplace(initialiser.name(), Binding(*tensor)).second)
      return emitError(locationOf(initialiser.name()))
             << "the graph has two tensors, or a tensor and an input, of the name '" << initialiser.name() << "'";
  }
  return success();
}

//===-- Nodes -----------------------------------------------------------------------------------===//

LogicalResult GraphImporter::importGraph(const onnx::GraphProto &graph, Scope &scope) {
  for (const onnx::ValueInfoProto &output : graph.output())
    consumed.insert(output.name());
  llvm::SaveAndRestore<const Scope *> save(current, &scope);
  if (failed(importInitialisers(graph, scope)))
    return failure();
  return importNodes(graph.node(), scope);
}

LogicalResult GraphImporter::importNodes(const google::protobuf::RepeatedPtrField<onnx::NodeProto> &nodes,
                                         Scope &scope) {
  if (depth >= deepestNesting)
    return emitError(locationOf("")) << "subgraphs or functions are nested more than " << deepestNesting << " deep";
  llvm::SaveAndRestore<const Scope *> saveScope(current, &scope);
  llvm::SaveAndRestore<int> saveDepth(depth, depth + 1);
  auto order = sortNodes(nodes, [&](const onnx::NodeProto &node) { return locationOf(nodeName(node)); });
  if (failed(order))
    return failure();
  for (const onnx::NodeProto *node : *order)
    forEachRead(*node, [&](StringRef name) { consumed.insert(name); });
  for (const onnx::NodeProto *node : *order)
    if (failed(importNode(*node, scope)))
      return failure();
  return success();
}

LogicalResult GraphImporter::importNode(const onnx::NodeProto &node, Scope &scope) {
  Location loc = locationOf(nodeName(node));
  if (++importedNodes > mostNodes)
    return emitError(loc) << "the model has more than " << mostNodes << " nodes, its functions inlined";
  std::string key = functionKey(node.domain(), node.op_type(), node.overload());
  if (auto function = functions.find(key); function != functions.end())
    return inlineFunction(*function->second, node, scope, loc);
  StringRef domain = normalisedDomain(node.domain());
  if (!domain.empty() && !findRuntimeOperator(domain, node.op_type()))
    return emitError(loc) << "operator '" << node.op_type() << "' of domain '" << domain
                          << "' isn't supported, and the model has no function of that name";
  if (node.op_type() == "If")
    return importIf(node, scope, loc);
  return importOperator(node, scope, loc);
}

FailureOr<Binding> GraphImporter::lookup(StringRef name, const Scope &scope, Location loc) const {
  if (name.empty())
    return Binding();
  const Binding *binding = scope.find(name);
  if (binding && binding->reason.empty())
    return *binding;
  if (binding)
    return emitError(loc) << "reads '" << name << "', but " << binding->reason;
  auto diagnostic =
      emitError(loc) << "input '" << name
                     << "' is neither an input of the graph, nor an initializer, nor the output of a node";
  SmallVector<StringRef> candidates(scope.names.keys());
  if (auto match = suggestion(name, candidates))
    diagnostic << "; did you mean '" << *match << "'?";
  return diagnostic;
}

static int64_t opsetOf(const Scope &scope) {
  for (const Scope *at = &scope; at; at = at->parent)
    if (auto entry = at->opsets.find(""); entry != at->opsets.end())
      return entry->second;
  return 0;
}

LogicalResult GraphImporter::importOperator(const onnx::NodeProto &proto, Scope &scope, Location loc) {
  int64_t opset = opsetOf(scope);
  if (opset == 0)
    return emitError(loc) << "operator '" << proto.op_type() << "' belongs to the standard opset, which isn't imported";
  const Operator *entry = findRuntimeOperator(normalisedDomain(proto.domain()), proto.op_type());
  if (!entry)
    entry = findOperator(proto.op_type(), opset, loc);
  if (!entry)
    return failure();
  SmallVector<Binding> inputs;
  for (const std::string &name : proto.input()) {
    auto binding = lookup(name, scope, loc);
    if (failed(binding))
      return failure();
    inputs.push_back(*binding);
  }
  Node node(*this, *entry, proto, loc, opset, std::move(inputs));
  Results results;
  if (!node.hasFailed())
    results = entry->import(node);
  if (!node.hasFailed())
    node.checkAttributes();
  return node.hasFailed() ? failure() : bind(proto, results, scope, loc);
}

LogicalResult GraphImporter::bind(const onnx::NodeProto &node, ArrayRef<Binding> results, Scope &scope, Location loc) {
  for (int i = 0; i < node.output_size(); ++i) {
    const std::string &name = node.output(i);
    if (name.empty())
      continue;
    Binding binding;
    if (i < static_cast<int>(results.size()))
      binding = results[i];
    if (!binding.value && !binding.tensor && binding.reason.empty())
      binding.reason = "output " + std::to_string(i) + " of operator '" + node.op_type() + "' isn't supported";
    if (!scope.names.try_emplace(name, binding).second)
      return emitError(loc) << "output '" << name << "' has the name of another value of the graph";
  }
  return success();
}

//===-- Subgraphs -------------------------------------------------------------------------------===//

const onnx::AttributeProto *GraphImporter::attributeOf(const onnx::NodeProto &node, StringRef name) const {
  for (const onnx::AttributeProto &attribute : node.attribute())
    if (attribute.name() == name)
      return attribute.ref_attr_name().empty() ? &attribute : current->findAttribute(attribute.ref_attr_name());
  return nullptr;
}

LogicalResult GraphImporter::bindResults(const onnx::NodeProto &node, ArrayRef<StringRef> outputs, const Scope &inner,
                                         Scope &scope) {
  Location loc = locationOf(nodeName(node));
  SmallVector<Binding> results;
  for (StringRef output : outputs) {
    const Binding *binding = inner.find(output);
    if (!binding)
      return emitError(loc) << "no node of the body of '" << node.op_type() << "' produces its output '" << output
                            << "'";
    results.push_back(*binding);
  }
  return bind(node, results, scope, loc);
}

LogicalResult GraphImporter::importIf(const onnx::NodeProto &node, Scope &scope, Location loc) {
  auto condition = lookup(node.input_size() > 0 ? node.input(0) : "", scope, loc);
  if (failed(condition))
    return failure();
  Value value = materialise(*condition);
  Emitter emitter(builder, analysis, loc);
  auto known = value ? emitter.numbersOf(value) : std::nullopt;
  if (!known || known->size() != 1)
    return emitError(loc) << "If (opset " << opsetOf(scope)
                          << "): the condition isn't known when the model is compiled; "
                          << "give input shapes with --shape if it depends on them";
  const onnx::AttributeProto *branch = attributeOf(node, known->front() != 0 ? "then_branch" : "else_branch");
  if (!branch || !branch->has_g() || branch->g().output_size() < node.output_size())
    return emitError(loc) << "If (opset " << opsetOf(scope) << "): a branch is missing or has too few outputs";
  Scope inner;
  inner.parent = &scope;
  inner.prefix = scope.prefix + nodeName(node).str() + "/";
  if (failed(importGraph(branch->g(), inner)))
    return failure();
  SmallVector<StringRef> outputs;
  for (const onnx::ValueInfoProto &output : branch->g().output())
    outputs.push_back(output.name());
  return bindResults(node, outputs, inner, scope);
}

LogicalResult GraphImporter::inlineFunction(const onnx::FunctionProto &function, const onnx::NodeProto &node,
                                            Scope &scope, Location loc) {
  Scope inner;
  inner.prefix = scope.prefix + nodeName(node).str() + "/";
  if (node.input_size() > function.input_size() || node.output_size() > function.output_size())
    return emitError(loc) << "function '" << function.name() << "' has " << function.input_size() << " inputs and "
                          << function.output_size() << " outputs, the node has " << node.input_size() << " and "
                          << node.output_size();
  for (int i = 0; i < function.input_size(); ++i) {
    auto binding = lookup(i < node.input_size() ? node.input(i) : "", scope, loc);
    if (failed(binding))
      return failure();
    inner.names[function.input(i)] = *binding;
  }
  for (const onnx::AttributeProto &attribute : function.attribute_proto())
    inner.attributes[attribute.name()] = &attribute;
  for (const onnx::AttributeProto &attribute : node.attribute())
    if (const onnx::AttributeProto *resolved = attributeOf(node, attribute.name()))
      inner.attributes[attribute.name()] = resolved;
  consumed.insert(function.output().begin(), function.output().end());
  if (failed(readOpsets(function.opset_import(), inner, loc)) || failed(importNodes(function.node(), inner)))
    return failure();
  return bindResults(node, SmallVector<StringRef>(function.output().begin(), function.output().end()), inner, scope);
}

} // namespace convoy::frontend
