#include "compiler/Emit/Objects/Workers.h"

#include "compiler/Emit/Emit.h"
#include "compiler/Emit/Files.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/Path.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/text_format.h>
#include <google/protobuf/util/delimited_message_util.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace convoy::compiler {

std::string describeLayers(const proto::Kernel &kernel) {
  const auto &layers = kernel.debug().layers();
  if (layers.empty())
    return "kernel '" + kernel.debug().symbol() + "'";
  std::string text = "layer '" + layers[0] + "'";
  if (layers.size() > 1)
    text = "layers '" + layers[0] + "' and " + std::to_string(layers.size() - 1) + " more";
  return text;
}

namespace {

/// One process: what it is compiling, and the bytes of its answer so far.
class Worker {
public:
  Worker() = default;
  Worker(const Worker &) = delete;
  Worker &operator=(const Worker &) = delete;
  ~Worker() {
    closeInput();
    if (output >= 0)
      close(output);
    if (process > 0) {
      if (kernel >= 0)
        kill(process, SIGKILL); // Its answer is not wanted any more.
      wait();
    }
  }

  Status start(const std::string &program) {
    auto log = MemoryFile::create("");
    if (!log)
      return Error{log.error()};
    messages = std::make_unique<MemoryFile>(std::move(*log));
    int requests[2], answers[2];
    if (pipe2(requests, O_CLOEXEC) != 0)
      return Error{std::string("no pipe: ") + strerror(errno)};
    input = requests[1];
    if (pipe2(answers, O_CLOEXEC) != 0) {
      close(requests[0]);
      return Error{std::string("no pipe: ") + strerror(errno)};
    }
    output = answers[0];
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, requests[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, answers[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, messages->descriptor, STDERR_FILENO);
    std::string name = program, flag = compileKernelsFlag;
    char *arguments[] = {name.data(), flag.data(), nullptr};
    int error = posix_spawn(&process, program.c_str(), &actions, nullptr, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(requests[0]);
    close(answers[1]);
    if (error == 0)
      return ok();
    process = -1;
    return Error{"can't start " + program + ": " + strerror(error)};
  }

  /// False if the process is gone.
  bool send(int position, const proto::CompileRequest &request) {
    kernel = position;
    started = std::chrono::steady_clock::now();
    return google::protobuf::util::SerializeDelimitedToFileDescriptor(request, input);
  }

  /// Reads what is there; false at the end of the answers.
  bool receive() {
    char bytes[1 << 16];
    ssize_t got;
    do
      got = read(output, bytes, sizeof bytes);
    while (got < 0 && errno == EINTR);
    if (got <= 0)
      return false;
    received.append(bytes, static_cast<size_t>(got));
    return true;
  }

  /// Takes a whole answer from what was received.
  bool takeAnswer(proto::CompiledObject &answer) {
    google::protobuf::io::ArrayInputStream stream(received.data(), static_cast<int>(received.size()));
    bool atEnd = false;
    if (!google::protobuf::util::ParseDelimitedFromZeroCopyStream(&answer, &stream, &atEnd))
      return false;
    received.erase(0, static_cast<size_t>(stream.ByteCount()));
    kernel = -1;
    return true;
  }

  void closeInput() {
    if (input >= 0)
      close(input);
    input = -1;
  }

  /// Since it was given what it is compiling.
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count(); }

  /// How it ended, in words.
  std::string wait() {
    int status = 0;
    while (waitpid(process, &status, 0) < 0 && errno == EINTR)
      ;
    process = -1;
    if (WIFSIGNALED(status))
      return strsignal(WTERMSIG(status));
    return "exit code " + std::to_string(WEXITSTATUS(status));
  }

  int kernel = -1; ///< Position of what it is compiling; -1: nothing.
  int input = -1, output = -1;
  std::unique_ptr<MemoryFile> messages; ///< What it wrote to standard error.

private:
  pid_t process = -1;
  std::chrono::steady_clock::time_point started;
  std::string received;
};

/// Hands kernels out, one at a time to each worker, until all are done or one fails.
class WorkerPool {
public:
  WorkerPool(const std::vector<const proto::Kernel *> &kernels, const WorkerOptions &options)
      : kernels(kernels), options(options) {}

