#include "compiler/Frontend/Onnx/Operators/Operators.h"

using namespace mlir;

namespace convoy::frontend {

static DictionaryAttr options(Node &n, ArrayRef<std::pair<StringRef, int64_t>> values) {
  Builder b(n.context());
  SmallVector<NamedAttribute> attributes;
  for (auto [name, value] : values)
    attributes.push_back(b.getNamedAttr(name, b.getI64IntegerAttr(value)));
  return b.getDictionaryAttr(attributes);
}

static Type i64(Node &n) { return IntegerType::get(n.context(), 64); }

static Results importTopK(Node &n) {
  Value x = n.input(0), k;
  int64_t axis = n.dimension(n.integer("axis", -1), n.rankOf(x));
  bool largest = n.flag("largest", true), sorted = n.flag("sorted", true);
  if (n.opset() < 10)
    k = n.ints({n.integer("k", 0)});
  else if (n.has(1))
    k = n.cast(n.input(1), i64(n));
  else if (!n.hasFailed())
    n.error() << "input 'K' is missing";
  if (n.hasFailed())
    return {};
  return Results(n.call("top_k", {x, k}, {n.elementOf(x), i64(n)},
                        options(n, {{"axis", axis}, {"largest", largest}, {"sorted", sorted}})));
}

static Results importNonMaxSuppression(Node &n) {
  int64_t center = n.integer("center_point_box", 0);
  Type f32 = Float32Type::get(n.context());
  Value boxes = n.input(0), scores = n.input(1);
  Value most = n.has(2) ? n.toScalar(n.cast(n.input(2), i64(n))) : n.scalar(0, i64(n));
  Value overlap = n.has(3) ? n.toScalar(n.input(3)) : n.scalar(0, f32);
  Value least = n.has(4) ? n.toScalar(n.input(4)) : n.scalar(-std::numeric_limits<float>::infinity(), f32);
  if (n.hasFailed())
    return {};
  return Results(n.call("non_max_suppression", {boxes, scores, most, overlap, least}, {i64(n)},
                        options(n, {{"center_point_box", center}})));
}

static Results importNonZero(Node &n) {
  Value x = n.input(0);
  return n.hasFailed() ? Results() : Results(n.call("non_zero", x, {i64(n)}, options(n, {})));
}

static Results importCompress(Node &n) {
  Value x = n.input(0), condition = n.input(1);
  auto axis = n.integer("axis");
  int64_t dim = axis ? n.dimension(*axis, n.rankOf(x)) : -1;
  if (n.hasFailed())
    return {};
  return Results(n.call("compress", {x, condition}, {n.elementOf(x)}, options(n, {{"axis", dim}})));
}

static Results importUnique(Node &n) {
  Value x = n.input(0);
  auto axis = n.integer("axis");
  bool sorted = n.flag("sorted", true);
  int64_t dim = axis ? n.dimension(*axis, n.rankOf(x)) : -1;
  if (n.hasFailed())
    return {};
  return Results(
      n.call("unique", x, {n.elementOf(x), i64(n), i64(n), i64(n)}, options(n, {{"axis", dim}, {"sorted", sorted}})));
}

ArrayRef<Operator> libraryOperators() {
  static const Operator table[] = {
      {"Compress", 9, 2, 2, importCompress}, {"NonMaxSuppression", 10, 2, 5, importNonMaxSuppression},
      {"NonZero", 9, 1, 1, importNonZero},   {"TopK", 6, 1, 2, importTopK},
      {"Unique", 11, 1, 1, importUnique},
  };
  return table;
}

} // namespace convoy::frontend
