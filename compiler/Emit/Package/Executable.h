#pragma once

#include "schedules/core/Result.h"

#include <string>

namespace convoy::compiler {

/// Where the launcher lies if nobody says: beside the running program.
std::string defaultLauncher();

/// Writes the program `output`: the launcher with the module `library` (a shared library) appended and described by a
/// trailer (tools/launcher/appended.h).
Status writeExecutable(const std::string &launcher, const std::string &library, const std::string &output);

} // namespace convoy::compiler
