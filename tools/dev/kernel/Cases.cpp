#include "tools/dev/kernel/Cases.h"
#include "tools/dev/kernel/Tensors.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

namespace convoy::dev {

std::string readFile(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

bool writeFile(const std::string &path, const std::string &bytes) {
  if (path == "-") {
    std::cout << bytes;
    return true;
  }
  return bool(std::ofstream(path, std::ios::binary) << bytes);
}

namespace {

Symbols readSymbols(const std::string &path) {
  Symbols symbols;
  std::istringstream lines(readFile(path));
  for (std::string line; std::getline(lines, line);)
    if (const size_t equals = line.find('='); equals != std::string::npos)
      symbols[std::stoi(line)] = std::stoll(line.substr(equals + 1));
  return symbols;
}

/// Runs one case; a message if that fails.
std::string runCase(const std::string &stem, const proto::Target &target) {
  Result<proto::Kernel> kernel = readKernel(stem + ".textproto");
  if (!kernel)
    return kernel.error();
  *kernel->mutable_target() = target;
  const Symbols symbols = readSymbols(stem + ".symbols");
  std::vector<std::string> inputs;
  for (int i = 0; i < kernel->inputs_size(); ++i)
    inputs.push_back(readFile(stem + ".in" + std::to_string(i)));
  for (const char *kind : {"best", "plain"}) {
    const proto::Kernel scheduled = std::string(kind) == "plain" ? plainOnHost(*kernel) : *kernel;
    Result<std::vector<std::string>> results = runDense(scheduled, inputs, symbols);
    if (!results)
      return std::string(kind) + ": " + results.error();
    for (size_t i = 0; i < results->size(); ++i)
      writeFile(stem + "." + kind + ".out" + std::to_string(i), (*results)[i]);
  }
  return {};
}

std::string compileCase(const std::string &stem, const proto::Target &target) {
  Result<proto::Kernel> kernel = readKernel(stem + ".textproto");
  if (!kernel)
    return kernel.error();
  *kernel->mutable_target() = target;
  schedules::CompileOptions options;
  options.assembly = true;
  Result<schedules::CompiledKernel> compiled = schedules::compile(*kernel, options);
  if (!compiled)
    return compiled.error();
  writeFile(stem + ".o", compiled->object);
  writeFile(stem + ".s", compiled->assembly);
  if (!compiled->deviceCode.empty())
    writeFile(stem + ".ptx", compiled->deviceCode);
  return {};
}

template <typename Action> int forEachCase(const std::string &folder, Action action) {
  for (const std::string &file : kernelFiles(folder)) {
    const std::string stem = std::filesystem::path(file).replace_extension().string();
    if (std::string message = action(stem); !message.empty())
      writeFile(stem + ".error", message);
  }
  return 0;
}

} // namespace

namespace {
template <typename Action> int forEachCaseOn(const std::string &target, const std::string &folder, Action action) {
  Result<proto::Target> parsed = schedules::parseTarget(target);
  if (!parsed) {
    std::cerr << parsed.error() << "\n";
    return 1;
  }
  return forEachCase(folder, [&](const std::string &stem) { return action(stem, *parsed); });
}
} // namespace

int runCases(const std::string &folder, const std::string &target) { return forEachCaseOn(target, folder, runCase); }

int compileCases(const std::string &folder, const std::string &target) {
  return forEachCaseOn(target, folder, compileCase);
}

} // namespace convoy::dev
