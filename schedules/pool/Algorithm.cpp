#include "schedules/core/Tensors.h"
#include "schedules/math/Math.h"
#include "schedules/math/Strict.h"
#include "schedules/pool/Pool.h"

#include <limits>

using namespace Halide;

namespace convoy::schedules {

namespace {

struct Windows {
  int rank, spatial;
  std::vector<int64_t> window, strides, dilations, pads;
  explicit Windows(const OpContext &context)
      : rank(rankOf(context.outputTensor())), spatial(rank - 2), window(context.ints("window")),
        strides(context.ints("strides")), dilations(context.ints("dilations")), pads(context.ints("pads")) {
    window.resize(spatial, 1);
    strides.resize(spatial, 1);
    dilations.resize(spatial, 1);
    pads.resize(2 * spatial, 0);
  }
  int at(int i) const { return argument(rank, i + 2); }
  bool dilated() const {
    return std::any_of(dilations.begin(), dilations.end(), [](int64_t d) { return d > 1; });
  }
  /// Position of the window's first element along spatial dimension i.
  Expr start(const std::vector<Expr> &out, int i) const { return out[at(i)] * int(strides[i]) - int(pads[i]); }
  RDom domain() const {
    Region region;
    for (int i = spatial - 1; i >= 0; --i)
      region.push_back({0, int(window[i])});
    return RDom(region, "w");
  }
  /// Where element r of the window lies in the input.
  std::vector<Expr> position(const std::vector<Expr> &out, const RDom &r) const {
    std::vector<Expr> read = out;
    for (int i = 0; i < spatial; ++i)
      read[at(i)] = start(out, i) + r[at(i)] * int(dilations[i]);
    return read;
  }
  /// Pads, and with `ceil_mode` what windows reach behind them.
  std::vector<int64_t> reach(const OpContext &context) const {
    std::vector<int64_t> reached = pads;
    if (context.integer("ceil_mode"))
      for (int i = 0; i < spatial; ++i)
        reached[spatial + i] += strides[i] - 1;
    return reached;
  }
};

/// Element by element, the maximum; NaN wins.
Expr greatest(Expr a, Expr b) {
  return a.type().is_float() ? select(strict::lt(a, b) || strict::isNan(b), b, a) : max(a, b);
}

Expr maximum(const OpContext &context, const Windows &windows, const RDom &r, const std::vector<Expr> &out) {
  std::vector<Expr> read = windows.position(out, r);
  if (windows.dilated())
    return context.padded(0, windows.reach(context), proto::Layout::LOWEST)(read);
  // The nearest element inside of the image belongs to the window too: scalar arithmetic instead of a select.
  const std::vector<int64_t> reach = windows.reach(context);
  const bool granted = context.graph.inputOf(context.op.inputs(0)) >= 0 &&
                       grantsHalo(context.inputTensor(0), reach, proto::Layout::LOWEST);
  for (int i = 0; i < windows.spatial && !granted; ++i)
    if (reach[i] > 0 || reach[windows.spatial + i] > 0)
      read[windows.at(i)] = clamp(read[windows.at(i)], 0, context.inputExtent(0, i + 2) - 1);
  return context.input(0)(read);
}

/// Elements of the window that lie in the image (in the padded image with `count_include_pad`).
Expr count(const OpContext &context, const Windows &windows, const std::vector<Expr> &out) {
  const bool includePads = context.integer("count_include_pad") != 0;
  Expr product = 1;
  for (int i = 0; i < windows.spatial; ++i) {
    const int dilation = int(windows.dilations[i]), size = int(windows.window[i]);
    const int low = includePads ? -int(windows.pads[i]) : 0;
    Expr high = context.inputExtent(0, i + 2) + (includePads ? int(windows.pads[windows.spatial + i]) : 0);
    Expr start = windows.start(out, i);
    Expr last = min(size, (high - start + dilation - 1) / dilation);
    Expr first = max(0, (low - start + dilation - 1) / dilation);
    product *= last - first;
  }
  return product;
}

Expr powered(Expr value, int64_t p) {
  Expr size = strict::magnitude(value);
  if (p == 1)
    return size;
  return p == 2 ? strict::mul(value, value) : math::pow(size, strict::number(double(p), value));
}

Expr rooted(Expr value, int64_t p) {
  if (p == 1)
    return value;
  return p == 2 ? Halide::sqrt(value) : math::pow(value, strict::number(1.0 / double(p), value));
}

} // namespace

Func pool(const OpContext &context) {
  const Windows windows(context);
  const std::string kind = context.text("kind", "max");
  const std::vector<Expr> out = context.arguments();
  const RDom r = windows.domain();
  Func window = context.helper("window");
  Func result = context.func();
  if (kind == "max") {
    const Type type = context.outputType();
    window(out) = type.is_float() ? cast(type, -Expr(std::numeric_limits<float>::infinity())) : type.min();
    window(out) = greatest(window(out), maximum(context, windows, r, out));
    result(out) = window(out);
    return result;
  }
  const Type type = context.integer("narrow_sum") ? context.outputType() : context.sumType(context.outputType());
  const int64_t p = context.integer("p", 2);
  Expr value = cast(type, context.padded(0, windows.reach(context), proto::Layout::ZERO)(windows.position(out, r)));
  window(out) = cast(type, 0);
  window(out) = strict::add(window(out), kind == "lp" ? powered(value, p) : value);
  Expr finished =
      kind == "lp" ? rooted(window(out), p) : strict::div(window(out), cast(type, count(context, windows, out)));
  result(out) = cast(context.outputType(), finished);
  return result;
}

} // namespace convoy::schedules
