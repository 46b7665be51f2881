/// Code and its launches.
#include "test/runtime/cuda/driver/state.h"

#include <cstdlib>
#include <cstring>
#include <regex>
#include <sstream>

using namespace standin;

namespace {

/// A head's parameters: names, and bytes.
void readParameters(const std::string &head, Function &function, std::vector<std::string> &names) {
  static const std::regex parameter(R"(\.param\s[^,]*\.[busf](8|16|32|64)\b[^,]*?([\w$]+)\s*(,|$))");
  for (std::sregex_iterator a(head.begin(), head.end(), parameter), end; a != end; ++a) {
    function.arguments.push_back(std::stoi((*a)[1]) / 8);
    names.push_back((*a)[2]);
  }
}

/// The entries of PTX text.
void readEntries(const std::string &text, Module &module) {
  for (size_t at = text.find(".entry "); at != std::string::npos; at = text.find(".entry ", at + 1)) {
    size_t name = at + 7, open = text.find('(', name), close = text.find(')', name), end = text.find("\n}", name);
    if (close == std::string::npos || open > close || end == std::string::npos)
      return;
    Function function;
    std::vector<std::string> parameters;
    function.name = text.substr(name, open - name);
    readParameters(text.substr(open, close - open), function, parameters);
    size_t body = text.find('{', close);
    function.program = parseProgram(text.substr(body, end + 2 - body), parameters);
    function.fault = text.find("//standin fault " + function.name + "\n") != std::string::npos;
    module.functions[function.name] = function;
  }
}

int targetOf(const std::string &text) {
  size_t at = text.find(".target sm_");
  return at == std::string::npos ? 0 : std::atoi(text.c_str() + at + 11);
}

/// The log's buffer among the options of cuModuleLoadDataEx.
void writeLog(unsigned count, const int *options, void **values, const char *message) {
  char *buffer = nullptr;
  size_t size = 0;
  for (unsigned i = 0; i < count; ++i) {
    if (options[i] == 5)
      buffer = static_cast<char *>(values[i]);
    if (options[i] == 6)
      size = reinterpret_cast<size_t>(values[i]) & 0xffffffff;
  }
  if (buffer && size)
    std::strncpy(buffer, message, size - 1);
}

/// A launch: values of its arguments, as they were when it was asked for.
struct Launch {
  const void *handle;
  Function function;
  std::vector<uint64_t> arguments;
  Grid grid;
};

bool isFunction(const void *handle) {
  for (Module *module : state().modules.all())
    for (auto &[name, function] : module->functions)
      if (&function == handle)
        return true;
  return false;
}

int execute(const Launch &launch) {
  if (!isFunction(launch.handle))
    return state().violate(launch.function.name + ": its code was unloaded", illegalAddress);
  if (launch.function.fault)
    return illegalAddress;
  if (launch.function.program)
    return runProgram(*launch.function.program, launch.grid, launch.arguments, launch.function.name);
  if (std::getenv("CONVOY_STANDIN")) // who runs a module here wants its results
    state().violate(launch.function.name + ": machine code can't be run here: compile with --ptxas=off", 0);
  return success;
}

std::vector<uint64_t> readArguments(const Function &function, void **arguments) {
  std::vector<uint64_t> values;
  for (size_t i = 0; i < function.arguments.size() && arguments[i]; ++i) {
    uint64_t value = 0;
    std::memcpy(&value, arguments[i], function.arguments[i]);
    values.push_back(value);
  }
  if (function.arguments.empty())
    return values;
  if (values.size() != function.arguments.size() || arguments[values.size()])
    state().violate(function.name + ": another number of arguments than it has", 0);
  return values;
}

} // namespace

extern "C" {

int cuModuleLoadDataEx(void **handle, const void *image, unsigned count, int *options, void **values) {
  STANDIN_ENTER(context | noCapture)
  Module module;
  module.context = state().current();
  module.anyName = std::memcmp(image,
                               "\x7f"
                               "ELF",
                               4) == 0;
  std::string text = module.anyName ? "" : static_cast<const char *>(image);
  if (!module.anyName && text.find(".version") == std::string::npos) {
    writeLog(count, options, values, "line 1: Missing .version directive");
    return invalidPtx;
  }
  if (targetOf(text) > state().options.capability)
    return noBinary;
  readEntries(text, module);
  *handle = state().modules.add(module);
  return success;
}

int cuModuleUnload(void *handle) {
  STANDIN_RELEASE(context | noCapture)
  if (!state().modules.has(handle))
    return state().violate("cuModuleUnload: of what is none", invalidHandle);
  state().modules.remove(static_cast<Module *>(handle));
  return told;
}

int cuModuleGetFunction(void **function, void *handle, const char *name) {
  STANDIN_ENTER(context | noCapture)
  if (!state().modules.has(handle))
    return state().violate("cuModuleGetFunction: of what is no module", invalidHandle);
  Module *module = static_cast<Module *>(handle);
  if (module->anyName && !module->functions.count(name))
    module->functions[name].name = name;
  auto found = module->functions.find(name);
  if (found == module->functions.end())
    return notFound;
  *function = &found->second;
  return success;
}

int cuFuncGetAttribute(int *value, int attribute, void *function) {
  STANDIN_ENTER(context | noCapture)
  if (!isFunction(function))
    return state().violate("cuFuncGetAttribute: of what is no function", invalidHandle);
  *value = attribute == 0 ? 1024 : 0; // threads of a block; shared memory
  return success;
}

int cuFuncSetAttribute(void *function, int attribute, int value) {
  STANDIN_ENTER(context | noCapture)
  if (!isFunction(function) || attribute != 8 || value > 163 << 10)
    return state().violate("cuFuncSetAttribute: of what is no function, or too much", invalidValue);
  static_cast<Function *>(function)->dynamicShared = value;
  return success;
}

int cuLaunchKernel(void *handle, unsigned bx, unsigned by, unsigned bz, unsigned tx, unsigned ty, unsigned tz,
                   unsigned sharedBytes, void *stream, void **arguments, void **) {
  STANDIN_ENTER(context)
  State &s = state();
  if (!isFunction(handle))
    return s.violate("cuLaunchKernel: of what is no function", invalidHandle);
  const Function &function = *static_cast<Function *>(handle);
  uint64_t threads = uint64_t(tx) * ty * tz, blocks = uint64_t(bx) * by * bz;
  if (!threads || threads > 1024 || !blocks || by > 65535 || bz > 65535)
    return s.violate(function.name + ": launched with sizes that no device has", invalidValue);
  if (static_cast<int>(sharedBytes) > function.dynamicShared)
    return s.violate(function.name + ": more shared memory than it opted in to", invalidValue);
  Launch launch = {handle, function, readArguments(function, arguments), {{bx, by, bz}, {tx, ty, tz}, sharedBytes}};
  return s.enqueue(static_cast<Stream *>(stream), [launch] { return execute(launch); }, "cuLaunchKernel");
}
}