  Status run() {
    size_t count = std::min<size_t>(static_cast<size_t>(std::max(options.count, 1)), kernels.size());
    for (size_t i = 0; i < count; ++i) {
      workers.push_back(std::make_unique<Worker>());
      if (Status started = workers.back()->start(options.program); !started)
        return started;
      if (Status handed = handOut(*workers.back()); !handed)
        return handed;
    }
    while (done < kernels.size())
      if (Status served = serve(); !served)
        return served;
    return ok();
  }

private:
  Status handOut(Worker &worker) {
    if (next >= kernels.size()) {
      worker.closeInput();
      return ok();
    }
    int position = static_cast<int>(next++);
    proto::CompileRequest request;
    *request.mutable_kernel() = *kernels[static_cast<size_t>(position)];
    request.set_assembler(options.assembler);
    if (worker.send(position, request))
      return ok();
    return crashed(worker, position, worker.wait());
  }

  Status serve() {
    std::vector<pollfd> waiting;
    waiting.reserve(workers.size());
    for (const auto &worker : workers)
      waiting.push_back({worker->kernel >= 0 ? worker->output : -1, POLLIN, 0});
    if (poll(waiting.data(), waiting.size(), -1) < 0)
      return errno == EINTR ? ok() : Status(Error{std::string("poll: ") + strerror(errno)});
    for (size_t i = 0; i < workers.size(); ++i)
      if (waiting[i].revents != 0)
        if (Status taken = take(*workers[i]); !taken)
          return taken;
    return ok();
  }

  Status take(Worker &worker) {
    if (!worker.receive())
      return crashed(worker, worker.kernel, worker.wait());
    int position = worker.kernel;
    proto::CompiledObject answer;
    if (!worker.takeAnswer(answer))
      return ok();
    if (!answer.crash().empty())
      return crashed(worker, position, answer.crash());
    if (!answer.error().empty())
      return Error{describeLayers(*kernels[static_cast<size_t>(position)]) + ": " + answer.error()};
    ++done;
    options.onDone(position, answer, worker.seconds());
    return handOut(worker);
  }

  Status crashed(Worker &worker, int position, const std::string &how) {
    if (options.onCrash)
      options.onCrash();
    const proto::Kernel &kernel = *kernels[static_cast<size_t>(position)];
    std::string text = describeLayers(kernel) + ": the kernel compiler crashed (" + how + ")";
    if (auto file = writeReproducer(kernel))
      text += "; its input is in " + *file;
    else
      text += "; its input could not be written: " + file.error();
    if (std::string messages = worker.messages->tail(2000); !messages.empty())
      text += "\n" + messages;
    return Error{text};
  }

  Result<std::string> writeReproducer(const proto::Kernel &kernel) {
    llvm::SmallString<128> file(options.reproducers);
    llvm::sys::path::append(file, kernel.debug().symbol() + ".textproto");
    std::string text;
    google::protobuf::TextFormat::PrintToString(kernel, &text);
    if (Status written = writeWhole(file.str().str(), {text}); !written)
      return Error{written.error()};
    return file.str().str();
  }

  const std::vector<const proto::Kernel *> &kernels;
  const WorkerOptions &options;
  std::vector<std::unique_ptr<Worker>> workers;
  size_t next = 0, done = 0;
};

/// A worker that dies while it is written to must not take this process along.
class IgnoreBrokenPipes {
public:
  IgnoreBrokenPipes() {
    struct sigaction ignore = {};
    ignore.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &ignore, &before);
  }
  ~IgnoreBrokenPipes() { sigaction(SIGPIPE, &before, nullptr); }

private:
  struct sigaction before;
};

} // namespace

Status compileInWorkers(const std::vector<const proto::Kernel *> &kernels, const WorkerOptions &options) {
  IgnoreBrokenPipes ignore;
  return WorkerPool(kernels, options).run();
}

} // namespace convoy::compiler
