#include "compiler/Frontend/Onnx/Node.h"
#include "compiler/Frontend/Onnx/Graph.h"
#include "compiler/Frontend/Onnx/Operators/Operators.h"

#include <cmath>

using namespace mlir;
using onnx::AttributeProto;

namespace convoy::frontend {

Node::Node(GraphImporter &importer, const Operator &entry, const onnx::NodeProto &proto, Location loc, int64_t opset,
           SmallVector<Binding> inputs)
    : Emitter(importer.opBuilder(), importer.shapes(), loc), importer(importer), line(entry), proto(proto),
      version(opset), bindings(std::move(inputs)) {
  int given = static_cast<int>(bindings.size());
  bool hasAll = given >= entry.fewestInputs && (entry.mostInputs < 0 || given <= entry.mostInputs);
  for (int i = 0; hasAll && i < entry.fewestInputs; ++i)
    hasAll = has(i);
  if (hasAll)
    return;
  auto diagnostic = error() << "takes " << entry.fewestInputs;
  if (entry.mostInputs != entry.fewestInputs)
    diagnostic << (entry.mostInputs < 0 ? " or more" : " to " + std::to_string(entry.mostInputs));
  diagnostic << " inputs, the node has "
             << llvm::count_if(bindings, [](const Binding &b) { return b.value || b.tensor; });
}

InFlightDiagnostic Node::error() {
  fail();
  return emitError(location()) << name() << " (opset " << version << "): ";
}

//===-- Inputs ----------------------------------------------------------------------------------===//

Value Node::input(size_t index) {
  if (hasFailed() || !has(index))
    return {};
  Value value = importer.materialise(bindings[index]);
  if (!value)
    fail();
  return value;
}

Value Node::valueOf(const Tensor *tensor) {
  Value value = hasFailed() ? Value() : importer.materialise(tensor);
  if (!value)
    fail();
  return value;
}

SmallVector<Value> Node::inputs() {
  SmallVector<Value> values;
  for (size_t i = 0; i < bindings.size(); ++i)
    if (Value value = input(i))
      values.push_back(value);
  return values;
}

bool Node::isUsed(size_t output) const {
  return static_cast<int>(output) < proto.output_size() && !proto.output(output).empty() &&
         importer.isConsumed(proto.output(output));
}

std::optional<SmallVector<double>> Node::numbers(size_t index) {
  if (!has(index))
    return std::nullopt;
  if (bindings[index].tensor)
    return bindings[index].tensor->numbers();
  return numbersOf(bindings[index].value);
}

std::optional<SmallVector<int64_t>> Node::integers(size_t index) {
  auto values = numbers(index);
  if (!values)
    return std::nullopt;
  SmallVector<int64_t> result;
  for (double value : *values)
    result.push_back(value >= 9.2e18 ? INT64_MAX : value <= -9.2e18 ? INT64_MIN : static_cast<int64_t>(value));
  return result;
}

SmallVector<double> Node::knownNumbers(size_t index, StringRef what) {
  auto values = numbers(index);
  if (values)
    return *values;
  if (!hasFailed())
    error() << "input '" << what << "' must be known when the model is compiled";
  return {};
}

SmallVector<int64_t> Node::knownIntegers(size_t index, StringRef what) {
  auto values = integers(index);
  if (values)
    return *values;
  knownNumbers(index, what);
  return {};
}

int64_t Node::knownInteger(size_t index, StringRef what) {
  SmallVector<int64_t> values = knownIntegers(index, what);
  if (values.size() == 1)
    return values.front();
  if (!hasFailed())
    error() << "input '" << what << "' must have one element, it has " << values.size();
  return 0;
}

std::optional<SmallVector<int64_t>> Node::attributeOrInput(StringRef name, int64_t since, size_t index) {
  if (version < since)
    return integersAttribute(name);
  if (!has(index))
    return std::nullopt;
  return knownIntegers(index, name);
}

//===-- Attributes ------------------------------------------------------------------------------===//

static StringRef kindName(AttributeProto::AttributeType type) {
  switch (type) {
  case AttributeProto::INT:
    return "an integer";
  case AttributeProto::INTS:
    return "integers";
  case AttributeProto::FLOAT:
    return "a number";
  case AttributeProto::FLOATS:
    return "numbers";
  case AttributeProto::STRING:
    return "a string";
  case AttributeProto::TENSOR:
    return "a tensor";
  default:
    return "another kind of value";
  }
}

/// The type that an attribute says it has; models of IR version 1 leave it out.
static AttributeProto::AttributeType kindOf(const AttributeProto &attribute) {
  if (attribute.type() != AttributeProto::UNDEFINED)
    return attribute.type();
  return attribute.has_i()           ? AttributeProto::INT
         : attribute.has_f()         ? AttributeProto::FLOAT
         : attribute.has_s()         ? AttributeProto::STRING
         : attribute.has_t()         ? AttributeProto::TENSOR
         : attribute.ints_size() > 0 ? AttributeProto::INTS
                                     : AttributeProto::FLOATS;
}

const AttributeProto *Node::find(StringRef name, AttributeProto::AttributeType type) {
  asked.insert(name);
  const AttributeProto *attribute = importer.attributeOf(proto, name);
  if (hasFailed() || !attribute || kindOf(*attribute) == type)
    return hasFailed() ? nullptr : attribute;
  error() << "attribute '" << name << "' must be " << kindName(type) << ", it is " << kindName(kindOf(*attribute));
  return nullptr;
}

std::optional<SmallVector<int64_t>> Node::integersAttribute(StringRef name) {
  if (const AttributeProto *attribute = find(name, AttributeProto::INTS))
    return SmallVector<int64_t>(attribute->ints().begin(), attribute->ints().end());
  return std::nullopt;
}

SmallVector<int64_t> Node::integersAttribute(StringRef name, int64_t count, int64_t value) {
  auto values = integersAttribute(name);
  if (!values)
    return SmallVector<int64_t>(std::max<int64_t>(count, 0), value);
  if (static_cast<int64_t>(values->size()) != count)
    error() << "attribute '" << name << "' has " << values->size() << " numbers where the input asks for " << count;
  return SmallVector<int64_t>(*values);
}

std::optional<SmallVector<double>> Node::numbersAttribute(StringRef name) {
  if (const AttributeProto *attribute = find(name, AttributeProto::FLOATS))
    return SmallVector<double>(attribute->floats().begin(), attribute->floats().end());
  return std::nullopt;
}

std::optional<int64_t> Node::integer(StringRef name) {
  if (const AttributeProto *attribute = find(name, AttributeProto::INT))
    return attribute->i();
  return std::nullopt;
}

int64_t Node::integer(StringRef name, int64_t value) { return integer(name).value_or(value); }

double Node::number(StringRef name, double value) {
  const AttributeProto *attribute = find(name, AttributeProto::FLOAT);
  return attribute ? attribute->f() : value;
}

StringRef Node::text(StringRef name, StringRef value) {
  const AttributeProto *attribute = find(name, AttributeProto::STRING);
  return attribute ? StringRef(attribute->s()) : value;
}

const Tensor *Node::tensorAttribute(StringRef name) {
  const AttributeProto *attribute = find(name, AttributeProto::TENSOR);
  if (!attribute)
    return nullptr;
  auto tensor = importer.decode(attribute->t(), location(), nodeName(proto));
  if (failed(tensor))
    fail();
  return failed(tensor) ? nullptr : *tensor;
}

const Tensor *Node::numbersAsTensor(StringRef name) {
  asked.insert(name);
  const AttributeProto *attribute = importer.attributeOf(proto, name);
  return importer.keepOnce(attribute, [&]() -> FailureOr<Tensor> {
    switch (kindOf(*attribute)) {
    case AttributeProto::FLOAT:
      return Tensor::makeFloats(context(), {}, attribute->f());
    case AttributeProto::INT:
      return Tensor::makeInts(context(), {}, attribute->i());
    case AttributeProto::FLOATS:
      return Tensor::makeFloats(context(), {attribute->floats_size()},
                                ArrayRef<float>(attribute->floats().data(), attribute->floats_size()));
    case AttributeProto::INTS:
      return Tensor::makeInts(context(), {attribute->ints_size()},
                              ArrayRef<int64_t>(attribute->ints().data(), attribute->ints_size()));
    default:
      return error() << "attribute '" << name << "' is " << kindName(kindOf(*attribute));
    }
  });
}

bool Node::hasAttribute(StringRef name) { return importer.attributeOf(proto, name) != nullptr; }

void Node::checkAttributes() {
  for (const AttributeProto &attribute : proto.attribute()) {
    if (asked.contains(attribute.name()))
      continue;
    auto diagnostic = error() << "has no attribute '" << attribute.name() << "'";
    if (auto match = suggestion(attribute.name(), SmallVector<StringRef>(asked.keys())))
      diagnostic << "; did you mean '" << *match << "'?";
    return;
  }
}

//===-- Checks ----------------------------------------------------------------------------------===//

int64_t Node::dimension(int64_t axis, int64_t rank) {
  if (axis >= -rank && axis < rank)
    return axis < 0 ? axis + rank : axis;
  if (!hasFailed())
    error() << "axis " << axis << " isn't one of the " << rank << " dimensions";
  return 0;
}

SmallVector<int64_t> Node::dimensions(ArrayRef<int64_t> axes, int64_t rank) {
  SmallVector<int64_t> result;
  for (int64_t axis : axes) {
    result.push_back(dimension(axis, rank));
    if (!hasFailed() && llvm::is_contained(ArrayRef<int64_t>(result).drop_back(), result.back()))
      error() << "axis " << axis << " is given twice";
  }
  return result;
}

bool Node::requireRank(Value value, int64_t atLeast, StringRef what) {
  if (value && rankOf(value) >= atLeast)
    return true;
  if (!hasFailed())
    error() << what << " must have at least " << atLeast << " dimensions, it has " << rankOf(value);
  return false;
}

Type Node::type(int64_t onnxType) {
  Type type = elementType(static_cast<int>(onnxType), location());
  if (!type)
    fail();
  return type;
}

std::optional<SmallVector<double>> Node::numbersOfWeight(Value weight) const {
  const Tensor *tensor = importer.tensorOf(weight);
  return tensor && tensor->count() <= 64 ? tensor->numbers() : std::nullopt;
}

const Tensor *Node::keep(Tensor tensor) { return importer.keep(std::move(tensor)); }

} // namespace convoy::frontend
