#pragma once

#include "schedules/core/Result.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <string>

namespace convoy::compiler {

/// Writes the parts to a file beside `file` and renames that: a reader sees the old file or the whole new one.
Status writeWhole(const std::string &file, llvm::ArrayRef<llvm::StringRef> parts, bool executable = false);

/// Copies a file, likewise.
Status copyWhole(const std::string &from, const std::string &file);

/// Whether `file` can be written at all: its folder takes new files.
Status checkPlace(const std::string &file);

/// A file in memory, for readers that know only paths.
class MemoryFile {
public:
  MemoryFile() = default;
  MemoryFile(MemoryFile &&other) : descriptor(other.descriptor) { other.descriptor = -1; }
  MemoryFile &operator=(MemoryFile &&other) {
    std::swap(descriptor, other.descriptor);
    return *this;
  }
  ~MemoryFile();

  static Result<MemoryFile> create(llvm::StringRef contents);
  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor); }
  /// The last `most` bytes.
  std::string tail(size_t most) const;
  int descriptor = -1;
};

} // namespace convoy::compiler
