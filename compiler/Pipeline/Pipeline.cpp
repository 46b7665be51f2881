#include "compiler/Pipeline/Pipeline.h"

#include "compiler/Emit/Emit.h"
#include "compiler/Emit/Objects/Assembler.h"
#include "compiler/Evaluate/Evaluate.h"
#include "compiler/Frontend/Onnx/Onnx.h"
#include "compiler/Frontend/Text/Text.h"
#include "compiler/Kernels/Passes.h"
#include "compiler/Network/Passes.h"
#include "compiler/Pipeline/Border.h"
#include "compiler/Plan/Plan.h"
#include "dialects/cnn/Cnn.h"
#include "dialects/kernel/Kernel.h"
#include "schedules/core/Schedules.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/FileSystem.h"

#include <chrono>

using namespace mlir;

namespace convoy::compiler {

void registerDialects(DialectRegistry &registry) {
  registry.insert<cnn::CnnDialect, kernel::KernelDialect, func::FuncDialect>();
}

namespace {

/// One compilation: the state between phases and the flat list of steps.
class Compilation {
public:
  Compilation(MLIRContext &context, const CompileOptions &options)
      : context(context), options(options), border(options.output) {}

  LogicalResult run() {
    FailureOr<Phase> next = start();
    if (failed(next) || failed(checkTypes(*next)))
      return failure();
    for (int phase = static_cast<int>(*next); phase <= static_cast<int>(options.stopAfter); ++phase) {
      auto begin = std::chrono::steady_clock::now();
      if (failed(step(static_cast<Phase>(phase))))
        return failure();
      std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin;
      if (options.onPhase)
        options.onPhase(static_cast<Phase>(phase), spent.count());
    }
    return finish();
  }

private:
  LogicalResult fail(const Twine &message) { return emitError(UnknownLoc::get(&context)) << message; }

  /// Reads the model where it stands; the first phase that is left to do.
  FailureOr<Phase> start() {
    if (auto target = schedules::parseTarget(options.target); !target)
      return fail("--target: " + target.error());
    bool isNamed = !options.assembler.empty() && options.assembler != "off";
    if (auto assembler = isNamed ? findAssembler(options.assembler) : Assembler(); !assembler)
      return fail("--ptxas: " + assembler.error());
    if (failed(border.open(context)))
      return failure();
    switch (kindOf(options.model)) {
    case FileKind::Onnx:
    case FileKind::Text:
      return Phase::Import;
    case FileKind::Mlir:
      return readModule();
    case FileKind::Program:
      if (failed(border.readProgram(context, options.model, program)))
        return failure();
      return Phase::Objects;
    case FileKind::Objects:
      if (failed(border.readObjects(context, options.model, program, objects)))
        return failure();
      return Phase::Package;
    case FileKind::Module:
      return fail(options.model + ": a compiled module; give the model it was compiled from");
    case FileKind::Unknown:
      break;
    }
    if (!llvm::sys::fs::exists(options.model))
      return fail(options.model + ": no such file");
    return fail(options.model + ": neither an ONNX model, a text network nor the file of a phase");
  }

  /// Types are chosen at the end of the phase `network`.
  LogicalResult checkTypes(Phase next) {
    bool needsPictures = options.types == TypeChoice::I8 || options.types == TypeChoice::Auto;
    bool hasPictures = options.calibration.runner != nullptr;
    if (needsPictures && !hasPictures)
      return fail("--dtype=" + nameOf(options.types) +
                  " needs pictures like those the network will see: "
                  "--calibrate=FOLDER");
    if (!needsPictures && hasPictures)
      return fail("--calibrate goes with --dtype=i8 or --dtype=auto; without them it changes nothing");
    if (options.types != TypeChoice::F32 && next > Phase::Network)
      return fail(options.model + ": stands behind the phase network, in which types are chosen; --dtype=" +
                  nameOf(options.types) + " needs the model, or its file of the phase import");
    return success();
  }

