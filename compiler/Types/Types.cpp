#include "compiler/Types/Types.h"

#include "compiler/Types/Quantise/Calibration.h"
#include "compiler/Types/Quantise/Placement.h"
#include "dialects/cnn/Cnn.h"
#include "schedules/core/Schedules.h"

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/Support/GlobPattern.h"

using namespace mlir;

namespace convoy::compiler {

static constexpr std::pair<TypeChoice, llvm::StringLiteral> choiceNames[] = {
    {TypeChoice::F32, "f32"}, {TypeChoice::BF16, "bf16"}, {TypeChoice::I8, "i8"}, {TypeChoice::Auto, "auto"}};

std::optional<TypeChoice> typeChoiceNamed(StringRef name) {
  for (auto [choice, text] : choiceNames)
    if (text == name)
      return choice;
  return std::nullopt;
}

StringRef nameOf(TypeChoice choice) { return choiceNames[static_cast<int>(choice)].second; }

std::string layerName(Operation *op) {
  std::string name;
  op->getLoc()->walk([&](Location part) {
    if (auto named = dyn_cast<NameLoc>(part))
      name = named.getName().getValue().rsplit(':').second.str();
    return name.empty() ? WalkResult::advance() : WalkResult::interrupt();
  });
  return name;
}

bool isLayer(Operation *op) {
  return isa<cnn::ConvolutionOp, cnn::MatmulOp>(op) &&
         cast<RankedTensorType>(op->getResult(0).getType()).getElementType().isF32();
}

ComputeType LayerTypes::of(Operation *layer) const {
  auto found = layers.find(layerName(layer));
  return found == layers.end() ? common : found->second;
}

/// An op that computes with quantised numbers; null if there is none.
static Operation *findQuantised(ModuleOp module) {
  Operation *found = nullptr;
  module.walk([&](Operation *op) {
    bool isQuantised = isa<cnn::QuantizeOp, cnn::DequantizeOp, cnn::RequantizeOp>(op);
    if (isa<cnn::ConvolutionOp, cnn::MatmulOp>(op))
      isQuantised = cast<RankedTensorType>(op->getResult(0).getType()).getElementType().isInteger();
    if (isQuantised)
      found = op;
    return isQuantised ? WalkResult::interrupt() : WalkResult::advance();
  });
  return found;
}

/// Without products of bf16 in the processor every operand is widened first: slower than f32.
static LogicalResult checkBf16(ModuleOp module, const std::string &target) {
  auto parsed = schedules::parseTarget(target);
  if (!parsed)
    return emitError(UnknownLoc::get(module.getContext())) << "--target: " << parsed.error();
  if (parsed->has_gpu())
    return emitError(UnknownLoc::get(module.getContext())) << "--dtype=bf16: not available for GPUs";
  for (const char *feature : {"avx512_zen4", "avx512_zen5", "avx512_sapphirerapids"})
    if (StringRef(parsed->halide()).contains(feature))
      return success();
  return emitError(UnknownLoc::get(module.getContext()))
         << "--dtype=bf16: the target " << parsed->halide()
         << " has no products of bf16 (vdpbf16ps: avx512_zen4, avx512_zen5 or avx512_sapphirerapids); f32 is faster "
            "there";
}

/// The layers that the user wants to keep in f32.
static LogicalResult keepLayers(ModuleOp module, ArrayRef<std::string> patterns, LayerTypes &types) {
  for (const std::string &pattern : patterns) {
    auto glob = llvm::GlobPattern::create(pattern);
    if (!glob)
      return emitError(UnknownLoc::get(module.getContext()))
             << "--keep-f32=" << pattern << ": " << llvm::toString(glob.takeError());
    std::string others;
    bool any = false;
    module.walk([&](Operation *op) {
      if (!isLayer(op))
        return;
      std::string name = layerName(op);
      if (glob->match(name))
        types.layers[name] = ComputeType::F32, any = true;
      else if (others.size() < 200)
        others += (others.empty() ? "" : ", ") + name;
    });
    if (!any)
      return emitError(UnknownLoc::get(module.getContext()))
             << "--keep-f32=" << pattern << ": no layer is called like that; layers are " << others;
  }
  return success();
}

static LogicalResult quantiseAll(ModuleOp module, const TypesOptions &options) {
  LayerTypes types;
  types.common = ComputeType::I8;
  if (failed(keepLayers(module, options.calibration.keepF32, types)))
    return failure();
  CalibrationOptions how{options.calibration.method, options.calibration.correctsBias, options.calibration.runner.get(),
                         options.weights};
  FailureOr<Calibration> calibration = calibrate(module, how);
  return failed(calibration) ? failure() : quantise(module, types, *calibration);
}

LogicalResult applyTypes(ModuleOp module, const TypesOptions &options) {
  if (options.choice == TypeChoice::F32)
    return success();
  if (Operation *op = findQuantised(module))
    return op->emitError() << "the network is quantised already: it is compiled as it is, without --dtype="
                           << nameOf(options.choice);
  if (options.choice == TypeChoice::BF16) {
    LayerTypes types;
    types.common = ComputeType::BF16;
    return success(succeeded(checkBf16(module, options.target)) && succeeded(convertToBf16(module, types)));
  }
  if (options.choice == TypeChoice::I8)
    return quantiseAll(module, options);
  return emitError(UnknownLoc::get(module.getContext()))
         << "--dtype=" << nameOf(options.choice) << ": not available in this version";
}

} // namespace convoy::compiler
