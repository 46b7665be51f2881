#pragma once

#include <string>

namespace convoy::schedules {

/// A file that lives in memory, for writers that know only paths.
class MemoryFile {
public:
  MemoryFile();
  ~MemoryFile();
  MemoryFile(const MemoryFile &) = delete;
  MemoryFile &operator=(const MemoryFile &) = delete;

  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor); }
  std::string contents() const;
  void write(const std::string &bytes);

private:
  int descriptor;
};

} // namespace convoy::schedules
