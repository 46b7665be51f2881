#include "schedules/core/Loops.h"
#include "schedules/core/Tensors.h"
#include "schedules/move/Move.h"

using namespace Halide;

namespace convoy::schedules {

namespace {
Func copyAt(const OpContext &context, const std::vector<Expr> &read) {
  Func result = context.func();
  result(context.arguments()) = context.input(0)(read);
  return result;
}
} // namespace

Func relayout(const OpContext &context) {
  std::vector<Expr> read = context.arguments();
  if (fillsUp(*context.graph.kernel, context.outputTensor())) {
    const int inner = innermost(context.outputTensor());
    Expr &channel = read[argument(int(read.size()), inner)];
    channel = min(channel, int32_t(extentOf(context.outputTensor(), inner)) - 1);
  }
  return copyAt(context, read);
}

Func expand(const OpContext &context) { return copyAt(context, context.broadcast(0, context.arguments())); }

Func transpose(const OpContext &context) {
  const int rank = rankOf(context.outputTensor());
  const std::vector<int64_t> permutation = context.ints("permutation");
  std::vector<Expr> out = context.arguments(), read(rank);
  for (int dim = 0; dim < rank; ++dim)
    read[argument(rank, int(permutation.at(dim)))] = out[argument(rank, dim)];
  return copyAt(context, read);
}

Func slice(const OpContext &context) {
  const int rank = rankOf(context.outputTensor());
  const std::vector<int64_t> axes = context.ints("axes"), starts = context.ints("starts"),
                             steps = context.ints("steps");
  std::vector<Expr> read = context.arguments();
  for (size_t i = 0; i < axes.size(); ++i) {
    Expr &at = read[argument(rank, int(axes[i]))];
    at = int32_t(starts.at(i)) + at * int32_t(i < steps.size() ? steps[i] : 1);
  }
  return copyAt(context, read);
}

namespace {

/// Splits row-major positions along runs of dimensions that both shapes cut at the same places.
struct Run {
  int inBegin, inEnd, outBegin, outEnd;
};

bool sameSize(const Graph &graph, const proto::Tensor &a, int aDim, const proto::Tensor &b, int bDim) {
  return Internal::equal(graph.extent(a, aDim), graph.extent(b, bDim));
}

/// Leading dimensions that are equal stay as they are; the rest goes through one row-major index per run of static
/// dimensions with equal products.
std::vector<Run> runsOf(const Graph &graph, const proto::Tensor &in, const proto::Tensor &out) {
  std::vector<Run> runs;
  int i = 0, o = 0;
  const int inRank = rankOf(in), outRank = rankOf(out);
  while (i < inRank || o < outRank) {
    Run run{i, i, o, o};
    int64_t inSize = 1, outSize = 1;
    bool known = true;
    if (i < inRank && o < outRank && sameSize(graph, in, i, out, o)) {
      runs.push_back({i, i + 1, o, o + 1});
      ++i, ++o;
      continue;
    }
    do { // Grow the smaller side until the products are equal; a symbol swallows the rest.
      const bool takeIn = o == outRank || (i < inRank && inSize <= outSize);
      const int64_t extent = takeIn ? extentOf(in, i++) : extentOf(out, o++);
      known = known && extent >= 0;
      (takeIn ? inSize : outSize) *= extent;
    } while ((!known || inSize != outSize) && (i < inRank || o < outRank));
    run.inEnd = i;
    run.outEnd = o;
    runs.push_back(run);
  }
  return runs;
}

} // namespace

Func reshape(const OpContext &context) {
  const proto::Tensor &in = context.inputTensor(0), &out = context.outputTensor();
  const int inRank = rankOf(in), outRank = rankOf(out);
  std::vector<Expr> arguments = context.arguments(), read(inRank);
  for (const Run &run : runsOf(context.graph, in, out)) {
    Expr position = 0;
    for (int dim = run.outBegin; dim < run.outEnd; ++dim)
      position = position * context.outputExtent(dim) + arguments[argument(outRank, dim)];
    for (int dim = run.inEnd - 1; dim >= run.inBegin; --dim) {
      const bool last = dim == run.inBegin;
      read[argument(inRank, dim)] = last ? position : position % context.inputExtent(0, dim);
      position = position / context.inputExtent(0, dim);
    }
  }
  return copyAt(context, read);
}

Func range(const OpContext &context) {
  Func result = context.func();
  Expr start = context.input(0)(std::vector<Expr>()), delta = context.input(2)(std::vector<Expr>());
  Expr index = cast(context.outputType(), context.arguments()[0]);
  result(context.arguments()) = start + index * delta;
  return result;
}

} // namespace convoy::schedules
