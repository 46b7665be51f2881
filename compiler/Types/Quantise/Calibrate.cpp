#include "compiler/Types/Quantise/Build.h"
#include "compiler/Types/Quantise/Calibration.h"
#include "compiler/Types/Quantise/Copies.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace mlir;

namespace convoy::compiler {

double LayerCalibration::decibels() const {
  return noise > 0 ? 10 * std::log10(signal / noise) : std::numeric_limits<double>::infinity();
}

const LayerCalibration *Calibration::find(Operation *layer, ModuleOp network) const {
  auto found = layers.find(ValueNumbers(mainFunction(network)).of(layer->getResult(0)));
  return found == layers.end() ? nullptr : &found->second;
}

/// The ends of what each scale has to hold.
static LogicalResult observeRanges(ModuleOp network, ArrayRef<SharedScale> scales, NetworkRunner &runner,
                                   MutableArrayRef<Range> ranges) {
  std::vector<std::pair<Value, Range *>> roots;
  for (auto [scale, range] : llvm::zip_equal(scales, ranges))
    for (Value root : scale.roots)
      roots.push_back({root, &range});
  OwningOpRef<ModuleOp> copy = copyWithResults(network, [&](OpBuilder &builder, IRMapping &copies) {
    SmallVector<Value> results;
    for (auto [root, range] : roots)
      for (cnn::ReduceKind kind : {cnn::ReduceKind::Min, cnn::ReduceKind::Max})
        results.push_back(reduceAll(builder, copies.lookup(root), kind));
    return results;
  });
  return runner.run(*copy, [&](const std::string &sample, ArrayRef<HostValue> results) -> LogicalResult {
    for (auto [i, root] : llvm::enumerate(roots))
      for (size_t end : {0, 1}) {
        float value = floatOf(results[2 * i + end]);
        if (!std::isfinite(value))
          return emitError(root.first.getLoc()) << "gives NaN or infinity for " << sample
                                                << ": what reads it can't compute in 8 bits; --keep-f32 leaves it";
        root.second->include(value);
      }
    return success();
  });
}

/// The function by which errors of its argument count; null for those whose errors count as they are.
static std::function<double(double)> functionOf(cnn::ElementwiseOp op) {
  StringRef name = op ? op.getFunction() : "";
  auto sigmoid = [](double x) { return 1 / (1 + std::exp(-x)); };
  if (name == "sigmoid")
    return sigmoid;
  if (name == "swish")
    return [sigmoid, alpha = op.getParameters()[0]](double x) { return x * sigmoid(alpha * x); };
  if (name == "hard_swish")
    return [](double x) { return x * std::clamp(x / 6 + 0.5, 0.0, 1.0); };
  if (name == "gelu" || name == "gelu_tanh")
    return [](double x) { return x / 2 * (1 + std::erf(x / std::sqrt(2.0))); };
  if (name == "tanh")
    return [](double x) { return std::tanh(x); };
  return nullptr;
}

/// Where between the ends values lie decides what ends are worth their bits.
static LogicalResult chooseRanges(ModuleOp network, ArrayRef<SharedScale> scales, const CalibrationOptions &options,
                                  MutableArrayRef<Range> ranges) {
  std::vector<Histogram> histograms(ranges.begin(), ranges.end());
  OwningOpRef<ModuleOp> copy = copyWithResults(network, [&](OpBuilder &, IRMapping &copies) {
    SmallVector<Value> results;
    for (const SharedScale &scale : scales)
      for (Value root : scale.roots)
        results.push_back(copies.lookup(root));
    return results;
  });
  auto visit = [&](const std::string &, ArrayRef<HostValue> results) {
    size_t next = 0;
    for (auto [scale, histogram] : llvm::zip_equal(scales, histograms))
      for (size_t root = 0; root < scale.roots.size(); ++root)
        histogram.add(floatsOf(results[next++]));
    return success();
  };
  if (failed(options.runner->run(*copy, visit)))
    return failure();
  for (auto [range, histogram, scale] : llvm::zip_equal(ranges, histograms, scales))
    range = histogram.choose(options.method, functionOf(scale.function));
  return success();
}

FailureOr<Calibration> calibrate(ModuleOp original, const CalibrationOptions &options) {
  Calibration calibration;
  OwningOpRef<ModuleOp> owner = original.clone();
  ModuleOp network = *owner;
  if (options.weights)
    network->setAttr(cnn::weightsAttrName, StringAttr::get(network.getContext(), options.weights->path()));
  ValueNumbers numbers(mainFunction(network));
  auto isCandidate = [&](Operation *layer) { return !options.kept.contains(layerName(layer)); };
  unfoldGates(mainFunction(network), numbers, isCandidate);
  std::vector<SharedScale> scales = placeScales(mainFunction(network), isCandidate);
  if (scales.empty())
    return calibration;
  Specimen specimen{network, numbers, isCandidate};
  std::vector<Range> ranges(scales.size());
  if (failed(scaleWeights(specimen, options, calibration)) ||
      failed(observeRanges(network, scales, *options.runner, ranges)))
    return failure();
  if (options.method != RangeMethod::MinMax && failed(chooseRanges(network, scales, options, ranges)))
    return failure();
  for (auto [scale, range] : llvm::zip_equal(scales, ranges))
    for (Value member : scale.members)
      calibration.scales[numbers.of(member)] = scaleOf(range);
  if (failed(judgeLayers(specimen, options, calibration)))
    return failure();
  return calibration;
}

} // namespace convoy::compiler
