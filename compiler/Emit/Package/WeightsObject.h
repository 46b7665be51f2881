#pragma once

#include "compiler/Emit/Files.h"
#include "schedules/core/Result.h"

#include <string>

namespace convoy::compiler {

/// An object file in memory, whose page-aligned read-only section is the contents of `file`, `bytes` long, under the
/// hidden symbol `symbol`. Nothing of it passes through this process: weights are large.
Result<MemoryFile> makeWeightsObject(const std::string &file, int64_t bytes, const std::string &symbol);

} // namespace convoy::compiler
