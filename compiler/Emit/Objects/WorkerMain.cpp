#include "compiler/Emit/Emit.h"
#include "compiler/Emit/Objects/KernelKey.h"
#include "compiler/Emit/Objects/emit.pb.h"
#include "schedules/core/Schedules.h"

#include <google/protobuf/io/zero_copy_stream_impl.h>
#include <google/protobuf/util/delimited_message_util.h>

#include <unistd.h>

namespace convoy::compiler {

static proto::CompiledObject compileOne(const proto::Kernel &kernel) {
  proto::CompiledObject answer;
  auto compiled = schedules::compile(kernel);
  if (!compiled) {
    answer.set_error(compiled.error().empty() ? "unknown error" : compiled.error());
    return answer;
  }
  answer.set_compiler(kernelCompiler());
  answer.set_object(std::move(compiled->object));
  // A run without threads does the tasks on the memory that is left.
  answer.set_scratch_bytes(compiled->scratchBytes + compiled->serialScratchBytes);
  return answer;
}

int compileKernelsMain() {
  // Answers go where standard output was; whoever prints to standard output from here on does not disturb them.
  int answers = dup(STDOUT_FILENO);
  if (answers < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
    return 70;
  google::protobuf::io::FileInputStream requests(STDIN_FILENO);
  for (;;) {
    proto::Kernel kernel;
    bool atEnd = false;
    if (!google::protobuf::util::ParseDelimitedFromZeroCopyStream(&kernel, &requests, &atEnd))
      return atEnd ? 0 : 70;
    if (!google::protobuf::util::SerializeDelimitedToFileDescriptor(compileOne(kernel), answers))
      return 70;
  }
}

} // namespace convoy::compiler
