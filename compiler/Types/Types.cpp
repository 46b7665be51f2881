#include "compiler/Types/Types.h"

#include "compiler/Types/Auto/Choose.h"
#include "compiler/Types/Auto/Errors.h"
#include "compiler/Types/Quantise/Build.h"
#include "compiler/Types/Quantise/Calibration.h"
#include "compiler/Types/Quantise/Placement.h"
#include "dialects/cnn/Cnn.h"
#include "schedules/core/Schedules.h"

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/StringSet.h"
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
      name = named.getName().getValue().split(':').second.str(); // Behind the file's.
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

/// The type in which a layer that was converted reads its weight.
static ComputeType computeTypeOf(Operation *layer) {
  Operation *weight = layer->getOperand(1).getDefiningOp();
  while (weight && isa<cnn::ReshapeOp, cnn::TransposeOp>(weight))
    weight = weight->getOperand(0).getDefiningOp();
  if (isa_and_nonnull<cnn::DequantizeOp>(weight))
    return ComputeType::I8;
  auto cast = dyn_cast_or_null<cnn::CastOp>(weight);
  bool isHalf = cast && cast.getInput().getType().getElementType().isBF16();
  return isHalf ? ComputeType::BF16 : ComputeType::F32;
}

static std::vector<std::pair<std::string, ComputeType>> computeTypesOf(ModuleOp module) {
  std::vector<std::pair<std::string, ComputeType>> types;
  for (Operation &op : mainFunction(module).getBody().front())
    if (isLayer(&op))
      types.push_back({layerName(&op), computeTypeOf(&op)});
  return types;
}

/// Whether the processor has products of bf16 (vdpbf16ps); without them every operand is widened first.
static bool multipliesHalves(const proto::Target &target) {
  return llvm::any_of(std::array{"avx512_zen4", "avx512_zen5", "avx512_sapphirerapids"},
                      [&](const char *feature) { return StringRef(target.halide()).contains(feature); });
}

static LogicalResult checkBf16(ModuleOp module, const std::string &target) {
  auto parsed = schedules::parseTarget(target);
  if (!parsed)
    return emitError(UnknownLoc::get(module.getContext())) << "--target: " << parsed.error();
  if (parsed->has_gpu() || multipliesHalves(*parsed)) // A GPU widens while it copies tiles: half the bytes.
    return success();
  return emitError(UnknownLoc::get(module.getContext()))
         << "--dtype=bf16: the target " << parsed->halide()
         << " has no products of bf16 (vdpbf16ps: avx512_zen4, avx512_zen5 or avx512_sapphirerapids); f32 is faster "
            "there";
}

/// The layers that the user wants to keep in f32.
static FailureOr<llvm::StringSet<>> keptLayers(ModuleOp module, ArrayRef<std::string> patterns) {
  llvm::StringSet<> kept;
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
        kept.insert(name), any = true;
      else if (others.size() < 200)
        others += (others.empty() ? "" : ", ") + name;
    });
    if (!any)
      return emitError(UnknownLoc::get(module.getContext()))
             << "--keep-f32=" << pattern << ": no layer is called like that; layers are " << others;
  }
  return kept;
}

/// This type for all layers but those.
static LayerTypes typesBut(const llvm::StringSet<> &kept, ComputeType common) {
  LayerTypes types;
  types.common = common;
  for (const auto &entry : kept)
    types.layers[entry.getKey()] = ComputeType::F32;
  return types;
}

static FailureOr<Calibration> calibrateFor(ModuleOp module, const llvm::StringSet<> &kept,
                                           const TypesOptions &options) {
  return calibrate(module, {options.calibration.method, options.calibration.correctsBias,
                            options.calibration.runner.get(), options.weights, kept});
}

static LogicalResult quantiseAll(ModuleOp module, const llvm::StringSet<> &kept, const TypesOptions &options) {
  FailureOr<Calibration> calibration = calibrateFor(module, kept, options);
  return failed(calibration) ? failure() : quantise(module, typesBut(kept, ComputeType::I8), *calibration);
}

/// A copy that can be compiled and run where it is.
static OwningOpRef<ModuleOp> specimenOf(ModuleOp module, const TypesOptions &options) {
  OwningOpRef<ModuleOp> copy = module.clone();
  if (options.weights)
    (*copy)->setAttr(cnn::weightsAttrName, StringAttr::get(module.getContext(), options.weights->path()));
  return copy;
}

/// Types are measured, so this machine must be the one that is compiled for, and sizes must be known.
static LogicalResult checkMeasurable(ModuleOp module, const proto::Target &target) {
  auto fail = [&] { return emitError(UnknownLoc::get(module.getContext())) << "--dtype=auto: "; };
  if (target.has_gpu() || target.halide() != schedules::hostTarget().halide())
    return fail() << "layers are measured in each type on this machine, which is no " << target.halide()
                  << "; compile there, or choose --dtype=f32, bf16 or i8";
  for (BlockArgument argument : mainFunction(module).getArguments())
    if (auto type = dyn_cast<RankedTensorType>(argument.getType()); type && !type.hasStaticShape())
      return fail() << "layers are measured at the sizes that the network will have: give them by --shape";
  return success();
}

