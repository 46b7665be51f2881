#include "compiler/Frontend/Onnx/Operators/Operators.h"

using namespace mlir;

namespace convoy::frontend {

static Value asI64(Node &n, Value value) { return n.cast(value, IntegerType::get(n.context(), 64)); }

//===-- Slice and Split -------------------------------------------------------------------------===//

namespace {
struct Bounds {
  Value starts, ends;
  SmallVector<int64_t> axes, steps;
};
} // namespace

/// Until opset 9 everything is an attribute, then an input.
static std::optional<Bounds> boundsOf(Node &n, Value x) {
  Bounds bounds;
  int64_t count = 0;
  std::optional<SmallVector<int64_t>> axes = n.attributeOrInput("axes", 10, 3), steps;
  if (n.opset() < 10) {
    auto starts = n.integersAttribute("starts"), ends = n.integersAttribute("ends");
    if ((!starts || !ends || starts->size() != ends->size()) && !n.hasFailed())
      n.error() << "attributes 'starts' and 'ends' must have one number per axis";
    if (n.hasFailed())
      return std::nullopt;
    count = static_cast<int64_t>(starts->size());
    bounds.starts = n.ints(*starts);
    bounds.ends = n.ints(*ends);
  } else {
    if (n.inputCount() < 3 || !n.has(1) || !n.has(2)) {
      n.error() << "inputs 'starts' and 'ends' are missing";
      return std::nullopt;
    }
    if (n.has(4))
      steps = n.knownIntegers(4, "steps");
    bounds.starts = asI64(n, n.input(1));
    bounds.ends = asI64(n, n.input(2));
    count = n.extentOf(bounds.starts, 0).value_or(-1);
  }
  bounds.axes =
      axes ? n.dimensions(*axes, n.rankOf(x)) : llvm::to_vector(llvm::seq<int64_t>(0, std::max<int64_t>(count, 0)));
  bounds.steps = steps.value_or(SmallVector<int64_t>(bounds.axes.size(), 1));
  if (!n.hasFailed() &&
      (count != static_cast<int64_t>(bounds.axes.size()) || bounds.steps.size() != bounds.axes.size()))
    n.error() << "starts, ends, axes and steps must have one number per axis";
  return n.hasFailed() ? std::nullopt : std::optional(bounds);
}

static Results importSlice(Node &n) {
  Value x = n.input(0);
  auto bounds = boundsOf(n, x);
  if (!bounds)
    return {};
  return n.create<cnn::SliceOp>(n.elementOf(x), x, bounds->starts, bounds->ends, bounds->axes, bounds->steps);
}

static Results importSplit(Node &n) {
  Value x = n.input(0);
  int64_t axis = n.dimension(n.integer("axis", 0), n.rankOf(x));
  auto sizes = n.attributeOrInput("split", 13, 1);
  int64_t parts = n.integer("num_outputs", n.outputCount());
  auto extent = n.extentOf(x, axis);
  if (n.hasFailed())
    return {};
  if (!sizes && (!extent || parts != n.outputCount())) {
    n.error() << (extent ? "attribute 'num_outputs' differs from the number of outputs"
                         : "the dimension's extent must be known to split it into equal parts");
    return {};
  }
  if (!sizes) {
    int64_t size = (*extent + parts - 1) / parts;
    sizes.emplace();
    for (int64_t i = 0; i < parts; ++i)
      sizes->push_back(std::clamp<int64_t>(*extent - i * size, 0, size));
  }
  if (static_cast<int64_t>(sizes->size()) != n.outputCount()) {
    n.error() << "splits into " << sizes->size() << " parts, the node has " << n.outputCount() << " outputs";
    return {};
  }
  int64_t sum = 0;
  SmallVector<Value> results;
  for (int64_t size : *sizes) {
    if (size < 0 || size > INT32_MAX) {
      n.error() << "a part of " << size << " elements doesn't exist";
      return {};
    }
    results.push_back(n.slice(x, axis, sum, sum + size));
    sum += size;
  }
  if (extent && sum != *extent && !n.hasFailed())
    n.error() << "the parts have " << sum << " elements together, dimension " << axis << " has " << *extent;
  return Results(ArrayRef<Value>(results));
}

//===-- Pad -------------------------------------------------------------------------------------===//

/// Pads of all dimensions from pads of `axes`.
static Value spread(Node &n, Value pads, ArrayRef<int64_t> axes, int64_t rank) {
  SmallVector<Value> pieces(2 * rank);
  for (Value &piece : pieces)
    piece = n.ints({0});
  for (auto [i, axis] : llvm::enumerate(axes)) {
    int64_t begin = static_cast<int64_t>(i), end = begin + static_cast<int64_t>(axes.size());
    pieces[axis] = n.slice(pads, 0, begin, begin + 1);
    pieces[rank + axis] = n.slice(pads, 0, end, end + 1);
  }
  return n.concat(pieces, 0);
}

static Results importPad(Node &n) {
  Value x = n.input(0), pads, value;
  StringRef modeName = n.text("mode", "constant");
  auto mode = cnn::symbolizePadMode(modeName);
  if (!mode && !n.hasFailed())
    n.error() << "attribute 'mode' is '" << modeName << "', not constant, reflect, edge or wrap";
  if (n.opset() < 11) {
    auto numbers = n.integersAttribute("pads");
    double constant = n.number("value", 0);
    if (!numbers && !n.hasFailed())
      n.error() << "attribute 'pads' is missing";
    pads = n.ints(numbers.value_or(SmallVector<int64_t>()));
    value = n.scalar(constant, n.elementOf(x));
  } else {
    if (!n.has(1) && !n.hasFailed())
      n.error() << "input 'pads' is missing";
    pads = asI64(n, n.input(1));
    if (auto known = n.numbers(2); known && known->size() == 1)
      value = n.scalar(known->front(), n.elementOf(x));
    else if (Value constant = n.input(2))
      value = n.toScalar(constant);
    if (n.has(3)) {
      SmallVector<int64_t> axes = n.dimensions(n.knownIntegers(3, "axes"), n.rankOf(x));
      if (!n.hasFailed() && n.extentOf(pads, 0) != static_cast<int64_t>(2 * axes.size()))
        n.error() << "input 'pads' must have two numbers per axis";
      pads = n.hasFailed() ? Value() : spread(n, pads, axes, n.rankOf(x));
    }
  }
  if (n.hasFailed())
    return {};
  return n.create<cnn::PadOp>(n.elementOf(x), x, pads, *mode == cnn::PadMode::Constant ? value : Value(), *mode);
}

//===-- Triangles -------------------------------------------------------------------------------===//

/// Column minus row over the last two dimensions, as [rows, columns].
static Value diagonals(Node &n, Value x) {
  int64_t rank = n.rankOf(x);
  Value rows = n.alignTo(n.iota(n.extent(x, rank - 2)), 0, 2), columns = n.alignTo(n.iota(n.extent(x, rank - 1)), 1, 2);
  return n.elementwise("sub", {columns, rows});
}

static Results importTrilu(Node &n) {
  Value x = n.input(0);
  bool upper = n.flag("upper", true);
  if (!n.requireRank(x, 2, "the input"))
    return {};
  Value diagonal = n.has(1) ? n.toScalar(n.input(1)) : n.scalar(0, IntegerType::get(n.context(), 64));
  Value keeps = n.elementwise(upper ? "greater_equal" : "less_equal", {diagonals(n, x), diagonal});
  return n.elementwise("where", {keeps, x, n.scalar(0, n.elementOf(x))});
}

static Results importEyeLike(Node &n) {
  Value x = n.input(0);
  auto type = n.integer("dtype");
  int64_t k = n.integer("k", 0);
  Type element = type ? n.type(*type) : n.elementOf(x);
  if (n.hasFailed() || n.rankOf(x) != 2) {
    if (!n.hasFailed())
      n.error() << "the input must have 2 dimensions, it has " << n.rankOf(x);
    return {};
  }
  return n.cast(n.withScalar("equal", diagonals(n, x), static_cast<double>(k)), element);
}

ArrayRef<Operator> partOperators() {
  static const Operator table[] = {
      {"EyeLike", 9, 1, 1, importEyeLike}, {"Pad", 6, 1, 4, importPad},      {"Slice", 6, 1, 5, importSlice},
      {"Split", 6, 1, 2, importSplit},     {"Trilu", 14, 1, 2, importTrilu},
  };
  return table;
}

} // namespace convoy::frontend
