#include "schedules/core/Loops.h"
#include "schedules/core/Tensors.h"
#include "schedules/math/Strict.h"
#include "schedules/resize/Resize.h"

using namespace Halide;
using namespace convoy::schedules::strict;

namespace convoy::schedules {

namespace {

/// Interpolation along one dimension: the result at `x` is made of input elements around `source`.
struct Axis1D {
  Expr source; ///< Coordinate in the input, a float.
  Expr extent; ///< Of the input.
  Expr scale;  ///< Result / input, a float.
};

Expr f(double value) { return cast<float>(Expr(value)); }

/// From result to input coordinates, as ONNX defines them, in float arithmetic. `resized` is the result's extent before
/// it was rounded down to `out`.
Expr sourceOf(const std::string &mode, Expr x, Expr in, Expr out, Expr scale, Expr resized) {
  Expr position = cast<float>(x), inSize = cast<float>(in), outSize = cast<float>(out);
  Expr half = sub(div(add(position, f(0.5)), scale), f(0.5));
  if (mode == "asymmetric")
    return div(position, scale);
  if (mode == "align_corners")
    return select(le(resized, f(1)), f(0), div(mul(position, sub(inSize, f(1))), sub(resized, f(1))));
  if (mode == "pytorch_half_pixel")
    return select(out > 1, half, f(0));
  if (mode == "tf_half_pixel_for_nn")
    return div(add(position, f(0.5)), scale);
  if (mode == "half_pixel_symmetric") {
    Expr adjustment = div(outSize, mul(scale, inSize)), center = div(inSize, f(2));
    return add(mul(center, sub(f(1), adjustment)), half);
  }
  return half;
}

Expr nearestIndex(const std::string &mode, Expr source) {
  Expr whole = Halide::floor(source);
  Expr fraction = sub(source, whole);
  Expr up = mode == "floor"               ? Internal::const_false()
            : mode == "ceil"              ? lt(f(0), fraction)
            : mode == "round_prefer_ceil" ? le(f(0.5), fraction)
                                          : lt(f(0.5), fraction);
  return cast<int32_t>(whole) + select(up, 1, 0);
}

Func nearest(const OpContext &context, Func input, int at, const Axis1D &axis) {
  std::vector<Expr> out = context.arguments(), read = out;
  read[at] = clamp(nearestIndex(context.text("nearest", "round_prefer_floor"), axis.source), 0, axis.extent - 1);
  Func result = context.func("nearest");
  result(out) = input(read);
  return result;
}

struct Tap {
  Expr index, weight;
};

std::vector<Tap> linearTaps(const Axis1D &axis) {
  Expr last = cast<float>(axis.extent - 1);
  Expr source = select(lt(axis.source, f(0)), f(0), lt(last, axis.source), last, axis.source);
  Expr whole = cast<int32_t>(Halide::floor(source));
  Expr fraction = sub(source, cast<float>(whole));
  return {{whole, sub(f(1), fraction)}, {min(whole + 1, axis.extent - 1), fraction}};
}

std::vector<Tap> cubicTaps(const Axis1D &axis, double a, bool excludeOutside) {
  Expr whole = Halide::floor(axis.source);
  Expr t = sub(axis.source, whole);
  auto near = [&](Expr d) { return ((f(a + 2) * d - f(a + 3)) * d) * d + f(1); };
  auto far = [&](Expr d) { return ((f(a) * d - f(5 * a)) * d + f(8 * a)) * d - f(4 * a); };
  std::vector<Expr> weights{far(t + f(1)), near(t), near(f(1) - t), far(f(2) - t)};
  std::vector<Tap> taps;
  Expr total = f(0);
  for (int i = 0; i < 4; ++i) {
    Expr index = cast<int32_t>(whole) + (i - 1);
    if (excludeOutside)
      weights[i] = select(index >= 0 && index < axis.extent, weights[i], f(0));
    total = total + weights[i];
    taps.push_back({clamp(index, 0, axis.extent - 1), weights[i]});
  }
  if (excludeOutside)
    for (Tap &tap : taps)
      tap.weight = tap.weight / total;
  return taps;
}

Func weighted(const OpContext &context, Func input, int at, const std::vector<Tap> &taps) {
  std::vector<Expr> out = context.arguments();
  Expr sum;
  for (const Tap &tap : taps) {
    std::vector<Expr> read = out;
    read[at] = tap.index;
    Expr value = input(read);
    const Type type = value.type().bits() == 64 || context.graph.wide ? Float(64) : Float(32);
    Expr part = mul(cast(type, value), cast(type, tap.weight));
    sum = sum.defined() ? add(sum, part) : part;
  }
  Func result = context.helper("weighted");
  result(out) = sum;
  return result;
}

/// With antialiasing the filter is stretched by the reduction factor and runs over all inputs below it.
Func antialiased(const OpContext &context, Func input, int at, const Axis1D &axis, bool cubic, double stretch) {
  const double support = (cubic ? 2 : 1) * std::max(1.0, stretch), a = context.number("cubic_coefficient", -0.75);
  Expr first = cast<int32_t>(Halide::floor(axis.source)) - int(std::ceil(support)) + 1;
  std::vector<Tap> taps;
  Expr total = f(0);
  for (int i = 0; i < 2 * int(std::ceil(support)); ++i) {
    Expr index = first + i;
    Expr d = abs(sub(cast<float>(index), axis.source)) / f(std::max(1.0, stretch));
    Expr near = ((f(a + 2) * d - f(a + 3)) * d) * d + f(1);
    Expr far = ((f(a) * d - f(5 * a)) * d + f(8 * a)) * d - f(4 * a);
    Expr weight = cubic ? select(d <= f(1), near, d < f(2), far, f(0)) : max(f(0), f(1) - d);
    if (context.integer("exclude_outside"))
      weight = select(index >= 0 && index < axis.extent, weight, f(0));
    total = total + weight;
    taps.push_back({clamp(index, 0, axis.extent - 1), weight});
  }
  for (Tap &tap : taps)
    tap.weight = tap.weight / total;
  return weighted(context, input, at, taps);
}

Func along(const OpContext &context, Func input, int axisNumber, int dim) {
  const int rank = rankOf(context.outputTensor()), at = argument(rank, dim);
  const std::vector<double> scales = context.floats("scales");
  const std::string mode = context.text("mode", "nearest");
  Axis1D axis;
  axis.extent = context.inputExtent(0, dim);
  Expr out = context.outputExtent(dim);
  const bool isScaled = axisNumber < int(scales.size());
  axis.scale = isScaled ? f(scales[axisNumber]) : div(cast<float>(out), cast<float>(axis.extent));
  Expr resized = isScaled ? mul(cast<float>(axis.extent), axis.scale) : cast<float>(out);
  axis.source = sourceOf(context.text("coordinates", "half_pixel"), context.arguments()[at], axis.extent, out,
                         axis.scale, resized);
  if (mode == "nearest")
    return nearest(context, input, at, axis);
  const bool cubic = mode == "cubic";
  if (context.integer("antialias")) {
    const int64_t inSize = extentOf(context.inputTensor(0), dim), outSize = extentOf(context.outputTensor(), dim);
    if (axisNumber >= int(scales.size()) && (inSize < 0 || outSize < 0))
      throw CompileError("resize with antialias needs known extents or scales");
    const double scale = axisNumber < int(scales.size()) ? scales[axisNumber] : double(outSize) / double(inSize);
    return antialiased(context, input, at, axis, cubic, 1 / scale);
  }
  return weighted(context, input, at,
                  cubic
                      ? cubicTaps(axis, context.number("cubic_coefficient", -0.75), context.integer("exclude_outside"))
                      : linearTaps(axis));
}

} // namespace

Func resize(const OpContext &context) {
  const std::vector<int64_t> axes = context.ints("axes");
  Func value = context.input(0);
  for (size_t i = 0; i < axes.size(); ++i) {
    const int dim = int(axes[i]);
    const proto::Dim &in = context.inputTensor(0).dims(dim), &out = context.outputTensor().dims(dim);
    const bool same = in.has_extent() && out.has_extent() && in.extent() == out.extent();
    if (same && (int(i) >= int(context.floats("scales").size()) || context.floats("scales")[i] == 1))
      continue;
    value = along(context, value, int(i), dim);
  }
  Func result = context.func();
  Expr finished = value(context.arguments());
  if (finished.type().is_float() && !context.outputType().is_float())
    finished = saturating_cast(context.outputType(), Halide::round(finished));
  result(context.arguments()) = cast(context.outputType(), finished);
  return result;
}

std::vector<proto::Schedule> RowBlending::rank(const proto::Kernel &kernel) const {
  proto::Schedule schedule;
  schedule.set_template_name(name());
  (*schedule.mutable_knobs())["tasks"] = tasksFor(kernel, 2 * estimate(kernel, schedule));
  return {schedule};
}

std::string RowBlending::imageMisfit(const proto::Kernel &kernel) {
  if (kernel.anchor() < 0 || kernel.ops(kernel.anchor()).kind() != "resize")
    return "the anchor is no resize";
  const proto::Op &op = kernel.ops(kernel.anchor());
  if (kernel.outputs_size() != 1 || kernel.outputs(0) != op.outputs(0))
    return "something follows the resize";
  const proto::Tensor &input = kernel.tensors(op.inputs(0)), &output = kernel.tensors(op.outputs(0));
  if (rankOf(output) != 4 || !isStatic(input) || !isStatic(output) || input.type() != proto::F32)
    return "it is no image of known extents in single floats";
  const auto mode = op.attributes().find("mode");
  const auto &axes = op.attributes().at("axes").ints();
  const bool blends = mode != op.attributes().end() && mode->second.text() != "nearest";
  auto changes = [&](int dim) { return extentOf(input, dim) != extentOf(output, dim); };
  if (!blends || axes.size() != 2 || axes.Get(0) != 2 || axes.Get(1) != 3 || !changes(2) || !changes(3))
    return "it does not blend along both sides of an image";
  return {};
}

} // namespace convoy::schedules
