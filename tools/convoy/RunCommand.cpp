#include "tools/convoy/Commands.h"

#include "runtime/data/npy.h"
#include "tools/convoy/Text.h"
#include "tools/convoy/io/Device.h"
#include "tools/convoy/io/Inputs.h"
#include "tools/convoy/io/Results.h"
#include "tools/convoy/io/picture/Labels.h"
#include "tools/convoy/io/picture/Picture.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

namespace convoy::tools {

namespace {

/// Flags as the user wrote them.
struct Flags {
  std::string module, weights, labels, output;
  std::vector<std::string> inputs, shapes, expected;
  int top = 0, threads = 0, runs = 1;
  uint64_t seed = 1;
  double tolerance = 1e-4;
  std::optional<int> device;
  TypeFlags types;
};

std::vector<std::string> outputNames(const convoy_module &module) {
  std::vector<std::string> names;
  for (int32_t i = 0; i < module.output_count; ++i)
    names.push_back(module.outputs[i].name);
  return names;
}

/// Runs as often as asked; the fastest time in seconds.
Result<double> runSession(convoy_session *session, const std::vector<convoy_tensor> &inputs,
                          std::vector<convoy_tensor> &outputs, int runs) {
  double fastest = 0;
  for (int run = 0; run < runs; ++run) {
    std::fill(outputs.begin(), outputs.end(), convoy_tensor{});
    convoy_error error = {};
    auto start = std::chrono::steady_clock::now();
    if (convoy_session_run(session, inputs.data(), outputs.data(), &error))
      return Error{error.message};
    double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    fastest = run ? std::min(fastest, seconds) : seconds;
  }
  return fastest;
}

void showClasses(const std::string &name, const convoy_tensor &tensor, const std::vector<std::string> &labels, int top,
                 const Globals &globals) {
  std::vector<Guess> guesses = likeliest(tensor, static_cast<size_t>(top));
  nlohmann::json list = nlohmann::json::array();
  for (const Guess &guess : guesses) {
    std::string label = guess.index < labels.size() ? labels[guess.index] : "";
    globals.result(format("%5zu  %.3f  %s", guess.index, guess.probability, label.c_str()));
    list.push_back({{"class", guess.index}, {"probability", guess.probability}, {"label", label}});
  }
  globals.event("result", {{"output", name}, {"top", list}});
}

void showOutputs(const convoy_module &module, const std::vector<convoy_tensor> &outputs, const Flags &flags,
                 const std::vector<std::string> &labels, const Globals &globals) {
  int top = flags.top ? flags.top : labels.empty() ? 0 : 5;
  for (int32_t i = 0; i < module.output_count; ++i) {
    std::string name = module.outputs[i].name;
    if (top > 0 && !likeliest(outputs[i], 1).empty()) {
      showClasses(name, outputs[i], labels, top, globals);
      continue;
    }
    globals.result(name + ": " + summarise(outputs[i]));
    globals.event("result", {{"output", name},
                             {"type", convoy_type_name(outputs[i].type)},
                             {"dims", std::vector<int64_t>(outputs[i].dims, outputs[i].dims + outputs[i].rank)}});
  }
}

Status writeOutputs(const convoy_module &module, const std::vector<convoy_tensor> &outputs, const std::string &folder) {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed)
    return Error{"can't make the folder " + folder + ": " + failed.message()};
  for (int32_t i = 0; i < module.output_count; ++i) {
    std::string name = module.outputs[i].name;
    std::replace(name.begin(), name.end(), '/', '_');
    convoy_error error = {};
    if (convoy_npy_write((folder + "/" + name + ".npy").c_str(), &outputs[i], &error))
      return Error{error.message};
  }
  return ok();
}

/// Where an argument of --expect says what is expected of which output.
Result<std::pair<int32_t, HostTensor>> readExpected(const convoy_module &module, const std::string &argument) {
  size_t equals = argument.find('=');
  bool named = equals != std::string::npos;
  std::string name = named ? argument.substr(0, equals) : module.output_count == 1 ? module.outputs[0].name : "";
  int32_t output = convoy_module_find_output(&module, name.c_str());
  if (output < 0)
    return Error{"--expect " + argument + ": the network has no output '" + name + "'" +
                 suggestion(name, outputNames(module))};
  std::string path = named ? argument.substr(equals + 1) : argument;
  if (path.size() > 3 && path.substr(path.size() - 3) == ".pb") {
    auto tensor = readTensorProto(path);
    if (!tensor)
      return Error{tensor.error()};
    return std::make_pair(output, std::move(*tensor));
  }
  convoy_tensor tensor = {};
  convoy_error error = {};
  if (convoy_npy_read(path.c_str(), &tensor, &error))
    return Error{error.message};
  return std::make_pair(output, HostTensor::adopt(tensor));
}

void checkExpected(const convoy_module &module, const std::vector<convoy_tensor> &outputs, const Flags &flags,
                   Globals &globals) {
  for (const std::string &argument : flags.expected) {
    auto expected = readExpected(module, argument);
    if (!expected)
      return globals.fail(expected.error());
    std::string name = module.outputs[expected->first].name;
    auto difference = compare(outputs[expected->first], expected->second.tensor);
    if (!difference)
      return globals.fail("output '" + name + "': " + difference.error());
    globals.event("comparison",
                  {{"output", name}, {"largest", difference->largest}, {"relative", difference->relative}});
    if (difference->relative > flags.tolerance)
      globals.fail(format("output '%s' differs by %g at element %zu, %g of the largest expected value", name.c_str(),
                          difference->largest, difference->index, difference->relative));
    else
      globals.say(format("output '%s' agrees: it differs by %g, %g of the largest value", name.c_str(),
                         difference->largest, difference->relative));
  }
}

/// Everything that can fail for the user's reasons.
Status run(const Flags &flags, Globals &globals) {
  if (!flags.types.preprocess.empty())
    if (auto known = parsePreprocess(flags.types.preprocess); !known)
      return Error{known.error()};
  TemporaryFolder folder;
  std::string path = makeFolder(folder, globals)
                         ? moduleFor({flags.module, flags.weights, flags.types, flags.shapes}, folder, globals)
                         : "";
  if (path.empty())
    return ok(); // reported
  auto module = Module::open(path);
  if (!module)
    return Error{module.error()};
  std::vector<std::string> labels;
  if (!flags.labels.empty()) {
    auto read = readLabels(flags.labels);
    if (!read)
      return Error{read.error()};
    labels = std::move(*read);
  }
  auto shapes = parseShapes(flags.shapes);
  if (!shapes)
    return Error{shapes.error()};
  auto inputs = readInputs(**module, {flags.inputs, flags.types.preprocess, *shapes, flags.seed}, globals);
  if (!inputs)
    return Error{inputs.error()};
  auto device = Device::openFor(**module, flags.device, globals);
  if (!device)
    return Error{device.error()};
  convoy_session_options options = {};
  options.threads = flags.threads;
  options.backend = device->backend();
  auto session = module->createSession(options);
  if (!session)
    return Error{session.error()};
  std::vector<convoy_tensor> outputs((*module)->output_count);
  auto seconds = runSession(session->get(), viewsOf(*inputs), outputs, flags.runs);
  if (!seconds)
    return Error{seconds.error()};
  showOutputs(**module, outputs, flags, labels, globals);
  globals.event("time", {{"milliseconds", *seconds * 1e3}, {"runs", flags.runs}});
  globals.say(
      format(flags.runs > 1 ? "%.2f ms, the fastest of %d runs" : "%.2f ms, one run", *seconds * 1e3, flags.runs));
  if (!flags.output.empty())
    if (auto written = writeOutputs(**module, outputs, flags.output); !written)
      return written;
  checkExpected(**module, outputs, flags, globals);
  return ok();
}

} // namespace

