#pragma once

#include "tools/convoy/Globals.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

namespace convoy::tools {

/// A folder that goes with the object, and all in it.
class TemporaryFolder {
public:
  TemporaryFolder() = default;
  TemporaryFolder(const TemporaryFolder &) = delete;
  TemporaryFolder &operator=(const TemporaryFolder &) = delete;
  ~TemporaryFolder() {
    if (!path.empty())
      llvm::sys::fs::remove_directories(path);
  }

  bool make(Globals &globals) {
    std::error_code error = llvm::sys::fs::createUniqueDirectory("convoy", path);
    if (error)
      globals.fail("no folder for temporary files: " + error.message());
    return !error;
  }

  std::string file(llvm::StringRef name) const {
    llvm::SmallString<128> joined(path);
    llvm::sys::path::append(joined, name);
    return joined.str().str();
  }

private:
  llvm::SmallString<128> path;
};

} // namespace convoy::tools
