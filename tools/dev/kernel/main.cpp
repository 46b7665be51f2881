// Looks at one kernel: its candidates, its lowered statement and assembly, its result and its time. With --cases it
// runs a folder of kernels for test/schedules/test_*.py.
#include "tools/dev/kernel/Cases.h"
#include "tools/dev/kernel/Clock.h"
#include "tools/dev/kernel/Tensors.h"

#include <CLI/CLI.hpp>
#include <chrono>
#include <fstream>
#include <iostream>
#include <sstream>

using namespace convoy;
using namespace convoy::dev;

namespace {

struct Arguments {
  std::string kernel, schedule, target, statement, assembly, object;
  std::vector<std::string> inputs, outputs, symbols, knobs;
  std::string cases;
  bool objects = false;
  bool list = false, check = false, time = false;
  int threads = 0;
};

std::string describe(const proto::Schedule &schedule) {
  std::string text = schedule.template_name();
  std::map<std::string, int64_t> sorted(schedule.knobs().begin(), schedule.knobs().end());
  for (const auto &[name, value] : sorted)
    text += " " + name + "=" + std::to_string(value);
  return text;
}

int fail(const std::string &message) {
  std::cerr << "convoy-kernel: " << message << "\n";
  return 1;
}

std::pair<std::string, int64_t> parsePair(const std::string &text) {
  const size_t equals = text.find('=');
  return {text.substr(0, equals), equals == std::string::npos ? 0 : std::stoll(text.substr(equals + 1))};
}

Result<proto::Kernel> readScheduled(const Arguments &arguments) {
  Result<proto::Kernel> kernel = readKernel(arguments.kernel);
  if (!kernel)
    return kernel;
  if (!arguments.target.empty()) {
    Result<proto::Target> target = schedules::parseTarget(arguments.target);
    if (!target)
      return Error{target.error()};
    *kernel->mutable_target() = *target;
  }
  if (!arguments.schedule.empty()) {
    kernel->mutable_schedule()->Clear();
    kernel->mutable_schedule()->set_template_name(arguments.schedule);
  }
  for (const std::string &text : arguments.knobs) {
    auto [name, value] = parsePair(text);
    (*kernel->mutable_schedule()->mutable_knobs())[name] = value;
  }
  return schedules::withSchedule(*kernel);
}

int compileTo(const Arguments &arguments, const proto::Kernel &kernel) {
  const auto start = std::chrono::steady_clock::now();
  schedules::CompileOptions options;
  options.assembly = !arguments.assembly.empty();
  options.loweredStatement = !arguments.statement.empty();
  Result<schedules::CompiledKernel> compiled = schedules::compile(kernel, options);
  if (!compiled)
    return fail(compiled.error());
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::cerr << "compiled in " << seconds << " s, " << compiled->object.size() << " bytes, scratch "
            << compiled->scratchBytes << " a task, " << compiled->serialScratchBytes << " serial\n";
  if (!arguments.statement.empty())
    writeFile(arguments.statement, compiled->statement);
  if (!arguments.assembly.empty())
    writeFile(arguments.assembly, compiled->assembly);
  if (!arguments.object.empty())
    writeFile(arguments.object, compiled->object);
  return 0;
}

double multiplyAdds(const proto::Kernel &kernel) {
  double total = 0;
  auto product = [](const proto::Tensor &tensor, int from) {
    double count = 1;
    for (int dim = from; dim < tensor.dims_size(); ++dim)
      count *= double(std::max<int64_t>(1, tensor.dims(dim).extent()));
    return count;
  };
  for (const proto::Op &op : kernel.ops()) {
    const proto::Tensor &result = kernel.tensors(op.outputs(0));
    if (op.kind() == "convolution")
      total += product(result, 0) * product(kernel.tensors(op.inputs(1)), 1);
    if (op.kind() == "matmul") {
      const proto::Tensor &lhs = kernel.tensors(op.inputs(0));
      const auto transposed = op.attributes().find("transpose_lhs");
      const bool swap =
          transposed != op.attributes().end() && transposed->second.ints_size() && transposed->second.ints(0);
      total += product(result, 0) * double(lhs.dims(lhs.dims_size() - (swap ? 2 : 1)).extent());
    }
  }
  return total;
}

int timeIt(const proto::Kernel &kernel, const std::vector<std::string> &inputs, const Symbols &symbols) {
  Result<std::unique_ptr<schedules::InProcessKernel>> loaded = schedules::load(kernel);
  if (!loaded)
    return fail(loaded.error());
  std::vector<LaidOut> memory;
  std::vector<schedules::HostTensor> in, out;
  double bytes = 0;
  for (int position : kernel.inputs())
    memory.emplace_back(kernel.tensors(position), symbols);
  for (size_t i = 0; i < inputs.size(); ++i)
    memory[i].fromDense(inputs[i]);
  for (int position : kernel.outputs())
    memory.emplace_back(kernel.tensors(position), symbols);
  for (size_t i = 0; i < memory.size(); ++i)
    (i < inputs.size() ? in : out).push_back(memory[i].host());
  for (int position : kernel.inputs())
    bytes +=
        double(LaidOut(kernel.tensors(position), symbols).elements() * elementBytes(kernel.tensors(position).type()));
  for (int position : kernel.outputs())
    bytes +=
        double(LaidOut(kernel.tensors(position), symbols).elements() * elementBytes(kernel.tensors(position).type()));
  Status last = ok();
  Timing timing = measure([&] { last = (*loaded)->run(in, out); });
  if (!last)
    return fail(last.error());
  const double work = multiplyAdds(kernel);
  std::cout << "best " << timing.best << " us, median " << timing.median << " us, " << timing.gigahertz << " GHz";
  if (work > 0)
    std::cout << ", " << 2 * work / timing.best * 1e-3 << " GFLOP/s, "
              << 100 * work / (timing.best * 1e3 * timing.gigahertz * 32) << " % of 2x16 lanes on one core";
  std::cout << ", " << bytes / timing.best * 1e-3 << " GB/s\n";
  return 0;
}

int checkIt(const proto::Kernel &kernel, const std::vector<std::string> &inputs,
            const std::vector<std::string> &results, const Symbols &symbols) {
  const proto::Kernel plain = plainOnHost(kernel);
  Result<std::vector<std::string>> expected = runDense(plain, inputs, symbols);
  if (!expected)
    return fail("plain: " + expected.error());
  for (size_t i = 0; i < results.size(); ++i) {
    const proto::DataType type = kernel.tensors(kernel.outputs(int(i))).type();
    Difference difference = compare(type, results[i], (*expected)[i]);
    std::cout << "output " << i << ": largest difference " << difference.largest << " (relative "
              << difference.relative() << ") at " << difference.where << ", " << difference.unlike
              << " unlike elements\n";
    if (difference.unlike || difference.relative() > 1e-4)
      return fail("differs from the plain schedule");
  }
  return 0;
}

int runAll(const Arguments &arguments) {
  Result<proto::Kernel> kernel = readScheduled(arguments);
  if (!kernel)
    return fail(kernel.error());
  if (arguments.list) {
    Result<std::vector<proto::Schedule>> found = schedules::candidates(*kernel);
    if (!found)
      return fail(found.error());
    for (const proto::Schedule &schedule : *found)
      std::cout << describe(schedule) << "\n";
  }
  std::cerr << "schedule: " << describe(kernel->schedule()) << "\n";
  const bool wantsCode = !arguments.statement.empty() || !arguments.assembly.empty() || !arguments.object.empty();
  if (wantsCode)
    if (int status = compileTo(arguments, *kernel))
      return status;
  Symbols symbols;
  for (const std::string &text : arguments.symbols)
    symbols[std::stoi(parsePair(text).first)] = parsePair(text).second;
  if (!arguments.check && !arguments.time && arguments.outputs.empty())
    return 0;
  for (const proto::Tensor &tensor : kernel->tensors())
    for (const proto::Dim &dim : tensor.dims())
      if (dim.has_symbol() && !symbols.count(dim.symbol()))
        return fail("what extent has symbol " + std::to_string(dim.symbol()) + "? (--symbol)");
  std::vector<std::string> inputs;
  for (int i = 0; i < kernel->inputs_size(); ++i)
    inputs.push_back(size_t(i) < arguments.inputs.size()
                         ? readFile(arguments.inputs[size_t(i)])
                         : randomDense(kernel->tensors(kernel->inputs(i)), symbols, uint64_t(i) + 1));
  if (arguments.check || !arguments.outputs.empty()) {
    Result<std::vector<std::string>> results = runDense(*kernel, inputs, symbols);
    if (!results)
      return fail(results.error());
    for (size_t i = 0; i < arguments.outputs.size() && i < results->size(); ++i)
      writeFile(arguments.outputs[i], (*results)[i]);
    if (arguments.check)
      if (int status = checkIt(*kernel, inputs, *results, symbols))
        return status;
  }
  return arguments.time ? timeIt(*kernel, inputs, symbols) : 0;
}

} // namespace

