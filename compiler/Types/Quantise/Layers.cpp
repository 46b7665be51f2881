#include "compiler/Evaluate/Evaluate.h"
#include "compiler/Network/Matching.h"
#include "compiler/Types/Quantise/Build.h"
#include "compiler/Types/Quantise/Copies.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace convoy::compiler {

//===-- Weights ---------------------------------------------------------------------------------===//

/// The ops that make a value of weights alone, in program order.
static SmallVector<Operation *> opsBehind(Value value) {
  llvm::SetVector<Operation *> found;
  SmallVector<Operation *> work{value.getDefiningOp()};
  while (!work.empty()) {
    Operation *op = work.pop_back_val();
    if (found.insert(op))
      for (Value operand : op->getOperands())
        work.push_back(operand.getDefiningOp());
  }
  SmallVector<Operation *> sorted(found.getArrayRef());
  llvm::sort(sorted, [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
  return sorted;
}

/// What a value that depends on weights alone is.
static FailureOr<HostValue> evaluateWeight(Value value, const weights::WeightFile *weights) {
  OwningOpRef<ModuleOp> module = ModuleOp::create(value.getLoc());
  OpBuilder builder = OpBuilder::atBlockEnd(module->getBody());
  auto function = func::FuncOp::create(builder, value.getLoc(), "main", builder.getFunctionType({}, value.getType()));
  builder.setInsertionPointToStart(function.addEntryBlock());
  IRMapping copies;
  for (Operation *op : opsBehind(value))
    builder.clone(*op, copies);
  func::ReturnOp::create(builder, value.getLoc(), copies.lookup(value));
  FailureOr<std::vector<HostValue>> results = evaluateNetwork(function, {}, weights, nullptr);
  if (failed(results))
    return failure();
  return results->front();
}

/// The largest weight of each output channel is 127.
static FailureOr<std::vector<float>> weightScales(Operation *layer, const weights::WeightFile *weights) {
  FailureOr<HostValue> weight = evaluateWeight(layer->getOperand(1), weights);
  if (failed(weight))
    return failure();
  int64_t dim = weightChannels(layer), inner = 1;
  for (int64_t extent : ArrayRef(weight->dims).drop_front(dim + 1))
    inner *= extent;
  std::vector<float> scales(static_cast<size_t>(weight->dims[dim]));
  for (auto [i, number] : llvm::enumerate(floatsOf(*weight))) {
    if (!std::isfinite(number))
      return layer->emitError("a weight is NaN or infinite: the layer can't compute in 8 bits; --keep-f32 leaves it");
    float &scale = scales[i / static_cast<size_t>(inner) % scales.size()];
    scale = std::max(scale, std::fabs(number) / 127);
  }
  for (float &scale : scales)
    if (scale < std::numeric_limits<float>::min())
      scale = 1; // nothing but zeros
  return scales;
}

LogicalResult scaleWeights(const Specimen &specimen, const CalibrationOptions &options, Calibration &calibration) {
  for (Operation *layer : specimen.layers()) {
    FailureOr<std::vector<float>> scales = weightScales(layer, options.weights);
    if (failed(scales))
      return failure();
    LayerCalibration &entry = calibration.layers[specimen.numbers.of(layer->getResult(0))];
    entry.name = layerName(layer);
    entry.weightScale = std::move(*scales);
  }
  return success();
}

//===-- Errors ----------------------------------------------------------------------------------===//

namespace {

/// What was seen of a layer's results and of what 8 bits change in them.
struct Differences {
  LayerCalibration *layer;
  double positions = 1;              ///< Results per channel and sample, as far as shapes are known.
  std::vector<double> mean, squares; ///< Per channel; sums over the samples.
};

} // namespace

/// Appends the layer in 8 bits, and means: of the differences and of their squares per channel, and of the squares of
/// what is right.
static void appendDifferences(OpBuilder &builder, Operation *layer, const LayerCalibration &calibration, Scale scale,
                              SmallVectorImpl<Value> &results) {
  Location loc = layer->getLoc();
  Value input = quantisePair(builder, loc, activationOf(layer), scale);
  Value weight = quantiseWeight(builder, layer, calibration.weightScale);
  Operation *other = builder.clone(*layer);
  other->setOperand(0, input);
  other->setOperand(1, weight);
  Value right = layer->getResult(0);
  auto apply = [&](StringRef function, Value a, Value b) -> Value {
    return cnn::ElementwiseOp::create(builder, loc, right.getType(), function, ValueRange{a, b});
  };
  Value difference = apply("sub", right, other->getResult(0));
  int64_t channels = resultChannels(layer);
  results.push_back(reduceAll(builder, difference, cnn::ReduceKind::Mean, channels));
  results.push_back(reduceAll(builder, apply("mul", difference, difference), cnn::ReduceKind::Mean, channels));
  results.push_back(reduceAll(builder, apply("mul", right, right), cnn::ReduceKind::Mean));
}

static void add(Differences &differences, ArrayRef<HostValue> results) {
  auto channels = static_cast<size_t>(results[0].elements());
  differences.mean.resize(channels);
  differences.squares.resize(channels);
  for (size_t i = 0; i < channels; ++i) {
    differences.mean[i] += floatOf(results[0], i);
    differences.squares[i] += floatOf(results[1], i);
  }
  differences.layer->signal += floatOf(results[2]);
}

/// A mean of few results is far from what other pictures give: it is drawn to zero by how uncertain it is.
static void conclude(const Differences &differences, double samples, bool correctsBias) {
  LayerCalibration &layer = *differences.layer;
  for (auto [sum, squares] : llvm::zip_equal(differences.mean, differences.squares)) {
    double mean = sum / samples, square = squares / samples;
    double variance = std::max(square - mean * mean, 0.0) / (samples * differences.positions);
    double share = correctsBias && mean != 0 ? std::max(0.0, 1 - variance / (mean * mean)) : 0;
    layer.correction.push_back(static_cast<float>(share * mean));
    layer.noise += square - mean * mean * share * (2 - share);
  }
  layer.signal /= samples;
  layer.noise /= static_cast<double>(differences.mean.size());
}

/// Transposed convolutions compute in integers where the zero point is 0 alone: which taps count is different for
/// neighbouring results, and so is what another zero point adds to them.
static void dropShifted(const Specimen &specimen, Calibration &calibration) {
  for (Operation *layer : specimen.layers()) {
    auto convolution = dyn_cast<cnn::ConvolutionOp>(layer);
    if (convolution && convolution.getTransposed() &&
        calibration.scales.lookup(specimen.numbers.of(activationOf(layer))).zero != 0)
      calibration.layers.erase(specimen.numbers.of(layer->getResult(0)));
  }
}

LogicalResult judgeLayers(const Specimen &specimen, const CalibrationOptions &options, Calibration &calibration) {
  std::vector<Differences> layers;
  OwningOpRef<ModuleOp> copy = copyWithResults(specimen.module, [&](OpBuilder &builder, IRMapping &copies) {
    SmallVector<Value> results;
    for (Operation *layer : specimen.layers()) {
      LayerCalibration &entry = calibration.layers[specimen.numbers.of(layer->getResult(0))];
      Differences &differences = layers.emplace_back(Differences{&entry, 1, {}, {}});
      for (auto [dim, extent] : llvm::enumerate(typeOf(layer->getResult(0)).getShape()))
        if (static_cast<int64_t>(dim) != resultChannels(layer) && !ShapedType::isDynamic(extent))
          differences.positions *= static_cast<double>(extent);
      Scale scale = calibration.scales.lookup(specimen.numbers.of(activationOf(layer)));
      appendDifferences(builder, copies.lookup(layer), entry, scale, results);
    }
    return results;
  });
  double samples = 0;
  auto visit = [&](const std::string &, ArrayRef<HostValue> results) {
    ++samples;
    for (auto [i, differences] : llvm::enumerate(layers))
      add(differences, results.slice(3 * i, 3));
    return success();
  };
  if (failed(options.runner->run(*copy, visit)))
    return failure();
  for (const Differences &differences : layers)
    conclude(differences, samples, options.correctsBias);
  dropShifted(specimen, calibration);
  return success();
}

} // namespace convoy::compiler
