#pragma once

#include "llvm/ADT/StringRef.h"

#include <string>
#include <system_error>

namespace convoy::compiler {

/// A folder that goes with the object, and all files in it; also where a signal ends the program (interrupt, terminate,
/// hang-up). Some are open at a time; those of more than a handful at once stay where a signal ends the program.
class TemporaryFolder {
public:
  TemporaryFolder() = default;
  TemporaryFolder(const TemporaryFolder &) = delete;
  TemporaryFolder &operator=(const TemporaryFolder &) = delete;
  ~TemporaryFolder();

  /// Makes the folder, in the system's place for temporary files.
  std::error_code make();
  std::string file(llvm::StringRef name) const;

private:
  std::string path;
  int slot = -1;
};

/// Removes all folders that exist, in a signal handler: for programs that end themselves there.
void removeTemporaryFolders();

} // namespace convoy::compiler
