#include "compiler/Pipeline/Pipeline.h"
#include "schedules/core/Schedules.h"
#include "tools/convoy/Commands.h"
#include "tools/convoy/Progress.h"
#include "tools/convoy/calibrate/Networks.h"
#include "tools/convoy/report/Report.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/FileSystem.h"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <memory>
#include <unistd.h>

using namespace mlir;

namespace convoy::tools {

bool parseShape(StringRef text, llvm::StringMap<SmallVector<int64_t>> &shapes) {
  auto [name, dims] = text.rsplit('=');
  if (name.empty() || dims.empty())
    return false;
  SmallVector<int64_t> shape;
  for (StringRef part : llvm::split(dims, "x")) {
    int64_t extent = -1;
    if (part != "?" && (part.getAsInteger(10, extent) || extent <= 0))
      return false;
    shape.push_back(extent);
  }
  shapes[name] = shape;
  return true;
}

namespace {

/// Flags as the user wrote them.
struct Flags {
  std::string model, output, stopAfter = "package", target = "host", emit = "so", winograd = "f4", weights, cache,
                             ptxas, report;
  std::vector<std::string> shapes;
  TypeFlags types;
  bool noCache = false;
  int workers = 0;
};

bool parseKind(const std::string &text, compiler::PackageOptions &options, Globals &globals) {
  auto kind = llvm::StringSwitch<std::optional<compiler::PackageKind>>(text)
                  .Case("so", compiler::PackageKind::SharedLibrary)
                  .Case("lib", compiler::PackageKind::StaticLibrary)
                  .Case("exe", compiler::PackageKind::Executable)
                  .Default(std::nullopt);
  if (!kind)
    globals.fail("--emit=" + text + ": so (shared library), lib (static library and header) or exe (program)");
  else
    options.kind = *kind;
  return kind.has_value();
}

bool fillOptions(const Flags &flags, compiler::CompileOptions &options, Globals &globals) {
  std::optional<compiler::Phase> phase = compiler::phaseNamed(flags.stopAfter);
  if (!phase) {
    globals.fail("--stop-after=" + flags.stopAfter +
                 ": the phases are import, network, kernels, plan, objects, package");
    return false;
  }
  for (const std::string &shape : flags.shapes)
    if (!parseShape(shape, options.shapes)) {
      globals.fail("--shape " + shape + ": write NAME=1x3x224x224, with ? for a dimension that stays open");
      return false;
    }
  if (!parseKind(flags.emit, options.package, globals))
    return false;
  auto winograd = llvm::StringSwitch<int64_t>(flags.winograd).Case("off", 0).Case("f2", 2).Case("f4", 4).Default(-1);
  if (winograd < 0) {
    globals.fail("--winograd=" + flags.winograd + ": it is off, f2 or f4");
    return false;
  }
  options.winograd = winograd;
  options.model = flags.model;
  options.output = flags.output;
  options.stopAfter = *phase;
  options.target = flags.target;
  options.weights = flags.weights;
  options.cacheFolder = flags.cache;
  options.useCache = !flags.noCache;
  options.workers = flags.workers;
  options.assembler = flags.ptxas;
  if (!flags.types.preprocess.empty() && flags.types.calibrate.empty()) {
    globals.fail("--preprocess goes with --calibrate: it says what is done to its pictures");
    return false;
  }
  return fillTypes(flags.types, options, globals);
}

bool compileWith(compiler::CompileOptions options, Globals &globals) {
  DialectRegistry registry;
  compiler::registerDialects(registry);
  MLIRContext context(registry);
  DiagnosticPrinter printer(context, globals);
  int exitCode = exitUserError;
  options.onCrash = [&] { exitCode = exitInternalError; };
  if (succeeded(compiler::compileModel(context, options)))
    return true;
  globals.exitCode = exitCode;
  return false;
}

/// Why times can't be in the report; empty if they can.
std::string whyUnmeasured(const Flags &flags, const compiler::CompileOptions &options) {
  auto target = schedules::parseTarget(options.target);
  if (target && (target->has_gpu() || target->halide() != schedules::hostTarget().halide()))
    return "the module is for " + target->halide() + ", which this machine is not";
  if (options.stopAfter != compiler::Phase::Package)
    return "compilation stopped after the phase " + flags.stopAfter;
  return options.package.kind == compiler::PackageKind::SharedLibrary ? ""
                                                                      : "--emit=" + flags.emit + " can't be loaded";
}

void writeReport(const Flags &flags, const compiler::CompileOptions &options, const compiler::TypeReport &types,
                 Globals &globals) {
  CompileReport report;
  report.model = flags.model, report.target = flags.target, report.type = flags.types.type;
  report.types = types;
  report.unmeasured = whyUnmeasured(flags, options);
  if (report.unmeasured.empty())
    if (Status measured = measureModule(flags.output, report); !measured)
      report.unmeasured = measured.error();
  if (!report.unmeasured.empty())
    globals.say("report without times: " + report.unmeasured);
  if (Status written = tools::writeReport(report, flags.report); !written)
    return globals.fail(written.error());
  globals.event("report", {{"folder", flags.report}, {"unmeasured", report.unmeasured}});
  globals.say(flags.report + "/index.html and report.json written");
}

void runCompile(const Flags &flags, Globals &globals) {
  compiler::CompileOptions options;
  if (!fillOptions(flags, options, globals))
    return;
  compiler::TypeReport types;
  if (!flags.report.empty() || options.types == compiler::TypeChoice::Auto)
    options.typeReport = &types;
  if (!flags.report.empty())
    options.calibration.judge = options.calibration.runner ? options.calibration.runner
                                                           : std::make_shared<RandomRunner>(KernelOptions::of(options));
  options.onPhase = [&](compiler::Phase phase, double seconds) {
    globals.event("phase", {{"phase", compiler::nameOf(phase).str()}, {"seconds", seconds}});
    char line[64];
    std::snprintf(line, sizeof line, "%-8s %6.2f s", compiler::nameOf(phase).str().c_str(), seconds);
    globals.say(line);
  };
  std::unique_ptr<Progress> progress;
  options.onKernels = [&](const compiler::EmitProgress &kernels) {
    if (!progress)
      progress = std::make_unique<Progress>(globals, "kernels", kernels.total);
    progress->advance(kernels.done);
    if (kernels.last)
      globals.event("kernel", {{"kernel", kernels.last->debug().symbol()},
                               {"template", kernels.last->schedule().template_name()},
                               {"layers", std::vector<std::string>(kernels.last->debug().layers().begin(),
                                                                   kernels.last->debug().layers().end())},
                               {"seconds", kernels.seconds}});
    if (kernels.done == kernels.total)
      progress.reset();
  };
  options.onWarning = [&](const std::string &warning) { globals.say("warning: " + warning); };
  bool isNewFolder = !flags.report.empty() && !llvm::sys::fs::exists(flags.report);
  if (!flags.report.empty())
    if (Status made = makeReportFolder(flags.report); !made) // Before minutes of compiling.
      return globals.fail(made.error());
  if (!compileWith(options, globals)) {
    if (isNewFolder)
      rmdir(flags.report.c_str());
    return;
  }
  uint64_t bytes = 0;
  llvm::sys::fs::file_size(flags.output, bytes);
  globals.event("result", {{"output", flags.output}, {"bytes", bytes}});
  globals.say(flags.output + ": " + std::to_string(bytes) + " bytes");
  for (const std::string &line : summaryOf(types))
    globals.say(line);
  if (!flags.report.empty())
    writeReport(flags, options, types, globals);
}

} // namespace

void addCompileCommand(CLI::App &app, Globals &globals) {
  auto flags = std::make_shared<Flags>();
  CLI::App *command = app.add_subcommand("compile", "Compile a model file to a module");
  command->add_option("MODEL", flags->model, "ONNX model, text network, or the file of a phase")->required();
  command->add_option("-o", flags->output, "File to write")->required();
  command->add_option("--stop-after", flags->stopAfter,
                      "Phase after which to stop: import, network, kernels, plan, "
                      "objects, package; its file can be compiled further");
  command->add_option("--target", flags->target, targetHelp);
  command->add_option("--emit", flags->emit,
                      "so: a shared library; lib: a static library and its header; exe: a program");
  command->add_option("--ptxas", flags->ptxas, ptxasHelp);
  command->add_option("--winograd", flags->winograd,
                      "Largest Winograd transform of 3x3 convolutions: off, f2 or f4 (default); it rounds more");
  addTypeFlags(*command, flags->types);
  command->add_option("--weights", flags->weights, "Weights of a text network: .safetensors, .pth or .onnx");
  command->add_option("--shape", flags->shapes, "Shape of an input: NAME=1x3x224x224")->allow_extra_args(false);
  command->add_option("--report", flags->report,
                      "Folder for a page (index.html) and report.json with type, time and error of each layer");
  command->add_option("--cache", flags->cache, "Folder of compiled kernels (default: the user's cache)");
  command->add_flag("--no-cache", flags->noCache, "Compile every kernel anew");
  command->add_option("--workers", flags->workers, "Processes that compile kernels (default: one per core)")
      ->check(CLI::Range(1, 1024));
  command->callback([flags, &globals] { runCompile(*flags, globals); });
}

bool makeFolder(TemporaryFolder &folder, Globals &globals) {
  std::error_code error = folder.make();
  if (error)
    globals.fail("no folder for temporary files: " + error.message());
  return !error;
}

std::string moduleFor(const ModelFiles &files, const TemporaryFolder &folder, Globals &globals) {
  compiler::CompileOptions options;
  if (!fillTypes(files.types, options, globals))
    return "";
  if (compiler::kindOf(files.model) == compiler::FileKind::Module) {
    if (!files.types.areGiven())
      return files.model;
    globals.fail(files.model + ": a compiled module computes in the types it was compiled with; --dtype and "
                               "--calibrate go with a model");
    return "";
  }
  for (const std::string &shape :
       options.types == compiler::TypeChoice::Auto ? files.shapes : std::vector<std::string>())
    if (!parseShape(shape, options.shapes)) {
      globals.fail("--shape " + shape + ": write NAME=1x3x224x224");
      return "";
    }
  options.model = files.model;
  options.weights = files.weights;
  options.output = folder.file("module.so");
  return compileWith(options, globals) ? options.output : "";
}

} // namespace convoy::tools
