#pragma once

#include "compiler/Pipeline/TemporaryFolder.h"
#include "tools/convoy/Globals.h"
#include "tools/convoy/TypeFlags.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringMap.h"

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

/// Help of the flag --target.
constexpr const char *targetHelp = "host, cuda (a GPU of sm_80 or newer), cuda-sm_NN, or a Halide target string";

/// Help of the flag --ptxas.
constexpr const char *ptxasHelp =
    "ptxas that adds machine code to a module for cuda: a path, or off (default: the one in PATH or in the Python "
    "environment, if any; a module without runs too, and takes longer to load)";

/// What a command takes as MODULE|MODEL.
struct ModelFiles {
  std::string model;
  std::string weights; ///< Of a text network; empty: those that it names.
  TypeFlags types;
  std::vector<std::string> shapes; ///< Of --dtype=auto, which measures at sizes that are known.
};

using compiler::TemporaryFolder;

/// Makes the folder; false after a diagnostic.
bool makeFolder(TemporaryFolder &folder, Globals &globals);

/// Compiles a model into the folder, leaves a module where it is. The module's path; empty after a diagnostic.
std::string moduleFor(const ModelFiles &files, const TemporaryFolder &folder, Globals &globals);

/// Reads "NAME=1x3x224x224" (`?` leaves a dimension open) into the map; false if it is not that.
bool parseShape(llvm::StringRef text, llvm::StringMap<llvm::SmallVector<int64_t>> &shapes);

} // namespace convoy::tools
