#include "compiler/Frontend/Onnx/Operators/Operators.h"

using namespace mlir;

namespace convoy::frontend {

static Value asI64(Node &n, Value value) { return n.cast(value, IntegerType::get(n.context(), 64)); }

//===-- Shape only ------------------------------------------------------------------------------===//

static Results importReshape(Node &n) {
  bool allowZero = n.flag("allowzero");
  return n.reshape(n.input(0), asI64(n, n.input(1)), allowZero);
}

static Results importFlatten(Node &n) {
  Value x = n.input(0);
  int64_t rank = n.rankOf(x), axis = n.integer("axis", 1);
  if (axis != rank)
    axis = n.dimension(axis, rank);
  SmallVector<Value> rows, columns;
  for (int64_t dim = 0; dim < rank; ++dim)
    (dim < axis ? rows : columns).push_back(n.extent(x, dim));
  return n.reshapeTo(x, {n.product(rows), n.product(columns)});
}

static Results importSqueeze(Node &n) {
  Value x = n.input(0);
  auto given = n.attributeOrInput("axes", 13, 1);
  SmallVector<int64_t> axes = n.dimensions(given.value_or(SmallVector<int64_t>()), n.rankOf(x));
  SmallVector<Value> pieces;
  for (int64_t dim = 0; dim < n.rankOf(x); ++dim) {
    auto extent = n.extentOf(x, dim);
    bool isSqueezed = given ? llvm::is_contained(axes, dim) : extent == 1;
    if (isSqueezed && extent && *extent != 1 && !n.hasFailed())
      n.error() << "dimension " << dim << " has " << *extent << " elements, only one of 1 can be left out";
    if (!isSqueezed)
      pieces.push_back(n.extent(x, dim));
  }
  return pieces.empty() ? n.toScalar(x) : n.reshapeTo(x, pieces);
}

static Results importUnsqueeze(Node &n) {
  Value x = n.input(0);
  auto given = n.attributeOrInput("axes", 13, 1);
  if (!given && !n.hasFailed())
    n.error() << "'axes' is missing";
  int64_t rank = n.rankOf(x) + static_cast<int64_t>(given ? given->size() : 0);
  if (n.hasFailed())
    return {};
  SmallVector<int64_t> axes = n.dimensions(*given, rank);
  SmallVector<Value> pieces;
  for (int64_t dim = 0, from = 0; dim < rank; ++dim)
    pieces.push_back(llvm::is_contained(axes, dim) ? n.ints({1}) : n.extent(x, from++));
  return n.reshapeTo(x, pieces);
}

static Results importExpand(Node &n) { return n.expand(n.input(0), asI64(n, n.input(1))); }

//===-- Order and repetition --------------------------------------------------------------------===//

static Results importTranspose(Node &n) {
  Value x = n.input(0);
  auto permutation = n.integersAttribute("perm");
  if (!permutation)
    permutation = llvm::to_vector(llvm::reverse(llvm::seq<int64_t>(0, n.rankOf(x))));
  return n.transpose(x, *permutation);
}

static Results importConcat(Node &n) {
  SmallVector<Value> inputs = n.inputs();
  if (!n.hasAttribute("axis") && !n.hasFailed())
    n.error() << "attribute 'axis' is missing";
  if (n.hasFailed())
    return {};
  return n.concat(inputs, n.dimension(n.integer("axis", 0), n.rankOf(inputs.front())));
}

/// [a, b] -> [1, a, 1, b] -> expand to [r, a, s, b] -> [r a, s b].
static Results importTile(Node &n) {
  Value x = n.input(0), repeats = asI64(n, n.input(1));
  int64_t rank = n.rankOf(x);
  if (n.hasFailed() || rank == 0)
    return x;
  if (n.rankOf(repeats) != 1 || n.extentOf(repeats, 0) != rank) {
    n.error() << "input 'repeats' must have one number per dimension, " << rank;
    return {};
  }
  auto known = n.integers(1);
  SmallVector<Value> split, repeated, joined;
  for (int64_t dim = 0; dim < rank; ++dim) {
    Value extent = n.extent(x, dim);
    Value times = known ? n.ints({(*known)[dim]}) : n.slice(repeats, 0, dim, dim + 1);
    if (!known || (*known)[dim] != 1) {
      split.push_back(n.ints({1}));
      repeated.push_back(times);
    }
    split.push_back(extent);
    repeated.push_back(extent);
    joined.push_back(n.product({extent, times}));
  }
  if (static_cast<int64_t>(split.size()) == rank)
    return x;
  return n.reshapeTo(n.expand(n.reshapeTo(x, split), n.concat(repeated, 0)), joined);
}

//===-- Depth and space -------------------------------------------------------------------------===//

struct Blocks {
  Value x;
  int64_t size = 0;
};

static std::optional<Blocks> blocksOf(Node &n) {
  Value x = n.input(0);
  int64_t size = n.integer("blocksize", 0);
  if (!n.hasFailed() && (n.rankOf(x) != 4 || size < 1 || size > (1 << 20)))
    n.error() << "needs an input of 4 dimensions and a positive 'blocksize'";
  return n.hasFailed() ? std::nullopt : std::optional(Blocks{x, size});
}

static Value times(Node &n, Value piece, int64_t factor) { return n.product({piece, n.ints({factor})}); }

/// A piece divided by a number that must divide it if it is known.
static Value part(Node &n, Blocks blocks, int64_t dim, int64_t divisor) {
  auto extent = n.extentOf(blocks.x, dim);
  if (extent && *extent % divisor != 0 && !n.hasFailed())
    n.error() << "dimension " << dim << " has " << *extent << " elements, which " << divisor << " doesn't divide";
  if (extent)
    return n.ints({*extent / divisor});
  return n.elementwise("div", {n.extent(blocks.x, dim), n.ints({divisor})});
}

static Results importDepthToSpace(Node &n) {
  auto blocks = blocksOf(n);
  StringRef mode = n.text("mode", "DCR");
  if (!blocks)
    return {};
  if (mode != "DCR" && mode != "CRD") {
    n.error() << "attribute 'mode' is '" << mode << "', not DCR or CRD";
    return {};
  }
  Value x = blocks->x, batch = n.extent(x, 0), height = n.extent(x, 2), width = n.extent(x, 3);
  Value depth = part(n, *blocks, 1, blocks->size * blocks->size), block = n.ints({blocks->size});
  bool depthFirst = mode == "CRD";
  Value split = depthFirst ? n.reshapeTo(x, {batch, depth, block, block, height, width})
                           : n.reshapeTo(x, {batch, block, block, depth, height, width});
  SmallVector<int64_t> order =
      depthFirst ? SmallVector<int64_t>{0, 1, 4, 2, 5, 3} : SmallVector<int64_t>{0, 3, 4, 1, 5, 2};
  return n.reshapeTo(n.transpose(split, order),
                     {batch, depth, times(n, height, blocks->size), times(n, width, blocks->size)});
}

static Results importSpaceToDepth(Node &n) {
  auto blocks = blocksOf(n);
  StringRef mode = n.text("mode", "DCR");
  if (!blocks)
    return {};
  Value x = blocks->x, batch = n.extent(x, 0), depth = n.extent(x, 1), block = n.ints({blocks->size});
  Value height = part(n, *blocks, 2, blocks->size), width = part(n, *blocks, 3, blocks->size);
  Value split = n.reshapeTo(x, {batch, depth, height, block, width, block});
  SmallVector<int64_t> order =
      mode == "CRD" ? SmallVector<int64_t>{0, 1, 3, 5, 2, 4} : SmallVector<int64_t>{0, 3, 5, 1, 2, 4};
  return n.reshapeTo(n.transpose(split, order), {batch, times(n, depth, blocks->size * blocks->size), height, width});
}

ArrayRef<Operator> movementOperators() {
  static const Operator table[] = {
      {"Concat", 6, 1, -1, importConcat},      {"DepthToSpace", 6, 1, 1, importDepthToSpace},
      {"Expand", 8, 2, 2, importExpand},       {"Flatten", 6, 1, 1, importFlatten},
      {"Reshape", 6, 2, 2, importReshape},     {"SpaceToDepth", 6, 1, 1, importSpaceToDepth},
      {"Squeeze", 6, 1, 2, importSqueeze},     {"Tile", 6, 2, 2, importTile},
      {"Transpose", 6, 1, 1, importTranspose}, {"Unsqueeze", 6, 1, 2, importUnsqueeze},
  };
  return table;
}

} // namespace convoy::frontend
