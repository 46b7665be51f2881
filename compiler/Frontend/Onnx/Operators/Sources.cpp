#include "compiler/Frontend/Onnx/Operators/Operators.h"

using namespace mlir;

namespace convoy::frontend {

static Results importConstant(Node &n) {
  if (n.hasAttribute("value"))
    return n.tensorAttribute("value");
  for (StringRef name : {"value_float", "value_int", "value_floats", "value_ints"})
    if (n.hasAttribute(name))
      return n.numbersAsTensor(name);
  if (n.hasFailed())
    return {};
  n.error() << (n.hasAttribute("sparse_value")                                      ? "sparse tensors aren't supported"
                : n.hasAttribute("value_string") || n.hasAttribute("value_strings") ? "strings aren't supported"
                                                                                    : "has no value");
  return {};
}

/// A scalar expanded to the shape: constants of any size stay small here.
static Results importConstantOfShape(Node &n) {
  const Tensor *value = n.tensorAttribute("value");
  if (!value && !n.hasFailed())
    value = n.keep(Tensor::makeFloats(n.context(), {1}, {0.0F}));
  auto shape = n.integers(0);
  if (n.hasFailed())
    return {};
  if (value->count() != 1) {
    n.error() << "attribute 'value' must have one element, it has " << value->count();
    return {};
  }
  int64_t count = 1;
  for (int64_t extent : shape.value_or(SmallVector<int64_t>{INT32_MAX}))
    count = extent < 0 || extent > 64 ? 65 : std::min<int64_t>(count * extent, 65);
  if (count <= 64) {
    std::vector<char> bytes;
    for (int64_t i = 0; i < count; ++i)
      bytes.insert(bytes.end(), value->bytes.begin(), value->bytes.end());
    return n.keep(Tensor::make(value->element, *shape, std::move(bytes)));
  }
  return n.expand(n.toScalar(n.valueOf(value)), n.cast(n.input(0), IntegerType::get(n.context(), 64)));
}

static Results importShape(Node &n) {
  Value x = n.input(0);
  int64_t rank = n.rankOf(x);
  auto clamp = [&](int64_t at) { return std::clamp<int64_t>(at < 0 ? at + rank : at, 0, rank); };
  int64_t start = clamp(n.integer("start", 0)), end = clamp(n.integer("end", rank));
  return n.extents(x, start, std::max(start, end));
}

static Results importSize(Node &n) {
  Value x = n.input(0);
  SmallVector<Value> pieces;
  for (int64_t dim = 0; dim < n.rankOf(x); ++dim)
    pieces.push_back(n.extent(x, dim));
  return n.toScalar(n.product(pieces));
}

static Results importRange(Node &n) {
  SmallVector<Value> operands = n.inputs();
  if (n.hasFailed())
    return {};
  for (Value &operand : operands)
    operand = n.rankOf(operand) == 0 ? operand : n.toScalar(operand);
  return n.create<cnn::RangeOp>(n.elementOf(operands[0]), operands[0], operands[1], operands[2]);
}

ArrayRef<Operator> sourceOperators() {
  static const Operator table[] = {
      {"Constant", 6, 0, 0, importConstant}, {"ConstantOfShape", 9, 1, 1, importConstantOfShape},
      {"Range", 11, 3, 3, importRange},      {"Shape", 6, 1, 1, importShape},
      {"Size", 6, 1, 1, importSize},
  };
  return table;
}

} // namespace convoy::frontend
