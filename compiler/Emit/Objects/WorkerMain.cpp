#include "compiler/Emit/Emit.h"
#include "compiler/Emit/Objects/KernelKey.h"
#include "compiler/Emit/Objects/emit.pb.h"
#include "schedules/core/Schedules.h"

#include <google/protobuf/io/zero_copy_stream_impl.h>
#include <google/protobuf/util/delimited_message_util.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <sys/wait.h>
#include <unistd.h>

namespace convoy::compiler {

using google::protobuf::util::ParseDelimitedFromZeroCopyStream;
using google::protobuf::util::SerializeDelimitedToFileDescriptor;

static proto::CompiledObject compileOne(const proto::CompileRequest &request) {
  proto::CompiledObject answer;
  schedules::CompileOptions options;
  options.assembler = request.assembler();
  auto compiled = schedules::compile(request.kernel(), options);
  if (!compiled) {
    answer.set_error(compiled.error().empty() ? "unknown error" : compiled.error());
    return answer;
  }
  answer.set_compiler(kernelCompiler());
  answer.set_object(std::move(compiled->object));
  // A run without threads does the tasks on the memory that is left.
  answer.set_scratch_bytes(compiled->scratchBytes + compiled->serialScratchBytes);
  answer.set_device_scratch_bytes(compiled->deviceScratchBytes);
  return answer;
}

static std::string describeEnd(int status) {
  if (WIFSIGNALED(status))
    return strsignal(WTERMSIG(status));
  return "exit code " + std::to_string(WEXITSTATUS(status));
}

/// Compiles in a process of its own, so that a kernel's object depends on nothing that was compiled before (Halide
/// numbers its names), and a crash takes only that process along. This process has one thread, so it may fork.
static bool compileApart(const proto::CompileRequest &request, const KernelHook &hook, int answers) {
  pid_t child = fork();
  if (child == 0) {
    if (hook)
      hook(request.kernel());
    _exit(SerializeDelimitedToFileDescriptor(compileOne(request), answers) ? 0 : 70);
  }
  proto::CompiledObject answer;
  if (child < 0) {
    answer.set_crash(std::string("no process: ") + strerror(errno));
    return SerializeDelimitedToFileDescriptor(answer, answers);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR)
    ;
  if (status == 0)
    return true;
  answer.set_crash(describeEnd(status));
  return SerializeDelimitedToFileDescriptor(answer, answers);
}

int compileKernelsMain(const KernelHook &hook) {
  std::signal(SIGABRT, SIG_DFL);
  // Answers go where standard output was; whoever prints to standard output from here on does not disturb them.
  int answers = dup(STDOUT_FILENO);
  if (answers < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
    return 70;
  google::protobuf::io::FileInputStream requests(STDIN_FILENO);
  for (;;) {
    proto::CompileRequest request;
    bool atEnd = false;
    if (!ParseDelimitedFromZeroCopyStream(&request, &requests, &atEnd))
      return atEnd ? 0 : 70;
    if (!compileApart(request, hook, answers))
      return 70;
  }
}

} // namespace convoy::compiler