/// Not every layer can have the type that was chosen for it.
static void correctTypes(ModuleOp converted, TypeReport &report) {
  llvm::StringMap<ComputeType> types;
  for (auto &[name, type] : computeTypesOf(converted))
    types[name] = type;
  for (TypeReport::Layer &layer : report.layers)
    layer.type = types.lookup(layer.name);
}

static LogicalResult chooseAll(ModuleOp module, const TypesOptions &options) {
  auto target = schedules::parseTarget(options.target);
  if (!target)
    return emitError(UnknownLoc::get(module.getContext())) << "--target: " << target.error();
  ChoiceOptions choice;
  if (failed(checkMeasurable(module, *target)))
    return failure();
  FailureOr<llvm::StringSet<>> kept = keptLayers(module, options.calibration.keepF32);
  if (failed(kept))
    return failure();
  OwningOpRef<ModuleOp> specimen = specimenOf(module, options);
  FailureOr<Calibration> calibration = calibrateFor(module, *kept, options);
  if (failed(calibration))
    return failure();
  choice.calibration = &*calibration;
  choice.kept = std::move(*kept);
  choice.runner = options.calibration.runner.get();
  choice.timer = options.calibration.timer.get();
  choice.hasBf16 = multipliesHalves(*target);
  choice.budget = options.calibration.errorBudget;
  choice.report = options.report;
  FailureOr<LayerTypes> types = chooseTypes(*specimen, choice);
  if (failed(types) || failed(quantise(module, *types, *calibration)) ||
      (choice.hasBf16 && failed(convertToBf16(module, *types))))
    return failure();
  if (options.report)
    correctTypes(module, *options.report);
  return success();
}

/// All layers in one type, that of the choice.
static LogicalResult applyOne(ModuleOp module, const TypesOptions &options) {
  if (options.choice == TypeChoice::F32)
    return success();
  FailureOr<llvm::StringSet<>> kept = keptLayers(module, options.calibration.keepF32);
  if (failed(kept))
    return failure();
  if (options.choice == TypeChoice::I8)
    return quantiseAll(module, *kept, options);
  return success(succeeded(checkBf16(module, options.target)) &&
                 succeeded(convertToBf16(module, typesBut(*kept, ComputeType::BF16))));
}

/// A network that the flag leaves as it is had better be known.
static void warnIfUnchanged(ModuleOp module, TypeChoice choice) {
  std::vector<std::pair<std::string, ComputeType>> types = computeTypesOf(module);
  bool isChanged = llvm::any_of(types, [](const auto &layer) { return layer.second != ComputeType::F32; });
  if (!isChanged)
    emitWarning(UnknownLoc::get(module.getContext()))
        << "--dtype=" << nameOf(choice) << " changes nothing: of the network's " << types.size()
        << " convolutions and products none can compute in fewer bits with gain, or --keep-f32 keeps them";
}

/// What came of one type for all layers.
static LogicalResult report(ModuleOp original, ModuleOp converted, const TypesOptions &options) {
  NetworkErrors errors;
  bool isMeasured = options.choice == TypeChoice::F32 || options.calibration.judge;
  if (options.choice != TypeChoice::F32 && options.calibration.judge) {
    OwningOpRef<ModuleOp> copy = specimenOf(converted, options);
    FailureOr<NetworkErrors> found = measureErrors(original, *copy, *options.calibration.judge);
    if (failed(found))
      return failure();
    errors = std::move(*found);
  }
  TypeReport::Candidate all{nameOf(options.choice).str()};
  all.isChosen = true;
  all.error = isMeasured ? errors.results : -1;
  options.report->candidates.push_back(all);
  for (auto &[name, type] : computeTypesOf(converted))
    options.report->layers.push_back({name, type, isMeasured ? errors.layers.lookup(name) : -1});
  return success();
}

LogicalResult applyTypes(ModuleOp module, const TypesOptions &options) {
  Operation *quantised = findQuantised(module);
  if (options.choice == TypeChoice::F32 && (quantised || !options.report))
    return success();
  if (quantised)
    return quantised->emitError() << "the network is quantised already: it is compiled as it is, without --dtype="
                                  << nameOf(options.choice);
  if (options.choice == TypeChoice::Auto && computeTypesOf(module).empty())
    return warnIfUnchanged(module, options.choice), success();
  if (options.choice == TypeChoice::Auto)
    return chooseAll(module, options);
  OwningOpRef<ModuleOp> original = options.report ? specimenOf(module, options) : OwningOpRef<ModuleOp>();
  if (failed(applyOne(module, options)))
    return failure();
  if (options.choice != TypeChoice::F32)
    warnIfUnchanged(module, options.choice);
  return options.report ? report(*original, module, options) : success();
}

} // namespace convoy::compiler
