#pragma once

#include "tools/convoy/Globals.h"

namespace CLI {
class App;
}

namespace convoy::tools {

/// Each adds one command: its flags, and what runs when it was given.
void addCompileCommand(CLI::App &app, Globals &globals);
void addCheckCommand(CLI::App &app, Globals &globals);
void addInspectCommand(CLI::App &app, Globals &globals);
void addRunCommand(CLI::App &app, Globals &globals);
void addBenchCommand(CLI::App &app, Globals &globals);

/// Compiles `model` to a temporary module for a command that takes MODULE|MODEL; the path of the module itself if it
/// is one. Empty after a diagnostic.
std::string moduleFor(const std::string &model, Globals &globals);

} // namespace convoy::tools
