#include "compiler/Emit/Files.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Signals.h"
#include "llvm/Support/raw_ostream.h"

#include <cerrno>
#include <cstring>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace fs = llvm::sys::fs;

namespace convoy::compiler {

namespace {

/// Whether a renamed file would take the place of something that is no file: root may do that to /dev/null.
bool isDevice(const std::string &file) {
  fs::file_status status;
  return !fs::status(file, status) && fs::exists(status) && !fs::is_regular_file(status) && !fs::is_directory(status);
}

/// A new file beside `file`, which gets its name when it is whole, or else goes.
class Partial {
public:
  explicit Partial(const std::string &file) : file(file) {
    if (isDevice(file)) {
      error = std::make_error_code(std::errc::invalid_argument);
      return;
    }
    error = fs::createUniqueFile(file + ".%%%%%%", descriptor, path);
    if (!error)
      llvm::sys::RemoveFileOnSignal(path);
  }

  Status finish(bool executable) {
    unsigned mode = fs::all_read | fs::owner_write;
    if (executable)
      mode |= fs::all_exe;
    if (!error)
      error = fs::setPermissions(path, static_cast<fs::perms>(mode));
    if (!error)
      error = fs::rename(path, file);
    return error ? remove() : settle();
  }

  Status remove() {
    if (!path.empty())
      (void)fs::remove(path);
    return settle();
  }

  int descriptor = -1;
  llvm::SmallString<128> path;
  std::error_code error;

private:
  Status settle() {
    if (!path.empty())
      llvm::sys::DontRemoveFileOnSignal(path);
    if (error && isDevice(file))
      return Error{file + ": is a device or a pipe, which a file would replace"};
    return error ? Status(Error{file + ": " + error.message()}) : ok();
  }

  const std::string &file;
};

} // namespace

Status writeWhole(const std::string &file, llvm::ArrayRef<llvm::StringRef> parts, bool executable) {
  Partial partial(file);
  if (!partial.error) {
    llvm::raw_fd_ostream stream(partial.descriptor, /*shouldClose=*/true, /*unbuffered=*/true);
    for (llvm::StringRef part : parts)
      stream << part;
    stream.close();
    partial.error = stream.error();
    stream.clear_error();
  }
  return partial.finish(executable);
}

Status copyWhole(const std::string &from, const std::string &file) {
  Partial partial(file);
  if (!partial.error) {
    close(partial.descriptor);
    partial.error = fs::copy_file(from, partial.path);
  }
  return partial.finish(/*executable=*/false);
}

Status checkPlace(const std::string &file) {
  Partial partial(file);
  if (!partial.error)
    close(partial.descriptor);
  return partial.remove();
}

MemoryFile::~MemoryFile() {
  if (descriptor >= 0)
    close(descriptor);
}

Result<MemoryFile> MemoryFile::create(llvm::StringRef contents) {
  MemoryFile file;
  file.descriptor = memfd_create("convoy", MFD_CLOEXEC);
  if (file.descriptor < 0)
    return Error{std::string("no file in memory: ") + strerror(errno)};
  while (!contents.empty()) {
    ssize_t written = write(file.descriptor, contents.data(), contents.size());
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return Error{std::string("no file in memory: ") + strerror(errno)};
    contents = contents.drop_front(static_cast<size_t>(written));
  }
  return file;
}

std::string MemoryFile::tail(size_t most) const {
  off_t end = lseek(descriptor, 0, SEEK_END);
  off_t begin = end > static_cast<off_t>(most) ? end - static_cast<off_t>(most) : 0;
  std::string bytes(static_cast<size_t>(std::max<off_t>(end - begin, 0)), '\0');
  ssize_t got = pread(descriptor, bytes.data(), bytes.size(), begin);
  bytes.resize(got > 0 ? static_cast<size_t>(got) : 0);
  return bytes;
}

} // namespace convoy::compiler
