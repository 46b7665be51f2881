#include "schedules/core/emit/MemoryFile.h"
#include "schedules/core/emit/device/Device.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace Halide;

namespace convoy::schedules {

namespace {

/// Halide's name for the device code of a module ends with this.
const std::string codeSuffix = "_gpu_source_kernels";

bool isCode(const Buffer<> &buffer) {
  const std::string &name = buffer.name();
  return name.size() > codeSuffix.size() &&
         name.compare(name.size() - codeSuffix.size(), std::string::npos, codeSuffix) == 0;
}

const Buffer<> &codeOf(const Module &module) {
  for (const Buffer<> &buffer : module.buffers())
    if (isCode(buffer))
      return buffer;
  throw CompileError("the kernel has no code for the device");
}

/// A path under which another process sees the file.
std::string pathForOthers(const MemoryFile &file) {
  return "/proc/" + std::to_string(getpid()) + file.path().substr(std::strlen("/proc/self"));
}

/// Runs a program to its end; what it says goes to `messages`. Its exit code.
int runProgram(std::vector<std::string> arguments, const MemoryFile &messages) {
  std::vector<char *> pointers;
  for (std::string &argument : arguments)
    pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (int descriptor : {STDOUT_FILENO, STDERR_FILENO})
    posix_spawn_file_actions_addopen(&actions, descriptor, pathForOthers(messages).c_str(), O_WRONLY | O_APPEND, 0);
  pid_t process = -1;
  const int error = posix_spawn(&process, pointers[0], &actions, nullptr, pointers.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0)
    throw CompileError("can't start " + arguments[0] + ": " + std::strerror(error));
  int status = 0;
  while (waitpid(process, &status, 0) < 0 && errno == EINTR)
    ;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::string saidBy(const MemoryFile &messages) {
  std::string text = messages.contents();
  text.erase(text.find_last_not_of(" \n") + 1);
  return text;
}

std::string assemble(const std::string &ptx, int capability, const std::string &assembler) {
  MemoryFile source, cubin, messages;
  source.write(ptx);
  const std::string architecture = "sm_" + std::to_string(capability);
  const int code =
      runProgram({assembler, "-arch=" + architecture, pathForOthers(source), "-o", pathForOthers(cubin)}, messages);
  std::string bytes = cubin.contents();
  if (code != 0 || bytes.rfind("\x7f"
                               "ELF",
                               0) != 0)
    throw CompileError(assembler + " can't assemble the kernel for " + architecture + ": " + saidBy(messages));
  return bytes;
}

/// convoy_device_image of runtime/ops/entry.h.
struct Header {
  uint32_t magic = 0x47564e43;
  int32_t capability;
  uint64_t ptx, cubin;
};

} // namespace

std::string deviceCode(const Module &module) {
  const Buffer<> &code = codeOf(module);
  const char *text = reinterpret_cast<const char *>(code.data());
  return std::string(text, strnlen(text, code.size_in_bytes()));
}

Module withCubin(const Module &module, int capability, const std::string &assembler) {
  const std::string ptx = deviceCode(module);
  const std::string cubin = assemble(ptx, capability, assembler);
  constexpr size_t alignment = 64;
  const size_t cubinStart = (sizeof(Header) + ptx.size() + 1 + alignment - 1) / alignment * alignment;
  const Header header{.capability = capability, .ptx = sizeof(Header), .cubin = cubinStart};
  Buffer<uint8_t> image(int(cubinStart + cubin.size()), codeOf(module).name());
  std::memset(image.data(), 0, image.size_in_bytes());
  std::memcpy(image.data(), &header, sizeof header);
  std::memcpy(image.data() + sizeof header, ptx.data(), ptx.size());
  std::memcpy(image.data() + cubinStart, cubin.data(), cubin.size());
  Module changed(module.name(), module.target());
  for (const Buffer<> &buffer : module.buffers())
    changed.append(isCode(buffer) ? Buffer<>(image) : buffer);
  for (const Internal::LoweredFunc &function : module.functions())
    changed.append(function);
  return changed;
}

} // namespace convoy::schedules
