#include "compiler/Frontend/Onnx/Operators/Operators.h"

using namespace mlir;

namespace convoy::frontend {

static Results importGather(Node &n) {
  Value x = n.input(0);
  int64_t axis = n.dimension(n.integer("axis", 0), n.rankOf(x));
  return n.gather(*cnn::symbolizeGatherKind(n.entry().detail), x, n.input(1), axis);
}

static Results importGatherNd(Node &n) {
  return n.gather(cnn::GatherKind::Nd, n.input(0), n.input(1), n.integer("batch_dims", 0));
}

static Value scatter(Node &n, int64_t axis, bool nd) {
  StringRef reduction = n.text("reduction", "none");
  auto kind = reduction == "none" ? cnn::ScatterKind::Set : cnn::symbolizeScatterKind(reduction);
  if (!kind || reduction == "set") {
    if (!n.hasFailed())
      n.error() << "attribute 'reduction' is '" << reduction << "', not none, add, mul, max or min";
    return {};
  }
  Value x = n.input(0);
  return n.create<cnn::ScatterOp>(n.elementOf(x), x, n.input(1), n.input(2), *kind, axis, nd);
}

static Results importScatter(Node &n) {
  return scatter(n, n.dimension(n.integer("axis", 0), n.rankOf(n.input(0))), /*nd=*/false);
}

static Results importScatterNd(Node &n) { return scatter(n, 0, /*nd=*/true); }

/// where(index == 0 .. depth - 1, on, off); negative indices count from the end.
static Results importOneHot(Node &n) {
  Type i64 = IntegerType::get(n.context(), 64);
  Value indices = n.cast(n.input(0), i64), depth = n.cast(n.input(1), i64), values = n.input(2);
  int64_t rank = n.rankOf(indices), axis = n.dimension(n.integer("axis", -1), rank + 1);
  if (n.hasFailed() || n.rankOf(values) != 1 || n.extentOf(values, 0) != 2) {
    if (!n.hasFailed())
      n.error() << "input 'values' must have 2 elements, off and on";
    return {};
  }
  Value depthPiece = n.reshape(depth, {1});
  SmallVector<Value> pieces;
  for (int64_t dim = 0; dim <= rank; ++dim)
    pieces.push_back(dim == axis ? n.ints({1}) : n.extent(indices, dim < axis ? dim : dim - 1));
  indices = n.reshapeTo(indices, pieces);
  Value wrapped = n.elementwise("add", {indices, n.toScalar(depthPiece)});
  indices = n.elementwise("where", {n.withScalar("less", indices, 0), wrapped, indices});
  Value isOn = n.elementwise("equal", {indices, n.alignTo(n.iota(depthPiece), axis, rank + 1)});
  Value off = n.toScalar(n.slice(values, 0, 0, 1)), on = n.toScalar(n.slice(values, 0, 1, 2));
  return n.elementwise("where", {isOn, on, off});
}

ArrayRef<Operator> indexingOperators() {
  static const Operator table[] = {
      {"Gather", 6, 2, 2, importGather, "slices"}, {"GatherElements", 11, 2, 2, importGather, "elements"},
      {"GatherND", 11, 2, 2, importGatherNd},      {"OneHot", 9, 3, 3, importOneHot},
      {"Scatter", 9, 3, 3, importScatter, "", 10}, {"ScatterElements", 11, 3, 3, importScatter},
      {"ScatterND", 11, 3, 3, importScatterNd},
  };
  return table;
}

} // namespace convoy::frontend