void addRunCommand(CLI::App &app, Globals &globals) {
  auto flags = std::make_shared<Flags>();
  CLI::App *command = app.add_subcommand("run", "Run a network on given or random inputs");
  command->add_option("MODULE", flags->module, "Compiled module, or a model, which is compiled first")->required();
  command->add_option("--input", flags->inputs, "NAME=FILE for each input: .npy, .pb (ONNX tensor), .png or .jpg")
      ->allow_extra_args(false);
  command->add_option("--preprocess", flags->types.preprocess,
                      "What is done to pictures: imagenet (shorter side 256 bicubic, centre 224, mean and deviation), "
                      "unit (stretched, 0 to 1), tf (-1 to 1), raw (0 to 255)");
  command->add_option("--labels", flags->labels, "Names of classes: one a line, or torchvision's models/_meta.py");
  command->add_option("--top", flags->top, "Show so many of the likeliest classes")->check(CLI::Range(1, 1000000));
  command->add_option("--output", flags->output, "Folder for the outputs, as NAME.npy");
  command->add_option("--expect", flags->expected, "NAME=FILE.npy or .pb: fail if an output differs from it")
      ->allow_extra_args(false);
  command->add_option("--tolerance", flags->tolerance, "For --expect, relative to the largest value (1e-4)");
  addTypeFlags(*command, flags->types);
  command->add_option("--weights", flags->weights, "Weights of a text network, where MODULE is one");
  command->add_option("--shape", flags->shapes, "NAME=1x3x224x224: shape of a random input")->allow_extra_args(false);
  command->add_option("--seed", flags->seed, "Of random inputs (1)");
  command->add_option("--threads", flags->threads, "Threads (default: one per core)")->check(CLI::Range(1, 1024));
  command->add_option("--device", flags->device, "Which GPU, of a module for one (0)")->check(CLI::Range(0, 1023));
  command->add_option("--runs", flags->runs, "Run so often, and tell the fastest time (1)")
      ->check(CLI::Range(1, 1000000));
  command->callback([flags, &globals] {
    if (auto done = run(*flags, globals); !done)
      globals.fail(done.error());
  });
}

} // namespace convoy::tools
