#include "schedules/conv/Algorithm.h"
#include "schedules/core/Tensors.h"

using namespace Halide;

namespace convoy::schedules {

namespace {

struct Geometry {
  int rank, spatial;
  std::vector<int64_t> strides, dilations, pads, outputPadding;
  int64_t groups;
  bool transposed;
};

Geometry geometryOf(const OpContext &context) {
  Geometry g;
  g.rank = rankOf(context.outputTensor());
  g.spatial = g.rank - 2;
  g.strides = context.ints("strides");
  g.dilations = context.ints("dilations");
  g.pads = context.ints("pads");
  g.outputPadding = context.ints("output_padding");
  g.groups = context.integer("groups", 1);
  g.transposed = context.integer("transposed", 0) != 0;
  g.strides.resize(g.spatial, 1);
  g.dilations.resize(g.spatial, 1);
  g.pads.resize(2 * g.spatial, 0);
  g.outputPadding.resize(g.spatial, 0);
  return g;
}

/// Input elements around its extent that the transposed convolution reads.
std::vector<int64_t> transposedPads(const OpContext &context, const Geometry &g) {
  std::vector<int64_t> pads(2 * g.spatial);
  for (int i = 0; i < g.spatial; ++i) {
    const int64_t reach = (extentOf(context.inputTensor(1), i + 2) - 1) * g.dilations[i];
    pads[i] = std::max<int64_t>(0, (reach - g.pads[i] + g.strides[i] - 1) / g.strides[i]);
    pads[g.spatial + i] = std::max<int64_t>(0, (reach + g.outputPadding[i] - g.pads[g.spatial + i]) / g.strides[i]);
  }
  return pads;
}

RDom domain(const OpContext &context, const Geometry &g) {
  Region region{{0, context.inputExtent(1, g.transposed ? 0 : 1) / int32_t(g.transposed ? g.groups : 1)}};
  for (int dim = g.rank - 1; dim >= 2; --dim)
    region.push_back({0, context.inputExtent(1, dim)});
  return RDom(region, "r");
}

/// The input of a transposed convolution times a tap; zero, whatever the tap (an infinity too), where the tap falls
/// outside of the input: nothing is there, while around the input of any other convolution there are zeros. Taps of
/// tiles that are not stored whole fall outside even where none of a result does.
Expr insideProduct(const OpContext &context, const Geometry &g, std::vector<Expr> in, const Expr &tap, Type type) {
  Expr within = Internal::const_true();
  for (int i = 0; i < g.spatial; ++i) {
    Expr &at = in[argument(g.rank, i + 2)];
    const Expr extent = context.inputExtent(0, i + 2);
    within = within && at >= 0 && at < extent;
    at = clamp(likely(at), 0, extent - 1);
  }
  return select(likely(within), cast(type, context.input(0)(in)) * cast(type, tap), cast(type, 0));
}

Expr product(const OpContext &context, const Geometry &g, const RDom &r, Type type) {
  const int channel = argument(g.rank, 1);
  std::vector<Expr> out = context.arguments(), in = out, weight = out;
  Expr hits = Internal::const_true();
  for (int i = 0; i < g.spatial; ++i) {
    const int at = argument(g.rank, i + 2);
    const int stride = int(g.strides[i]), dilation = int(g.dilations[i]), pad = int(g.pads[i]);
    weight[at] = r[1 + at];
    if (!g.transposed) {
      in[at] = out[at] * stride + r[1 + at] * dilation - pad;
      continue;
    }
    Expr position = out[at] + pad - r[1 + at] * dilation;
    in[at] = position / stride;
    if (stride > 1)
      hits = hits && position % stride == 0;
  }
  Expr groupOutputs = context.outputExtent(1) / int32_t(g.groups), groupInputs = r.x;
  Expr group = out[channel] / groupOutputs;
  const Expr perGroup = context.inputExtent(0, 1) / int32_t(g.groups);
  in[channel] = g.groups == 1 ? Expr(r.x) : group * perGroup + r.x;
  weight[channel] = g.transposed ? (g.groups == 1 ? out[channel] : out[channel] % groupOutputs) : Expr(r.x);
  weight[channel + 1] = g.transposed ? in[channel] : out[channel];
  Expr tap = context.input(1)(weight);
  if (g.transposed && type.is_float())
    return select(hits, insideProduct(context, g, in, tap, type), cast(type, 0));
  // The zero point of a quantised input.
  const int64_t around = context.integer("pad_value");
  Func read = context.padded(0, g.transposed ? transposedPads(context, g) : g.pads,
                             around == 0 ? proto::Layout::ZERO : proto::Layout::VALUE, around);
  Expr value = cast(type, read(in)) * cast(type, tap);
  return Internal::is_const_one(hits) ? value : select(hits, value, cast(type, 0));
}

} // namespace

Func convolution(const OpContext &context) {
  const Geometry g = geometryOf(context);
  const Type type = context.sumType(context.outputType());
  const bool direct = type == context.outputType();
  Func sum = direct ? context.func() : context.helper("sum");
  std::vector<Expr> out = context.arguments();
  sum(out) = context.has(2) ? cast(type, context.input(2)(out[argument(g.rank, 1)])) : cast(type, 0);
  sum(out) += product(context, g, domain(context, g), type);
  if (direct)
    return sum;
  Func result = context.func();
  result(out) = cast(context.outputType(), sum(out));
  return result;
}

} // namespace convoy::schedules
