#include "schedules/winograd/Stages.h"
#include "schedules/conv/Operands.h"
#include "schedules/core/Algorithm.h"
#include "schedules/core/Tensors.h"

#include <algorithm>
#include <functional>

using namespace Halide;

namespace convoy::schedules {

namespace {

/// `at(p)` for p = 0 ... count - 1.
std::vector<Expr> sequence(int count, const std::function<Expr(int)> &at) {
  std::vector<Expr> values;
  for (int p = 0; p < count; ++p)
    values.push_back(at(p));
  return values;
}

/// The matrix's rows times a vector, the row chosen by `index`.
Expr transformed(const Matrix &matrix, const Var &index, const std::vector<Expr> &vector) {
  std::vector<Expr> rows;
  for (const std::vector<double> &row : matrix)
    rows.push_back(rowTimes(row, vector));
  return mux(index, rows);
}

/// The input at pixel (x, y), zero where a tile reaches beyond the padded image.
Func paddedInput(Graph &graph, const ConvShape &shape, const WinogradTiles &tiles) {
  const proto::Tensor &tensor = graph.tensorOf(shape.input);
  const bool halo = graph.inputOf(shape.input) >= 0 && grantsHalo(tensor, shape.pads, proto::Layout::ZERO);
  std::vector<Expr> at(graph.vars.begin(), graph.vars.begin() + shape.rank);
  std::vector<Expr> clamped = at;
  Expr inside = Internal::const_true();
  for (int axis = 0; axis < 2; ++axis) {
    const int dim = 1 - axis;
    const int32_t extent = int32_t(shape.inExtents[dim]);
    const int32_t before = halo ? int32_t(shape.pads[dim]) : 0, after = halo ? int32_t(shape.pads[2 + dim]) : 0;
    const bool overhangs = tiles.roundedUp[dim] || shape.outExtents[dim] % tiles.outputs != 0;
    if (halo && !overhangs)
      continue;
    clamped[axis] = clamp(likely(at[axis]), -before, extent - 1 + after);
    inside = inside && at[axis] >= -before && at[axis] < extent + after;
  }
  Func padded("padded");
  Expr value = cast<float>(graph.values[shape.input](clamped)); // Of halves too: their products are formed in f32.
  padded(at) = Internal::is_const_one(inside) ? value : select(likely(inside), value, 0.0f);
  return padded;
}

void buildWeights(Graph &graph, const ConvShape &shape, const WinogradTiles &tiles, WinogradStages &s) {
  const Winograd &w = winograd(tiles.outputs);
  Var column("column");
  Expr channel = s.b * int32_t(tiles.block) + s.c;
  Func weight = graph.values[shape.weight];
  s.weightRows = Func("weightRows");
  s.weightRows(s.c, s.k, s.b, s.i, column) =
      transformed(w.weight, s.i, sequence(3, [&](int row) { return cast<float>(weight(column, row, s.k, channel)); }));
  s.weights = Func("weights");
  s.weights(s.c, s.k, s.b, s.i, s.j) =
      transformed(w.weight, s.j, sequence(3, [&](int p) { return s.weightRows(s.c, s.k, s.b, s.i, p); }));
}

/// Arguments, and `part` before the image where the input channels are cut.
std::vector<Expr> withPart(const WinogradTiles &tiles, std::vector<Expr> arguments, const Expr &part) {
  if (tiles.chunk > 0)
    arguments.insert(arguments.end() - 1, part);
  return arguments;
}

void buildInput(Graph &graph, const ConvShape &shape, const WinogradTiles &tiles, WinogradStages &s) {
  const Winograd &w = winograd(tiles.outputs);
  Var column("column");
  Func padded = paddedInput(graph, shape, tiles);
  const int32_t left = int32_t(shape.pads[1]), top = int32_t(shape.pads[0]), m = tiles.outputs;
  const Expr channel = tiles.chunk > 0 ? s.part * int32_t(tiles.chunk) + s.k : Expr(s.k);
  s.inputRows = Func("inputRows");
  s.inputRows(withPart(tiles, {s.k, column, s.y, s.i, s.n}, s.part)) = transformed(
      w.input, s.i,
      sequence(w.points, [&](int row) { return padded(column - left, s.y * m + row - top, channel, s.n); }));
  s.input = Func("transformedInput");
  s.input(withPart(tiles, {s.k, s.x, s.y, s.i, s.j, s.n}, s.part)) =
      transformed(w.input, s.j, sequence(w.points, [&](int p) {
                    return s.inputRows(withPart(tiles, {s.k, s.x * m + p, s.y, s.i, s.n}, s.part));
                  }));
}

void buildProducts(const ConvShape &shape, const WinogradTiles &tiles, WinogradStages &s) {
  const int32_t channels = int32_t(shape.inChannels), chunk = int32_t(tiles.chunk);
  Expr channel, part;
  if (chunk > 0) {
    s.sum = RDom(0, std::min(chunk, channels), 0, int32_t(ceilDiv(channels, chunk)), "k");
    part = s.sum.y;
    channel = s.sum.y * chunk + s.sum.x;
  } else {
    s.sum = RDom(0, channels, "k");
    channel = s.sum.x;
  }
  s.tile = Func("tile");
  s.tile(s.c, s.x, s.y, s.i, s.j, s.b, s.n) = 0.0f;
  s.tile(s.c, s.x, s.y, s.i, s.j, s.b, s.n) +=
      s.weights(s.c, channel, s.b, s.i, s.j) * s.input(withPart(tiles, {s.sum.x, s.x, s.y, s.i, s.j, s.n}, part));
  s.product = Func("product");
  s.product(s.c, s.x, s.y, s.i, s.j, s.b, s.n) = s.tile(s.c, s.x, s.y, s.i, s.j, s.b, s.n);
}

void buildOutput(Graph &graph, const ConvShape &shape, const WinogradTiles &tiles, WinogradStages &s) {
  const Winograd &w = winograd(tiles.outputs);
  Var row("row"), channel("channel");
  const int32_t block = int32_t(tiles.block), m = tiles.outputs;
  s.outputRows = Func("outputRows");
  std::vector<Expr> rows;
  for (const std::vector<double> &line : w.output)
    rows.push_back(outputRowTimes(line, sequence(w.points, [&](int p) {
                                    return s.product(channel % block, s.x, s.y, p, s.j, channel / block, s.n);
                                  })));
  s.outputRows(channel, s.x, s.y, row, s.j, s.n) = mux(row, rows);
  const Var px = graph.vars[0], py = graph.vars[1], out = graph.vars[2], image = graph.vars[3];
  std::vector<Expr> columns;
  for (const std::vector<double> &line : w.output)
    columns.push_back(outputRowTimes(
        line, sequence(w.points, [&](int p) { return s.outputRows(out, px / m, py / m, py % m, p, image); })));
  Expr value = mux(px % m, columns);
  if (shape.bias >= 0)
    value += graph.values[shape.bias](out);
  s.result = Func("winograd");
  s.result(px, py, out, image) = value;
}

} // namespace

WinogradStages buildWinograd(Graph &graph, const ConvShape &shape, const WinogradTiles &tiles) {
  WinogradStages stages;
  buildWeights(graph, shape, tiles, stages);
  buildInput(graph, shape, tiles, stages);
  buildProducts(shape, tiles, stages);
  buildOutput(graph, shape, tiles, stages);
  replaceValue(graph, shape.output, stages.result);
  return stages;
}

} // namespace convoy::schedules
