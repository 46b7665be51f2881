#include "schedules/core/emit/MemoryFile.h"

#include <stdexcept>
#include <sys/mman.h>
#include <unistd.h>

namespace convoy::schedules {

MemoryFile::MemoryFile() : descriptor(memfd_create("convoy", MFD_CLOEXEC)) {
  if (descriptor < 0)
    throw std::runtime_error("no memory file");
}

MemoryFile::~MemoryFile() { close(descriptor); }

void MemoryFile::write(const std::string &bytes) {
  for (size_t done = 0; done < bytes.size();) {
    ssize_t count = pwrite(descriptor, bytes.data() + done, bytes.size() - done, off_t(done));
    if (count <= 0)
      throw std::runtime_error("memory file can't be written");
    done += size_t(count);
  }
}

std::string MemoryFile::contents() const {
  std::string bytes(size_t(lseek(descriptor, 0, SEEK_END)), '\0');
  size_t done = 0;
  while (done < bytes.size()) {
    ssize_t count = pread(descriptor, bytes.data() + done, bytes.size() - done, off_t(done));
    if (count <= 0)
      throw std::runtime_error("memory file is shorter than its size");
    done += size_t(count);
  }
  return bytes;
}

} // namespace convoy::schedules
