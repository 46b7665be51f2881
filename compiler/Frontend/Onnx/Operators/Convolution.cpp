#include "compiler/Frontend/Onnx/Operators/Operators.h"

using namespace mlir;

namespace convoy::frontend {

namespace {
/// The window attributes that convolutions and pools share.
struct Window {
  SmallVector<int64_t> kernel, strides, dilations, pads;
  StringRef autoPad;

  int64_t spatial() const { return static_cast<int64_t>(kernel.size()); }
  /// The extent of the kernel along a spatial dimension, its holes included.
  int64_t reach(int64_t i) const { return (kernel[i] - 1) * dilations[i] + 1; }
};
} // namespace

static bool arePositive(ArrayRef<int64_t> values) {
  return llvm::all_of(values, [](int64_t value) { return value > 0 && value < (1 << 30); });
}

/// Reads the attributes. `kernel` holds the window if the operator knows it from its weights.
static std::optional<Window> readWindow(Node &n, SmallVector<int64_t> kernel, int64_t spatial) {
  Window window;
  auto given = n.integersAttribute("kernel_shape");
  if (kernel.empty() && !given && !n.hasFailed())
    n.error() << "attribute 'kernel_shape' is missing";
  if (!kernel.empty() && given && *given != kernel && !n.hasFailed())
    n.error() << "attribute 'kernel_shape' [" << *given << "] differs from the weight's [" << kernel << "]";
  window.kernel = kernel.empty() ? given.value_or(SmallVector<int64_t>()) : kernel;
  window.strides = n.integersAttribute("strides", spatial, 1);
  window.dilations = n.integersAttribute("dilations", spatial, 1);
  window.pads = n.integersAttribute("pads", 2 * spatial, 0);
  window.autoPad = n.text("auto_pad", "NOTSET");
  if (window.autoPad == "VALID")
    window.pads.assign(2 * spatial, 0);
  if (n.hasFailed())
    return std::nullopt;
  if (window.spatial() != spatial)
    n.error() << "attribute 'kernel_shape' has " << window.spatial() << " numbers for " << spatial
              << " spatial dimensions";
  else if (!arePositive(window.kernel) || !arePositive(window.strides) || !arePositive(window.dilations))
    n.error() << "kernel, strides and dilations must be positive";
  else if (!llvm::is_contained({"NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"}, window.autoPad))
    n.error() << "attribute 'auto_pad' is '" << window.autoPad << "', not NOTSET, VALID, SAME_UPPER or SAME_LOWER";
  return n.hasFailed() ? std::nullopt : std::optional(window);
}

/// Splits padding over begin and end; the odd element goes where `extraAtEnd` says.
static void setPads(Window &window, int64_t i, int64_t total, bool extraAtEnd) {
  window.pads[i] = extraAtEnd ? total / 2 : total - total / 2;
  window.pads[window.spatial() + i] = total - window.pads[i];
}

/// SAME padding: the result has ceil(extent / stride) elements. With a stride of 1 no extent is needed for that.
static void resolveAutoPad(Node &n, Window &window, Value input) {
  if (!window.autoPad.starts_with("SAME"))
    return;
  for (int64_t i = 0; i < window.spatial(); ++i) {
    auto extent = n.extentOf(input, i + 2);
    int64_t stride = window.strides[i], total = window.reach(i) - 1;
    if (stride != 1 && !extent) {
      n.error() << "auto_pad " << window.autoPad << " with stride " << stride << " needs a known extent of dimension "
                << i + 2 << "; give the input's shape with --shape";
      return;
    }
    if (extent && stride != 1)
      total = (llvm::divideCeil(*extent, stride) - 1) * stride + window.reach(i) - *extent;
    setPads(window, i, std::max<int64_t>(total, 0), window.autoPad == "SAME_UPPER");
  }
}

static SmallVector<int64_t> kernelOf(Node &n, Value weight) {
  SmallVector<int64_t> kernel;
  for (int64_t dim = 2; dim < n.rankOf(weight); ++dim) {
    auto extent = n.extentOf(weight, dim);
    if (!extent && !n.hasFailed())
      n.error() << "the extents of the weight's kernel must be known";
    kernel.push_back(extent.value_or(1));
  }
  return kernel;
}

//===-- Convolutions ----------------------------------------------------------------------------===//

static bool checkOperands(Node &n, Value input, Value weight) {
  if (!n.requireRank(input, 3, "the input") || !n.requireRank(weight, 3, "the weight"))
    return false;
  if (n.rankOf(input) == n.rankOf(weight))
    return true;
  n.error() << "the input has " << n.rankOf(input) << " dimensions, the weight " << n.rankOf(weight);
  return false;
}

Value convolution(Node &n, Value input, Value weight, Value bias) {
  if (!checkOperands(n, input, weight))
    return {};
  auto window = readWindow(n, kernelOf(n, weight), n.rankOf(input) - 2);
  int64_t groups = n.integer("group", 1);
  if (!window)
    return {};
  resolveAutoPad(n, *window, input);
  return n.create<cnn::ConvolutionOp>(n.elementOf(input), input, weight, bias, window->strides, window->dilations,
                                      window->pads, groups, /*transposed=*/false, ArrayRef<int64_t>());
}

static Results importConv(Node &n) { return convolution(n, n.input(0), n.input(1), n.input(2)); }

/// What `output_shape` or SAME padding asks of a transposed convolution: pads, and where those would be negative more
/// output padding.
static void resolveOutputShape(Node &n, Window &window, SmallVectorImpl<int64_t> &outputPadding, Value input) {
  auto outputShape = n.integersAttribute("output_shape");
  int64_t spatial = window.spatial();
  if (outputShape && static_cast<int64_t>(outputShape->size()) == spatial + 2)
    outputShape->erase(outputShape->begin(), outputShape->begin() + 2);
  if (outputShape && static_cast<int64_t>(outputShape->size()) != spatial)
    n.error() << "attribute 'output_shape' has " << outputShape->size() << " numbers for " << spatial
              << " spatial dimensions";
  if (n.hasFailed() || (!outputShape && !window.autoPad.starts_with("SAME")))
    return;
  for (int64_t i = 0; i < spatial; ++i) {
    auto extent = n.extentOf(input, i + 2);
    if (outputShape && !extent) {
      n.error() << "attribute 'output_shape' needs a known extent of dimension " << i + 2
                << "; give the input's shape with --shape";
      return;
    }
    int64_t stride = window.strides[i], total = outputPadding[i] + window.reach(i) - stride;
    if (outputShape)
      total += stride * *extent - (*outputShape)[i];
    if (total < 0)
      outputPadding[i] -= total;
    setPads(window, i, std::max<int64_t>(total, 0), window.autoPad == "SAME_UPPER");
  }
}

static Results importConvTranspose(Node &n) {
  Value input = n.input(0), weight = n.input(1);
  if (!checkOperands(n, input, weight))
    return {};
  auto window = readWindow(n, kernelOf(n, weight), n.rankOf(input) - 2);
  int64_t groups = n.integer("group", 1);
  SmallVector<int64_t> outputPadding = n.integersAttribute("output_padding", n.rankOf(input) - 2, 0);
  Value bias = n.input(2);
  if (!window)
    return {};
  resolveOutputShape(n, *window, outputPadding, input);
  return n.create<cnn::ConvolutionOp>(n.elementOf(input), input, weight, bias, window->strides, window->dilations,
                                      window->pads, groups, /*transposed=*/true, outputPadding);
}

//===-- Pools -----------------------------------------------------------------------------------===//

Value pool(Node &n, Value input, cnn::PoolKind kind) {
  if (!n.requireRank(input, 3, "the input"))
    return {};
  auto window = readWindow(n, {}, n.rankOf(input) - 2);
  bool ceil = n.flag("ceil_mode");
  bool includePad = kind == cnn::PoolKind::Average && n.flag("count_include_pad");
  int64_t p = kind == cnn::PoolKind::Lp ? n.integer("p", 2) : 2;
  if (kind == cnn::PoolKind::Max)
    n.ignore("storage_order"); // of the second output, which isn't supported
  if (!window)
    return {};
  resolveAutoPad(n, *window, input);
  return n.create<cnn::PoolOp>(n.elementOf(input), input, kind, window->kernel, window->strides, window->dilations,
                               window->pads, ceil, includePad, p);
}

static Results importPool(Node &n) { return pool(n, n.input(0), *cnn::symbolizePoolKind(n.entry().detail)); }

static SmallVector<int64_t> spatialAxes(Node &n, Value input) {
  return llvm::to_vector(llvm::seq<int64_t>(2, std::max<int64_t>(n.rankOf(input), 2)));
}

static Results importGlobalPool(Node &n) {
  Value input = n.input(0);
  if (!n.requireRank(input, 3, "the input"))
    return {};
  return n.reduce(*cnn::symbolizeReduceKind(n.entry().detail), input, spatialAxes(n, input));
}

static Results importGlobalLpPool(Node &n) {
  Value input = n.input(0);
  int64_t p = n.integer("p", 2);
  if (!n.requireRank(input, 3, "the input"))
    return {};
  if (p == 1 || p == 2)
    return n.reduce(p == 1 ? cnn::ReduceKind::L1 : cnn::ReduceKind::L2, input, spatialAxes(n, input));
  Value powers = n.withScalar("pow", n.elementwise("abs", input), static_cast<double>(p));
  return n.withScalar("pow", n.reduce(cnn::ReduceKind::Sum, powers, spatialAxes(n, input)), 1.0 / p);
}

ArrayRef<Operator> convolutionOperators() {
  static const Operator table[] = {
      {"AveragePool", 6, 1, 1, importPool, "average"}, {"Conv", 6, 2, 3, importConv},
      {"ConvTranspose", 6, 2, 3, importConvTranspose}, {"GlobalAveragePool", 6, 1, 1, importGlobalPool, "mean"},
      {"GlobalLpPool", 6, 1, 1, importGlobalLpPool},   {"GlobalMaxPool", 6, 1, 1, importGlobalPool, "max"},
      {"LpPool", 6, 1, 1, importPool, "lp"},           {"MaxPool", 6, 1, 1, importPool, "max"},
  };
  return table;
}

} // namespace convoy::frontend
