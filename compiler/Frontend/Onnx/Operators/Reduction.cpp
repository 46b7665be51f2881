#include "compiler/Frontend/Onnx/Operators/Operators.h"

using namespace mlir;

namespace convoy::frontend {

using cnn::ReduceKind;

/// The axes are an attribute, later an input; none means all, or with `noop_with_empty_axes` none.
static SmallVector<int64_t> axesOf(Node &n, Value x) {
  int64_t inputSince = n.name() == "ReduceSum" ? 13 : 18;
  auto axes = n.attributeOrInput("axes", inputSince, 1);
  bool keepsAll = n.flag("noop_with_empty_axes");
  if (axes && !axes->empty())
    return n.dimensions(*axes, n.rankOf(x));
  return keepsAll ? SmallVector<int64_t>() : llvm::to_vector(llvm::seq<int64_t>(0, n.rankOf(x)));
}

static Results importReduce(Node &n) {
  Value x = n.input(0);
  auto kind = *cnn::symbolizeReduceKind(n.entry().detail);
  SmallVector<int64_t> axes = axesOf(n, x);
  bool keepDims = n.flag("keepdims", true);
  if (n.hasFailed())
    return {};
  bool isSimple = kind == ReduceKind::Sum || kind == ReduceKind::Mean || kind == ReduceKind::Max ||
                  kind == ReduceKind::Min || kind == ReduceKind::Prod;
  if (axes.empty() && isSimple)
    return x;
  if (!n.elementOf(x).isInteger(1))
    return n.reduce(kind, x, axes, keepDims);
  Type i1 = n.elementOf(x), u8 = IntegerType::get(n.context(), 8, IntegerType::Unsigned);
  return n.cast(n.reduce(kind, n.cast(x, u8), axes, keepDims), i1);
}

static Results importReduceLogSum(Node &n) {
  Value x = n.input(0);
  SmallVector<int64_t> axes = axesOf(n, x);
  Value sum = axes.empty() ? x : n.reduce(ReduceKind::Sum, x, axes, n.flag("keepdims", true));
  n.ignore("keepdims");
  return n.elementwise("log", sum);
}

static Results importArg(Node &n) {
  Value x = n.input(0);
  int64_t axis = n.dimension(n.integer("axis", 0), n.rankOf(x));
  bool keepDims = n.flag("keepdims", true), selectLast = n.flag("select_last_index");
  return n.reduce(*cnn::symbolizeReduceKind(n.entry().detail), x, axis, keepDims, selectLast);
}

static Results importCumSum(Node &n) {
  Value x = n.input(0);
  int64_t axis = n.dimension(n.knownInteger(1, "axis"), n.rankOf(x));
  bool exclusive = n.flag("exclusive"), reverse = n.flag("reverse");
  return n.create<cnn::ScanOp>(n.elementOf(x), x, axis, exclusive, reverse);
}

ArrayRef<Operator> reductionOperators() {
  static const Operator table[] = {
      {"ArgMax", 6, 1, 1, importArg, "arg_max"},
      {"ArgMin", 6, 1, 1, importArg, "arg_min"},
      {"CumSum", 11, 2, 2, importCumSum},
      {"ReduceL1", 6, 1, 2, importReduce, "l1"},
      {"ReduceL2", 6, 1, 2, importReduce, "l2"},
      {"ReduceLogSum", 6, 1, 2, importReduceLogSum},
      {"ReduceLogSumExp", 6, 1, 2, importReduce, "log_sum_exp"},
      {"ReduceMax", 6, 1, 2, importReduce, "max"},
      {"ReduceMean", 6, 1, 2, importReduce, "mean"},
      {"ReduceMin", 6, 1, 2, importReduce, "min"},
      {"ReduceProd", 6, 1, 2, importReduce, "prod"},
      {"ReduceSum", 6, 1, 2, importReduce, "sum"},
      {"ReduceSumSquare", 6, 1, 2, importReduce, "sum_square"},
  };
  return table;
}

} // namespace convoy::frontend
