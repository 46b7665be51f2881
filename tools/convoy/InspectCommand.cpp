#include "compiler/Pipeline/Pipeline.h"
#include "compiler/Plan/program.pb.h"
#include "tools/convoy/Commands.h"
#include "tools/convoy/Text.h"

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
  std::string model, target = "host", weights;
  std::vector<std::string> shapes;
};

/// One launch as the table shows it.
struct Row {
  std::string layer, kernel, shape;
  int64_t multiplyAdds = 0, bytes = 0;
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

void showRows(const std::vector<Row> &rows, Globals &globals) {
  globals.result("   M mult-adds        kB  result            kernel                layers");
  int64_t multiplyAdds = 0;
  for (const Row &row : rows) {
    multiplyAdds += row.multiplyAdds;
    globals.event("launch", {{"layer", row.layer},
                             {"kernel", row.kernel},
                             {"result", row.shape},
                             {"multiply_adds", row.multiplyAdds},
                             {"bytes", row.bytes}});
    globals.result(format("%14.3f %9.1f  %-16s  %-20s  %s", static_cast<double>(row.multiplyAdds) / 1e6,
                          static_cast<double>(row.bytes) / 1e3, row.shape.c_str(), row.kernel.c_str(),
                          row.layer.c_str()));
  }
  globals.event("total", {{"launches", rows.size()}, {"multiply_adds", multiplyAdds}});
  globals.result(
      format("%14.3f M multiply-adds in %zu launches", static_cast<double>(multiplyAdds) / 1e6, rows.size()));
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

std::vector<Row> rowsOf(const proto::Program &program) {
  std::vector<Row> rows;
  for (const proto::Step &step : program.steps()) {
    if (step.has_library_call()) {
      const proto::LibraryCall &call = step.library_call();
      rows.push_back(
          {joinLayers(call.layers()), call.function(), shapeText(program.buffers(call.outputs(0)).dims(), program)});
    } else if (step.has_launch()) {
      const proto::Launch &launch = step.launch();
      const proto::Buffer &result = program.buffers(launch.buffers(launch.buffers_size() - 1));
      rows.push_back({joinLayers(launch.layers()), program.kernels(launch.kernel()).schedule().template_name(),
                      shapeText(result.dims(), program), launch.multiply_adds(), launch.bytes()});
    }
  }
  return rows;
}

void showProgram(const proto::Program &program, Globals &globals) {
  auto showPorts = [&](const char *kind, const google::protobuf::RepeatedPtrField<proto::Port> &ports) {
    for (const proto::Port &port : ports)
      globals.result(format("%-7s %s: %s %s", kind, port.name().c_str(), shapeText(port.dims(), program).c_str(),
                            convoy_type_name(static_cast<convoy_type>(port.type()))));
  };
  showPorts("input", program.inputs());
  showPorts("output", program.outputs());
  showRows(rowsOf(program), globals);
  bool isStatic = program.arena_bytes().size_case() != proto::Size::kExpression;
  std::string arena = isStatic ? format("%.1f kB", static_cast<double>(program.arena_bytes().constant()) / 1e3)
                               : std::string("depends on the input's size");
  globals.event("memory", {{"weights", program.weight_bytes()},
                           {"arena", isStatic ? nlohmann::json(program.arena_bytes().constant()) : nlohmann::json()},
                           {"kernels", program.kernels_size()}});
  globals.result(format("weights %.1f kB, arena %s, %d distinct kernels",
                        static_cast<double>(program.weight_bytes()) / 1e3, arena.c_str(), program.kernels_size()));
}

void inspectModel(const Flags &flags, Globals &globals) {
  TemporaryFolder folder;
  compiler::CompileOptions options;
  if (!folder.make(globals))
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
  showProgram(program, globals);
}

//===-- A module: its tables ----------------------------------------------------------------------===//

void showValues(const char *kind, const convoy_value *values, int32_t count, const convoy_module &module,
                Globals &globals) {
  for (int32_t i = 0; i < count; ++i) {
    std::vector<std::string> dims;
    for (int32_t dim = 0; dim < values[i].rank; ++dim) {
      int64_t extent = values[i].dims[dim];
      bool isSymbol = extent < 0 && -1 - extent < module.symbol_count;
      dims.push_back(extent >= 0 ? std::to_string(extent) : isSymbol ? module.symbols[-1 - extent] : "?");
    }
    globals.result(
        format("%-7s %s: %s %s", kind, values[i].name, shapeOf(dims).c_str(), convoy_type_name(values[i].type)));
  }
}

void inspectModule(const Flags &flags, Globals &globals) {
  convoy_error error = {};
  convoy_library *library = nullptr;
  if (convoy_library_open(flags.model.c_str(), &library, &error))
    return globals.fail(error.message);
  const convoy_module &module = *convoy_library_module(library);
  globals.result(format("module  %s, for %s, by %s", module.name, module.target, module.compiler));
  showValues("input", module.inputs, module.input_count, module, globals);
  showValues("output", module.outputs, module.output_count, module, globals);
  std::vector<Row> rows;
  for (int32_t i = 0; i < module.launch_count; ++i) {
    const convoy_launch &launch = module.launches[i];
    rows.push_back({launch.layer, launch.schedule, "", launch.multiply_adds, launch.bytes});
  }
  showRows(rows, globals);
  globals.event("memory",
                {{"weights", module.weight_bytes}, {"arena", module.arena_bytes}, {"scratch", module.scratch_bytes}});
  globals.result(
      format("weights %.1f kB, arena %s, scratch %.1f kB a thread", static_cast<double>(module.weight_bytes) / 1e3,
             module.symbol_count > 0 ? "depends on the input's size"
                                     : format("%.1f kB", static_cast<double>(module.arena_bytes) / 1e3).c_str(),
             static_cast<double>(module.scratch_bytes) / 1e3));
  convoy_library_close(library);
}

} // namespace

void addInspectCommand(CLI::App &app, Globals &globals) {
  auto flags = std::make_shared<Flags>();
  CLI::App *command = app.add_subcommand("inspect", "Show layers, shapes, multiply-adds and memory");
  command->add_option("MODEL", flags->model, "A model, or a compiled module")->required();
  command->add_option("--target", flags->target, "host, or a Halide target string");
  command->add_option("--weights", flags->weights, "Weights of a text network");
  command->add_option("--shape", flags->shapes, "Shape of an input: NAME=1x3x224x224")->allow_extra_args(false);
  command->callback([flags, &globals] {
    if (compiler::kindOf(flags->model) == compiler::FileKind::Module)
      inspectModule(*flags, globals);
    else
      inspectModel(*flags, globals);
  });
}

} // namespace convoy::tools
