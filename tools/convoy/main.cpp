#include "tools/convoy/Commands.h"

#include "compiler/Emit/Emit.h"
#include "compiler/Pipeline/TemporaryFolder.h"

#include <CLI/CLI.hpp>

#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <unistd.h>

namespace convoy::tools {

/// An assertion of ours or of a library, or worse.
[[maybe_unused]] static void onCrash(int) {
  static const char text[] = "convoy: internal error; please report it with the command and its input\n";
  if (write(STDERR_FILENO, text, sizeof text - 1) < 0) {
    // Nothing is left to say it with.
  }
  compiler::removeTemporaryFolders();
  _exit(exitInternalError);
}

/// On a stack of its own: the program's may be what ran out.
static void catchCrashes() {
#if !__has_feature(address_sanitizer) // which tells more
  static char stack[64 << 10];
  stack_t other = {};
  other.ss_sp = stack;
  other.ss_size = sizeof stack;
  sigaltstack(&other, nullptr);
  struct sigaction action = {};
  action.sa_handler = onCrash;
  action.sa_flags = SA_ONSTACK;
  for (int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL})
    sigaction(signal, &action, nullptr);
#endif
}

static int run(int argc, char **argv) {
  CLI::App app("Compiles convolution networks to native code and runs them.", "convoy");
  Globals globals;
  app.require_subcommand(1);
  app.set_version_flag("--version", convoy::compiler::compilerVersion());
  addCompileCommand(app, globals);
  addRunCommand(app, globals);
  addBenchCommand(app, globals);
  addCheckCommand(app, globals);
  addInspectCommand(app, globals);
  for (CLI::App *command : app.get_subcommands([](CLI::App *) { return true; })) {
    command->add_flag("--json", globals.json, "Print one JSON event per line");
    command->add_flag("--quiet", globals.quiet, "Say nothing but results and errors");
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success &success) {
    return app.exit(success); // --help
  } catch (const CLI::ParseError &error) {
    globals.fail(error.what() + std::string("; see convoy --help"));
  }
  return globals.exitCode;
}

} // namespace convoy::tools

int main(int argc, char **argv) {
  // Not a command of the user: the compiler starts itself again to compile kernels.
  if (argc == 2 && std::strcmp(argv[1], convoy::compiler::compileKernelsFlag) == 0)
    return convoy::compiler::compileKernelsMain();
  convoy::tools::catchCrashes();
  try {
    return convoy::tools::run(argc, argv);
  } catch (const std::exception &error) {
    std::fprintf(stderr, "convoy: internal error: %s\n", error.what());
    return convoy::tools::exitInternalError;
  }
}