  FailureOr<Phase> readModule() {
    module = border.readModule(context, options.model);
    if (!module)
      return failure();
    auto done = (*module)->getAttrOfType<StringAttr>("convoy.phase");
    std::optional<Phase> phase = done ? phaseNamed(done.getValue()) : Phase::Import;
    if (!phase || *phase > Phase::Kernels)
      return fail(options.model + ": convoy.phase names no phase: '" + (done ? done.getValue() : "") + "'");
    return static_cast<Phase>(static_cast<int>(*phase) + 1);
  }

  LogicalResult step(Phase phase) {
    switch (phase) {
    case Phase::Import:
      return importModel();
    case Phase::Network:
      return network();
    case Phase::Kernels:
      return runPasses(
          phase, [&](OpPassManager &manager) { buildKernelsPipeline(manager, {options.target, options.winograd}); });
    case Phase::Plan:
      return plan();
    case Phase::Objects:
      return compileObjects();
    case Phase::Package:
      return package();
    }
    return failure();
  }

  LogicalResult importModel() {
    std::string weights = border.weightsOfModule();
    FailureOr<OwningOpRef<ModuleOp>> imported =
        kindOf(options.model) == FileKind::Onnx
            ? frontend::importOnnx(context, {options.model, weights, options.shapes})
            : frontend::importText(context, {options.model, options.weights, weights, options.shapes});
    if (failed(imported))
      return failure();
    module = std::move(*imported);
    border.setWeights(*module, weights);
    return success();
  }

  LogicalResult network() {
    if (failed(runPasses(Phase::Network, [](OpPassManager &manager) { buildNetworkPipeline(manager); })))
      return failure();
    bool asksTypes = options.types != TypeChoice::F32 || options.typeReport;
    if (asksTypes && failed(border.openWeights(context)))
      return failure();
    return applyTypes(*module,
                      {options.types, options.calibration, border.weights(), options.target, options.typeReport});
  }

  template <typename Build> LogicalResult runPasses(Phase phase, Build build) {
    PassManager manager(&context);
    build(manager);
    if (failed(manager.run(*module)))
      return failure();
    (*module)->setAttr("convoy.phase", StringAttr::get(&context, nameOf(phase)));
    return success();
  }

  LogicalResult plan() {
    if (failed(border.openWeights(context)))
      return failure();
    PlanOptions planOptions{border.moduleName(), options.target, border.weightsOfProgram()};
    FailureOr<proto::Program> planned = planProgram(
        *module, planOptions, [&](kernel::PrepareOp prepare) { return evaluatePrepare(prepare, border.weights()); });
    if (failed(planned))
      return failure();
    program = std::move(*planned);
    return success();
  }

  LogicalResult compileObjects() {
    EmitOptions emit;
    emit.cacheFolder = options.cacheFolder;
    emit.useCache = options.useCache;
    emit.workers = options.workers;
    emit.assembler = options.assembler;
    emit.onProgress = options.onKernels;
    emit.onWarning = options.onWarning;
    emit.onCrash = options.onCrash;
    auto compiled = emitObjects(program, emit);
    if (!compiled)
      return fail(compiled.error());
    objects = std::move(*compiled);
    return success();
  }

  LogicalResult package() {
    auto done = emitPackage(program, objects, border.weightsOfProgram(), options.output, options.package);
    return done ? success() : fail(done.error());
  }

  /// Writes the border file where the compilation stops early.
  LogicalResult finish() {
    switch (options.stopAfter) {
    case Phase::Import:
    case Phase::Network:
    case Phase::Kernels:
      return border.writeModule(*module, options.output);
    case Phase::Plan:
      return border.writeProgram(context, program, options.output);
    case Phase::Objects:
      return border.writeObjects(context, program, objects, options.output);
    case Phase::Package:
      return success();
    }
    return failure();
  }

  MLIRContext &context;
  const CompileOptions &options;
  Border border;
  OwningOpRef<ModuleOp> module;
  proto::Program program;
  ObjectSet objects;
};

} // namespace

LogicalResult compileModel(MLIRContext &context, const CompileOptions &options) {
  return Compilation(context, options).run();
}

} // namespace convoy::compiler
