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
std::string runCase(const std::string &stem) {
  Result<proto::Kernel> kernel = readKernel(stem + ".textproto");
  if (!kernel)
    return kernel.error();
  const Symbols symbols = readSymbols(stem + ".symbols");
  std::vector<std::string> inputs;
  for (int i = 0; i < kernel->inputs_size(); ++i)
    inputs.push_back(readFile(stem + ".in" + std::to_string(i)));
  for (const char *kind : {"best", "plain"}) {
    proto::Kernel scheduled = *kernel;
    if (std::string(kind) == "plain") {
      scheduled.mutable_schedule()->Clear();
      scheduled.mutable_schedule()->set_template_name("plain");
    }
    Result<std::vector<std::string>> results = runDense(scheduled, inputs, symbols);
    if (!results)
      return std::string(kind) + ": " + results.error();
    for (size_t i = 0; i < results->size(); ++i)
      writeFile(stem + "." + kind + ".out" + std::to_string(i), (*results)[i]);
  }
  return {};
}

} // namespace

int runCases(const std::string &folder) {
  std::vector<std::string> stems;
  for (const auto &entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".textproto")
      stems.push_back(std::filesystem::path(entry.path()).replace_extension().string());
  std::sort(stems.begin(), stems.end());
  for (const std::string &stem : stems)
    if (std::string message = runCase(stem); !message.empty())
      writeFile(stem + ".error", message);
  return 0;
}

} // namespace convoy::dev
