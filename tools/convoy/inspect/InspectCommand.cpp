#include "compiler/Pipeline/Pipeline.h"
#include "compiler/Plan/program.pb.h"
#include "tools/convoy/Commands.h"
#include "tools/convoy/Text.h"
#include "tools/convoy/inspect/InspectReport.h"

#include <CLI/CLI.hpp>
#include <convoy/runtime.h>
#include <google/protobuf/text_format.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <iterator>
#include <memory>

using namespace mlir;

namespace convoy::tools {

namespace {

struct Flags {
  std::string model, target = "host", weights, html;
  std::vector<std::string> shapes;
  TypeFlags types;
};

std::string shapeOf(const std::vector<std::string> &dims) {
  std::string text;
  for (const std::string &dim : dims)
    text += (text.empty() ? "" : "x") + dim;
  return text.empty() ? "scalar" : text;
}

std::string joinLayers(const google::protobuf::RepeatedPtrField<std::string> &layers) {
  std::string text;
  for (const std::string &layer : layers)
    text += (text.empty() ? "" : " + ") + layer;
  return text;
}

//===-- A model: what the plan says ---------------------------------------------------------------===//

std::string dimText(const proto::Size &size, const proto::Program &program) {
  if (size.size_case() != proto::Size::kExpression)
    return std::to_string(size.constant());
  const proto::Expression &expression = program.expressions(size.expression());
  if (expression.kind() == proto::Expression::SYMBOL)
    return program.symbols(static_cast<int>(expression.lhs().constant()));
  return "?";
}

std::string shapeText(const google::protobuf::RepeatedPtrField<proto::Size> &dims, const proto::Program &program) {
  std::vector<std::string> texts;
  for (const proto::Size &size : dims)
    texts.push_back(dimText(size, program));
  return shapeOf(texts);
}

/// `f32`, or `u8 x i8 -> u8` for a product of quantised numbers.
std::string typesOf(const proto::Kernel &kernel, const proto::Buffer &result) {
  auto name = [](proto::DataType type) { return std::string(convoy_type_name(static_cast<convoy_type>(type))); };
  std::string text = name(result.type());
  if (kernel.anchor() < 0)
    return text;
  const proto::Op &anchor = kernel.ops(kernel.anchor());
  if (anchor.kind() != "convolution" && anchor.kind() != "matmul")
    return text;
  proto::DataType left = kernel.tensors(anchor.inputs(0)).type(), right = kernel.tensors(anchor.inputs(1)).type();
  bool isPlain = left == right && left == kernel.tensors(anchor.outputs(0)).type();
  return isPlain ? text : name(left) + " x " + name(right) + " -> " + text;
}

std::vector<LaunchRow> rowsOf(const proto::Program &program) {
  std::vector<LaunchRow> rows;
  for (const proto::Step &step : program.steps()) {
    if (step.has_library_call()) {
      const proto::LibraryCall &call = step.library_call();
      const proto::Buffer &result = program.buffers(call.outputs(0));
      rows.push_back({joinLayers(call.layers()), call.function(), shapeText(result.dims(), program),
                      convoy_type_name(static_cast<convoy_type>(result.type()))});
    } else if (step.has_launch()) {
      const proto::Launch &launch = step.launch();
      const proto::Buffer &result = program.buffers(launch.buffers(launch.buffers_size() - 1));
      const proto::Kernel &kernel = program.kernels(launch.kernel());
      rows.push_back({joinLayers(launch.layers()), kernel.schedule().template_name(), shapeText(result.dims(), program),
                      typesOf(kernel, result), launch.multiply_adds(), launch.bytes()});
    }
  }
  return rows;
}

int64_t bytesOf(const proto::Buffer &buffer) {
  int64_t bytes = static_cast<int64_t>(convoy_type_bytes(static_cast<convoy_type>(buffer.type())));
  for (const proto::Size &dim : buffer.dims()) {
    if (dim.size_case() == proto::Size::kExpression)
      return -1;
    bytes *= dim.constant();
  }
  return bytes;
}

/// Inputs and outputs as if the caller had them on the host.
std::vector<CrossingRow> crossingsOf(const proto::Program &program) {
  auto onHost = [](const proto::Buffer &buffer) {
    return buffer.space() == proto::Buffer::HOST_ARENA || buffer.space() == proto::Buffer::INPUT ||
           buffer.space() == proto::Buffer::OUTPUT;
  };
  std::vector<CrossingRow> rows;
  for (const proto::Step &step : program.steps()) {
    if (!step.has_copy())
      continue;
    const proto::Buffer &from = program.buffers(step.copy().from()), &to = program.buffers(step.copy().to());
    if (onHost(from) == onHost(to))
      continue;
    std::string layer = joinLayers(step.copy().layers());
    if (from.space() == proto::Buffer::INPUT)
      layer = "input " + from.name();
    if (to.space() == proto::Buffer::OUTPUT)
      layer = "output " + to.name();
    rows.push_back({layer, onHost(to), bytesOf(from)});
  }
  return rows;
}

std::string sizeText(const proto::Size &size) {
  return size.size_case() == proto::Size::kExpression ? std::string("depends on the input's size")
                                                      : format("%.1f kB", static_cast<double>(size.constant()) / 1e3);
}

InspectReport reportOf(const proto::Program &program, const std::string &title, const Globals &globals) {
  InspectReport report;
  report.title = title;
  auto addPorts = [&](const char *kind, const google::protobuf::RepeatedPtrField<proto::Port> &ports) {
    for (const proto::Port &port : ports)
      report.head.push_back(format("%-7s %s: %s %s", kind, port.name().c_str(), shapeText(port.dims(), program).c_str(),
                                   convoy_type_name(static_cast<convoy_type>(port.type()))));
  };
  addPorts("input", program.inputs());
  addPorts("output", program.outputs());
  report.launches = rowsOf(program);
  report.crossings = crossingsOf(program);
  bool isStatic = program.arena_bytes().size_case() != proto::Size::kExpression;
  report.memory = format("weights %.1f kB, arena %s%s, %d distinct kernels",
                         static_cast<double>(program.weight_bytes()) / 1e3, sizeText(program.arena_bytes()).c_str(),
                         program.target().has_gpu() ? " on the device" : "", program.kernels_size());
  if (program.has_host_arena_bytes())
    report.memory += ", arena on the host " + sizeText(program.host_arena_bytes());
  globals.event("memory", {{"weights", program.weight_bytes()},
                           {"arena", isStatic ? nlohmann::json(program.arena_bytes().constant()) : nlohmann::json()},
                           {"kernels", program.kernels_size()}});
  return report;
}

void present(const InspectReport &report, const Flags &flags, Globals &globals) {
  showReport(report, globals);
  if (!flags.html.empty() && writeReportPage(report, flags.html, globals))
    globals.say(flags.html + " written");
}

void inspectModel(const Flags &flags, Globals &globals) {
  TemporaryFolder folder;
  compiler::CompileOptions options;
  if (!makeFolder(folder, globals))
    return;
  for (const std::string &shape : flags.shapes)
    if (!parseShape(shape, options.shapes))
      return globals.fail("--shape " + shape + ": write NAME=1x3x224x224, with ? for a dimension that stays open");
  DialectRegistry registry;
  compiler::registerDialects(registry);
  MLIRContext context(registry);
  DiagnosticPrinter printer(context, globals);
  options.model = flags.model;
  options.weights = flags.weights;
  options.target = flags.target;
  if (!fillTypes(flags.types, options, globals))
    return;
  options.output = folder.file("network.program");
  options.stopAfter = compiler::Phase::Plan;
  if (failed(compiler::compileModel(context, options))) {
    globals.exitCode = exitUserError;
    return;
  }
  std::ifstream file(options.output);
  std::string text((std::istreambuf_iterator<char>(file)), {});
  proto::Program program;
  if (!google::protobuf::TextFormat::ParseFromString(text, &program))
    return globals.fail(options.output + ": not readable as a program");
  present(reportOf(program, flags.model, globals), flags, globals);
}

//===-- A module: its tables ----------------------------------------------------------------------===//

void addValues(const char *kind, const convoy_value *values, int32_t count, const convoy_module &module,
               InspectReport &report) {
  for (int32_t i = 0; i < count; ++i) {
    std::vector<std::string> dims;
    for (int32_t dim = 0; dim < values[i].rank; ++dim) {
      int64_t extent = values[i].dims[dim];
      bool isSymbol = extent < 0 && -1 - extent < module.symbol_count;
      dims.push_back(extent >= 0 ? std::to_string(extent) : isSymbol ? module.symbols[-1 - extent] : "?");
    }
    report.head.push_back(
        format("%-7s %s: %s %s", kind, values[i].name, shapeOf(dims).c_str(), convoy_type_name(values[i].type)));
  }
}

void inspectModule(const Flags &flags, Globals &globals) {
  convoy_error error = {};
  convoy_library *library = nullptr;
  if (convoy_library_open(flags.model.c_str(), &library, &error))
    return globals.fail(error.message);
  const convoy_module &module = *convoy_library_module(library);
  InspectReport report;
  report.title = flags.model;
  report.head.push_back(format("module  %s, for %s, by %s", module.name, module.target, module.compiler));
  addValues("input", module.inputs, module.input_count, module, report);
  addValues("output", module.outputs, module.output_count, module, report);
  for (int32_t i = 0; i < module.launch_count; ++i) {
    const convoy_launch &launch = module.launches[i];
    report.launches.push_back({launch.layer, launch.schedule, "", "", launch.multiply_adds, launch.bytes});
  }
  std::string arena = module.symbol_count > 0 ? std::string("depends on the input's size")
                                              : format("%.1f kB", static_cast<double>(module.arena_bytes) / 1e3);
  report.memory =
      format("weights %.1f kB, arena %s, scratch %.1f kB a thread", static_cast<double>(module.weight_bytes) / 1e3,
             arena.c_str(), static_cast<double>(module.scratch_bytes) / 1e3);
  if (module.device != CONVOY_HOST)
    report.memory += format(", on the device %.1f kB; %d layers run on the host",
                            static_cast<double>(module.device_scratch_bytes) / 1e3, module.host_calls);
  globals.event("memory",
                {{"weights", module.weight_bytes}, {"arena", module.arena_bytes}, {"scratch", module.scratch_bytes}});
  present(report, flags, globals);
  convoy_library_close(library);
}

} // namespace

void addInspectCommand(CLI::App &app, Globals &globals) {
  auto flags = std::make_shared<Flags>();
  CLI::App *command = app.add_subcommand("inspect", "Show layers, shapes, multiply-adds and memory");
  command->add_option("MODEL", flags->model, "A model, or a compiled module")->required();
  command->add_option("--target", flags->target, targetHelp);
  addTypeFlags(*command, flags->types);
  command->add_option("--weights", flags->weights, "Weights of a text network");
  command->add_option("--shape", flags->shapes, "Shape of an input: NAME=1x3x224x224")->allow_extra_args(false);
  command->add_option("--html", flags->html, "Also write the report as one HTML page");
  command->callback([flags, &globals] {
    if (compiler::kindOf(flags->model) != compiler::FileKind::Module)
      inspectModel(*flags, globals);
    else if (flags->types.areGiven())
      globals.fail(flags->model + ": a compiled module computes in the types it was compiled with");
    else
      inspectModule(*flags, globals);
  });
}

} // namespace convoy::tools
