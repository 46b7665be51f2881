#include "schedules/resize/Resize.h"

#include "schedules/core/Tensors.h"

#include <functional>

using namespace Halide;

namespace convoy::schedules {

namespace {

/// One input element that a result takes along an axis, and its share.
struct Tap {
  Expr index;
  Expr weight; ///< Undefined: the only one.
};

/// One axis of an ONNX Resize. Coordinates are floats and follow the order of operations of ONNX Runtime, so that
/// nearest picks the same elements.
class AxisResize {
public:
  AxisResize(const OpContext &context, int dim, int place) : context(context) {
    in = context.inputExtent(0, dim);
    out = context.outputExtent(dim);
    const std::vector<double> scales = context.floats("scales");
    scale = scales.empty() ? cast<float>(out) / cast<float>(in) : Expr(float(scales.at(place)));
  }

  std::vector<Tap> taps(Expr x) const {
    const std::string mode = context.text("mode");
    if (mode == "nearest")
      return {{clamp(nearest(coordinate(x)), 0, in - 1), Expr()}};
    return mode == "linear" ? linear(coordinate(x)) : cubic(coordinate(x));
  }

private:
  /// The input coordinate of result element x.
  Expr coordinate(Expr x) const {
    const std::string mode = context.text("coordinates");
    Expr position = cast<float>(x);
    if (mode == "asymmetric")
      return strict_float(position / scale);
    if (mode == "tf_half_pixel_for_nn")
      return strict_float((position + 0.5f) / scale);
    if (mode == "align_corners")
      return select(out == 1, 0.0f, strict_float(position * cast<float>(in - 1) / cast<float>(max(out - 1, 1))));
    Expr half = strict_float((position + 0.5f) / scale - 0.5f);
    if (mode == "pytorch_half_pixel")
      return select(out > 1, half, 0.0f);
    if (mode != "half_pixel_symmetric")
      return half;
    Expr adjustment = cast<float>(out) / (scale * cast<float>(in));
    return strict_float(cast<float>(in) / 2.0f * (1.0f - adjustment) + half);
  }

  Expr nearest(Expr x) const {
    const std::string mode = context.text("nearest", "round_prefer_floor");
    if (mode == "floor")
      return cast<int32_t>(floor(x));
    if (mode == "ceil")
      return cast<int32_t>(ceil(x));
    return mode == "round_prefer_ceil" ? cast<int32_t>(floor(x + 0.5f)) : cast<int32_t>(ceil(x - 0.5f));
  }

  std::vector<Tap> linear(Expr x) const {
    Expr inside = clamp(x, 0.0f, cast<float>(in - 1));
    Expr first = cast<int32_t>(floor(inside)), share = inside - floor(inside);
    return {{clamp(first, 0, in - 1), 1.0f - share}, {clamp(first + 1, 0, in - 1), share}};
  }

  /// Keys' cubic convolution (R. G. Keys, 1981) with coefficient a.
  std::vector<Tap> cubic(Expr x) const {
    const float a = float(context.number("cubic_coefficient", -0.75));
    Expr first = cast<int32_t>(floor(x)), t = x - floor(x);
    auto near = [&](Expr d) { return ((a + 2) * d - (a + 3)) * d * d + 1.0f; };
    auto far = [&](Expr d) { return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a; };
    std::vector<Tap> taps = {{first - 1, far(t + 1.0f)},
                             {first, near(t)},
                             {first + 1, near(1.0f - t)},
                             {first + 2, far(2.0f - t)}};
    const bool excludes = context.integer("exclude_outside", 0) != 0;
    Expr total = 0.0f;
    for (Tap &tap : taps) {
      if (excludes)
        tap.weight = select(tap.index >= 0 && tap.index < in, tap.weight, 0.0f);
      total += tap.weight;
      tap.index = clamp(tap.index, 0, in - 1);
    }
    if (excludes)
      for (Tap &tap : taps)
        tap.weight = tap.weight / total;
    return taps;
  }

  const OpContext &context;
  Expr in, out, scale;
};

Func resize(const OpContext &context) {
  if (context.integer("antialias", 0) != 0)
    throw CompileError("resize with antialias is not supported");
  const int rank = rankOf(context.outputTensor());
  const std::vector<int64_t> axes = context.ints("axes");
  const bool isExact = context.text("mode") == "nearest";
  const Type type = isExact ? context.inputType(0) : context.sumType(Float(32));
  std::function<Expr(std::vector<Expr>, size_t)> sample = [&](std::vector<Expr> at, size_t place) -> Expr {
    if (place == axes.size())
      return cast(type, context.input(0)(at));
    const int position = argument(rank, int(axes[place]));
    Expr sum;
    for (const Tap &tap : AxisResize(context, int(axes[place]), int(place)).taps(at[position])) {
      std::vector<Expr> moved = at;
      moved[position] = tap.index;
      Expr value = sample(moved, place + 1);
      Expr part = tap.weight.defined() ? value * cast(type, tap.weight) : value;
      sum = sum.defined() ? sum + part : part;
    }
    return sum;
  };
  Expr value = sample(context.arguments(), 0);
  Func result = context.func();
  if (!isExact && !context.outputType().is_float())
    value = saturating_cast(context.outputType(), round(value));
  result(context.arguments()) = isExact ? cast(context.outputType(), value) : cast(context.outputType(), strict_float(value));
  return result;
}

/// Vectors along the innermost axis in memory (channels): indices and shares are scalars of a pixel.
class ResizeTemplate : public Template {
public:
  std::string name() const override { return "resize"; }
  std::vector<Knob> knobs() const override { return {}; }

  std::string misfit(const proto::Kernel &kernel) const override {
    if (kernel.anchor() < 0 || kernel.ops(kernel.anchor()).kind() != "resize")
      return "the anchor is no resize";
    const proto::Tensor &output = kernel.tensors(kernel.outputs(0));
    return output.layout().block() > 0 || rankOf(output) == 0 ? "the result is blocked or a scalar" : "";
  }

  double estimate(const proto::Kernel &kernel, const proto::Schedule &) const override {
    return 1 + double(elements(kernel.tensors(kernel.outputs(0)))) * 5e-4;
  }

  std::vector<proto::Schedule> rank(const proto::Kernel &) const override {
    proto::Schedule schedule;
    schedule.set_template_name(name());
    return {schedule};
  }

  void apply(Graph &graph, const proto::Schedule &) const override {
    const proto::Tensor &tensor = graph.tensorOf(graph.kernel->outputs(0));
    const int rank = rankOf(tensor);
    Func output = graph.outputs[0];
    std::vector<Var> vars(graph.vars.begin(), graph.vars.begin() + rank);
    std::vector<VarOrRVar> order;
    const std::vector<int> dims = orderOf(tensor);
    for (auto dim = dims.rbegin(); dim != dims.rend(); ++dim)
      order.push_back(vars[argument(rank, *dim)]);
    output.reorder(order);
    output.vectorize(vars[argument(rank, innermost(tensor))], vectorLanes(graph.kernel->target(), tensor.type()),
                     TailStrategy::GuardWithIf);
    // Rows go to threads: the second axis in memory from the outside, joined with the batch.
    if (rank >= 3) {
      Var task("task");
      output.fuse(vars[argument(rank, dims[1])], vars[argument(rank, dims[0])], task);
      if (elements(tensor) > 16384 || !isStatic(tensor))
        output.parallel(task, 4, TailStrategy::GuardWithIf);
    }
  }
};

} // namespace

void registerResize(Registry &registry) {
  registry.algorithms["resize"] = resize;
  registry.add<ResizeTemplate>();
}

} // namespace convoy::schedules
