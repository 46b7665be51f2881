#pragma once

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace convoy::tools {

/// Exit codes of every command.
enum ExitCode { exitSuccess = 0, exitUserError = 1, exitInternalError = 70 };

/// What all commands share: how they talk. Results go to standard output, talk to standard error. With `--json` every
/// event is one line on standard output and nothing else is written there.
class Globals {
public:
  bool json = false;
  bool quiet = false;
  int exitCode = exitSuccess; ///< What the command that ran says.

  /// One event: {"event": kind, ...fields}. Written with `--json` only.
  void event(const std::string &kind, nlohmann::json fields) const;

  /// A line of results for a person; nothing with `--json`.
  void result(const std::string &line) const;

  /// A line about what goes on; nothing with `--json` or `--quiet`.
  void say(const std::string &line) const;

  /// The user's mistake: message on standard error, exit code 1.
  void fail(const std::string &message);
};

/// Writes a context's diagnostics as lines "file:layer: error: message" (or as events), for as long as it lives.
class DiagnosticPrinter {
public:
  DiagnosticPrinter(mlir::MLIRContext &context, Globals &globals);

private:
  mlir::ScopedDiagnosticHandler handler;
};

} // namespace convoy::tools
