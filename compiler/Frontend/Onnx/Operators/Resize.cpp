#include "compiler/Frontend/Onnx/Operators/Operators.h"

#include <cmath>

using namespace mlir;

namespace convoy::frontend {

namespace {
/// What a node asks of cnn.resize, along `axes` only.
struct Request {
  Value input;
  SmallVector<int64_t> axes;
  SmallVector<double> scales; ///< One per axis, or empty.
  SmallVector<Value> sizes;   ///< One-element pieces, one per axis, or empty.
  cnn::ResizeMode mode = cnn::ResizeMode::Nearest;
  cnn::CoordinateMode coordinates = cnn::CoordinateMode::Asymmetric;
  cnn::NearestMode nearest = cnn::NearestMode::Floor;
  double cubicCoefficient = -0.75;
  bool excludeOutside = false, antialias = false;
};
} // namespace

static bool readMode(Node &n, Request &request) {
  StringRef mode = n.text("mode", "nearest");
  auto symbol = cnn::symbolizeResizeMode(mode == "bilinear" ? "linear" : mode);
  if (!symbol && !n.hasFailed())
    n.error() << "attribute 'mode' is '" << mode << "', not nearest, linear or cubic";
  request.mode = symbol.value_or(cnn::ResizeMode::Nearest);
  return !n.hasFailed();
}

/// Drops axes that stay as they are, so that batch and channels needn't be known.
static Value build(Node &n, Request request) {
  SmallVector<int64_t> axes;
  SmallVector<double> scales;
  SmallVector<Value> sizes;
  for (auto [i, axis] : llvm::enumerate(request.axes)) {
    bool isIdentity =
        request.sizes.empty() ? request.scales[i] == 1.0 : n.isExtent(request.sizes[i], request.input, axis);
    if (isIdentity)
      continue;
    axes.push_back(axis);
    if (!request.scales.empty())
      scales.push_back(request.scales[i]);
    if (!request.sizes.empty())
      sizes.push_back(request.sizes[i]);
  }
  if (n.hasFailed() || axes.empty())
    return n.hasFailed() ? Value() : request.input;
  Value sizesTensor = sizes.empty() ? Value() : n.concat(sizes, 0);
  return n.create<cnn::ResizeOp>(n.elementOf(request.input), request.input, sizesTensor, axes, scales, request.mode,
                                 request.coordinates, request.nearest, llvm::APFloat(request.cubicCoefficient),
                                 request.excludeOutside, request.antialias);
}

static bool checkScales(Node &n, Request &request) {
  if (!n.hasFailed() && request.scales.size() != request.axes.size())
    n.error() << "there are " << request.scales.size() << " scales for " << request.axes.size() << " dimensions";
  for (double scale : request.scales)
    if (!n.hasFailed() && !(scale > 0 && scale < 1e6))
      n.error() << "scale " << scale << " isn't a positive number";
  return !n.hasFailed();
}

/// Until opset 10: the coordinates are output / scale, nearest rounds down.
static Results importUpsample(Node &n) {
  Request request;
  request.input = n.input(0);
  request.axes = llvm::to_vector(llvm::seq<int64_t>(0, n.rankOf(request.input)));
  if (n.opset() < 9)
    request.scales = n.numbersAttribute("scales").value_or(SmallVector<double>());
  else
    request.scales = n.knownNumbers(1, "scales");
  if (!readMode(n, request) || !checkScales(n, request))
    return {};
  return build(n, request);
}

/// Reads the attributes that opset 11 brought.
static bool readAttributes(Node &n, Request &request) {
  StringRef coordinates = n.text("coordinate_transformation_mode", "half_pixel");
  StringRef nearest = n.text("nearest_mode", "round_prefer_floor");
  request.cubicCoefficient = n.number("cubic_coeff_a", -0.75);
  request.excludeOutside = n.flag("exclude_outside");
  request.antialias = n.flag("antialias");
  n.ignore("extrapolation_value");
  auto coordinateMode = cnn::symbolizeCoordinateMode(coordinates);
  auto nearestMode = cnn::symbolizeNearestMode(nearest);
  if (!coordinateMode && !n.hasFailed())
    n.error() << "coordinate_transformation_mode '" << coordinates << "' isn't supported";
  if (!nearestMode && !n.hasFailed())
    n.error() << "nearest_mode '" << nearest << "' isn't supported";
  request.coordinates = coordinateMode.value_or(cnn::CoordinateMode::HalfPixel);
  request.nearest = nearestMode.value_or(cnn::NearestMode::RoundPreferFloor);
  return !n.hasFailed();
}

/// One scale for all axes, the least or greatest that the sizes ask for.
static void keepAspectRatio(Node &n, Request &request, StringRef policy) {
  auto wanted = n.knownIntegers(3, "sizes");
  std::optional<double> scale;
  for (auto [i, axis] : llvm::enumerate(request.axes)) {
    auto extent = n.extentOf(request.input, axis);
    if (!extent && !n.hasFailed())
      n.error() << "keep_aspect_ratio_policy needs a known extent of dimension " << axis;
    if (n.hasFailed())
      return;
    double own = static_cast<double>(wanted[i]) / static_cast<double>(*extent);
    scale = !scale ? own : policy == "not_larger" ? std::min(*scale, own) : std::max(*scale, own);
  }
  for (auto [i, axis] : llvm::enumerate(request.axes)) {
    double extent = static_cast<double>(*n.extentOf(request.input, axis));
    request.sizes[i] = n.ints({static_cast<int64_t>(std::floor(*scale * extent + 0.5))});
    request.scales.push_back(*scale);
  }
}

static void readSizes(Node &n, Request &request) {
  auto count = static_cast<int64_t>(request.axes.size());
  auto known = n.integers(3);
  Value sizes = known ? Value() : n.cast(n.input(3), IntegerType::get(n.context(), 64));
  bool fits =
      known ? static_cast<int64_t>(known->size()) == count : n.rankOf(sizes) == 1 && n.extentOf(sizes, 0) == count;
  if (!fits && !n.hasFailed())
    n.error() << "input 'sizes' must have one number per dimension, " << count;
  for (int64_t i = 0; i < count && !n.hasFailed(); ++i) {
    if (known && ((*known)[i] < 1 || (*known)[i] > INT32_MAX))
      n.error() << "size " << (*known)[i] << " isn't positive";
    request.sizes.push_back(known ? n.ints({(*known)[i]}) : n.slice(sizes, 0, i, i + 1));
  }
}

static Results importResize(Node &n) {
  if (n.opset() < 11)
    return importUpsample(n);
  Request request;
  request.input = n.input(0);
  auto axes = n.integersAttribute("axes");
  request.axes = axes ? n.dimensions(*axes, n.rankOf(request.input))
                      : llvm::to_vector(llvm::seq<int64_t>(0, n.rankOf(request.input)));
  StringRef policy = n.text("keep_aspect_ratio_policy", "stretch");
  if (!readMode(n, request) || !readAttributes(n, request))
    return {};
  if (n.has(3)) {
    readSizes(n, request);
    if (policy != "stretch" && !n.hasFailed())
      keepAspectRatio(n, request, policy);
  } else if (n.has(2)) {
    request.scales = n.knownNumbers(2, "scales");
    if (!checkScales(n, request))
      return {};
  } else {
    n.error() << "has neither 'scales' nor 'sizes'";
  }
  return n.hasFailed() ? Value() : build(n, request);
}

ArrayRef<Operator> resizeOperators() {
  static const Operator table[] = {
      {"Resize", 10, 1, 4, importResize},
      {"Upsample", 7, 1, 2, importUpsample, "", 9},
  };
  return table;
}

} // namespace convoy::frontend
