// gather and scatter.
#include "schedules/core/Tensors.h"
#include "schedules/math/Strict.h"
#include "schedules/move/Move.h"

using namespace Halide;

namespace convoy::schedules {

namespace {

/// An index as ONNX means it: negative ones count from the end; what lies outside is brought to the nearest end.
Expr indexWithin(Expr index, Expr extent) {
  Expr whole = cast<int32_t>(index);
  return clamp(select(whole < 0, whole + extent, whole), 0, extent - 1);
}

Expr gatherSlices(const OpContext &context, const std::vector<Expr> &out, int axis) {
  const int rank = rankOf(context.inputTensor(0)), indexRank = rankOf(context.inputTensor(1));
  const int outRank = rankOf(context.outputTensor());
  std::vector<Expr> read(rank), index(indexRank);
  for (int dim = 0; dim < rank; ++dim)
    if (dim != axis)
      read[argument(rank, dim)] = out[argument(outRank, dim < axis ? dim : dim + indexRank - 1)];
  for (int dim = 0; dim < indexRank; ++dim)
    index[argument(indexRank, dim)] = out[argument(outRank, axis + dim)];
  read[argument(rank, axis)] = indexWithin(context.input(1)(index), context.inputExtent(0, axis));
  return context.input(0)(read);
}

Expr gatherElements(const OpContext &context, const std::vector<Expr> &out, int axis) {
  std::vector<Expr> read = out;
  read[argument(int(out.size()), axis)] = indexWithin(context.input(1)(out), context.inputExtent(0, axis));
  return context.input(0)(read);
}

Expr gatherNd(const OpContext &context, const std::vector<Expr> &out, int batch) {
  const int rank = rankOf(context.inputTensor(0)), indexRank = rankOf(context.inputTensor(1));
  const int outRank = rankOf(context.outputTensor());
  const int tuple = int(extentOf(context.inputTensor(1), indexRank - 1));
  std::vector<Expr> read(rank), index(indexRank);
  for (int dim = 0; dim < indexRank - 1; ++dim)
    index[argument(indexRank, dim)] = out[argument(outRank, dim)];
  for (int dim = 0; dim < batch; ++dim)
    read[argument(rank, dim)] = out[argument(outRank, dim)];
  for (int i = 0; i < tuple; ++i) {
    index[0] = i;
    read[argument(rank, batch + i)] = indexWithin(context.input(1)(index), context.inputExtent(0, batch + i));
  }
  for (int dim = batch + tuple; dim < rank; ++dim)
    read[argument(rank, dim)] = out[argument(outRank, dim - batch - tuple + indexRank - 1)];
  return context.input(0)(read);
}

Expr joined(const std::string &kind, Expr old, Expr update) {
  if (kind == "add")
    return strict::add(old, update);
  if (kind == "mul")
    return strict::mul(old, update);
  if (kind == "max")
    return select(strict::lt(old, update), update, old);
  return kind == "min" ? select(strict::lt(update, old), update, old) : update;
}

RDom domainOf(const OpContext &context, int operand, int count) {
  Region region;
  for (int i = 0; i < count; ++i) // Argument order: the last of `count` leading dimensions first.
    region.push_back({0, context.inputExtent(operand, count - 1 - i)});
  if (region.empty())
    region.push_back({0, 1});
  return RDom(region, "r");
}

void scatterElements(const OpContext &context, Func result, int axis) {
  const int rank = rankOf(context.outputTensor());
  RDom r = domainOf(context, 1, rank);
  std::vector<Expr> from(rank);
  for (int i = 0; i < rank; ++i)
    from[i] = r[i];
  std::vector<Expr> to = from;
  to[argument(rank, axis)] = indexWithin(context.input(1)(from), context.outputExtent(axis));
  result(to) = joined(context.text("kind", "set"), result(to), context.input(2)(from));
}

void scatterNd(const OpContext &context, Func result) {
  const int rank = rankOf(context.outputTensor()), indexRank = rankOf(context.inputTensor(1));
  const int updateRank = rankOf(context.inputTensor(2)), leading = indexRank - 1;
  const int tuple = int(extentOf(context.inputTensor(1), indexRank - 1));
  RDom r = domainOf(context, 1, leading);
  std::vector<Expr> index(indexRank), to = context.arguments(), from(updateRank);
  for (int dim = 0; dim < leading; ++dim) {
    index[argument(indexRank, dim)] = r[leading - 1 - dim];
    from[argument(updateRank, dim)] = r[leading - 1 - dim];
  }
  for (int i = 0; i < tuple; ++i) {
    index[0] = i;
    to[argument(rank, i)] = indexWithin(context.input(1)(index), context.outputExtent(i));
  }
  for (int dim = tuple; dim < rank; ++dim)
    from[argument(updateRank, dim - tuple + leading)] = to[argument(rank, dim)];
  // With one single update there is no loop to carry the RDom.
  result(to) =
      joined(context.text("kind", "set"), result(to),
             leading == 0 ? context.input(2)(from) + cast(context.outputType(), 0 * r.x) : context.input(2)(from));
}

} // namespace

Func gather(const OpContext &context) {
  const std::string kind = context.text("kind", "slices");
  const int axis = int(context.integer("axis"));
  std::vector<Expr> out = context.arguments();
  Func result = context.func();
  if (kind == "nd")
    result(out) = gatherNd(context, out, axis);
  else
    result(out) = kind == "elements" ? gatherElements(context, out, axis) : gatherSlices(context, out, axis);
  return result;
}

Func scatter(const OpContext &context) {
  Func result = context.func();
  result(context.arguments()) = context.input(0)(context.arguments());
  if (context.integer("nd"))
    scatterNd(context, result);
  else
    scatterElements(context, result, int(context.integer("axis")));
  return result;
}

} // namespace convoy::schedules
