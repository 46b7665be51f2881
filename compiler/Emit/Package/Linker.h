#pragma once

#include "compiler/Emit/Files.h"
#include "schedules/core/Result.h"

#include <string>
#include <vector>

namespace convoy::compiler {

/// An object file on its way into a package.
struct LinkInput {
  std::string what; ///< For messages: "the kernel of layer 'conv1'".
  llvm::StringRef bytes;
  std::string path; ///< Where the bytes are a file already; else empty.
};

/// Refuses inputs that refer to symbols which neither an input nor the C library's memory functions define.
Status checkUndefined(const std::vector<LinkInput> &inputs);

/// Links to a shared library that exports `exported` alone.
Status linkShared(const std::vector<LinkInput> &inputs, const std::string &exported, bool strip,
                  const std::string &output);

/// Joins to one relocatable object in which `exported` alone is global.
Result<std::string> linkRelocatable(const std::vector<LinkInput> &inputs, const std::string &exported);

} // namespace convoy::compiler
