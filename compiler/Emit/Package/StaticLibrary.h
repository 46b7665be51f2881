#pragma once

#include "compiler/Emit/Package/Linker.h"

namespace convoy::compiler {

/// Name of the module's table in a static library: the file's name without `lib` and extension, as a C identifier,
/// and `_convoy_module`.
std::string staticSymbol(const std::string &output);

/// Writes the archive `output` with one object, and a header that declares the table beside it.
Status writeStaticLibrary(const std::vector<LinkInput> &inputs, const std::string &symbol, const std::string &output);

} // namespace convoy::compiler