int main(int count, char **values) {
  Arguments arguments;
  CLI::App app("Looks at one kernel: candidates, code, result, time");
  app.add_option("kernel", arguments.kernel, "kernel.proto message in text format");
  app.add_option("--cases", arguments.cases, "run NAME.textproto on NAME.inK for all in this folder");
  app.add_flag("--list", arguments.list, "print the candidate schedules, best first");
  app.add_flag("--objects", arguments.objects, "with --cases: compile to NAME.o and NAME.s instead");
  app.add_option("--schedule", arguments.schedule, "template to use instead of the kernel's own");
  app.add_option("--knob", arguments.knobs, "NAME=VALUE of that template");
  app.add_option("--target", arguments.target, "Halide target instead of the kernel's own");
  app.add_option("--statement", arguments.statement, "write the lowered statement (- for standard output)");
  app.add_option("--assembly", arguments.assembly, "write the assembly");
  app.add_option("--object", arguments.object, "write the object file");
  app.add_option("--symbol", arguments.symbols, "NUMBER=EXTENT of a symbolic dimension");
  app.add_option("--input", arguments.inputs, "dense raw bytes of an input; random where left out");
  app.add_option("--output", arguments.outputs, "where to write dense raw bytes of an output");
  app.add_flag("--check", arguments.check, "compare with the plain schedule");
  app.add_flag("--time", arguments.time, "measure; HL_NUM_THREADS sets the threads");
  CLI11_PARSE(app, count, values);
  if (!arguments.cases.empty())
    return arguments.objects ? compileCases(arguments.cases, arguments.target)
                             : runCases(arguments.cases, arguments.target);
  return arguments.kernel.empty() ? fail("which kernel?") : runAll(arguments);
}
