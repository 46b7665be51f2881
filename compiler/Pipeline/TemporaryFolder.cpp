#include "compiler/Pipeline/TemporaryFolder.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <atomic>
#include <climits>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <mutex>
#include <sys/syscall.h>
#include <unistd.h>

namespace convoy::compiler {

namespace {

/// What the signal handler removes. It may run at any time, so `used` is set last and cleared first.
struct Slot {
  std::atomic<bool> used = false;
  char path[PATH_MAX] = {};
};

Slot slots[8];

constexpr int signals[] = {SIGINT, SIGTERM, SIGHUP};
struct sigaction previous[std::size(signals)];

/// One entry of a folder, as the kernel writes it.
struct Entry {
  uint64_t inode;
  int64_t offset;
  unsigned short length;
  unsigned char type;
  char name[];
};

/// Of files alone, with system calls alone: nothing else is safe in a signal handler.
void removeFolder(const char *path) {
  int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0)
    return;
  alignas(Entry) char buffer[4096];
  for (long size; (size = syscall(SYS_getdents64, folder, buffer, sizeof buffer)) > 0;)
    for (long at = 0; at < size;) {
      auto *entry = reinterpret_cast<Entry *>(buffer + at);
      unlinkat(folder, entry->name, 0);
      at += entry->length;
    }
  close(folder);
  rmdir(path);
}

/// Removes the folders, then does what would have been done without.
void onSignal(int signal) {
  removeTemporaryFolders();
  for (size_t i = 0; i < std::size(signals); ++i)
    if (signals[i] == signal)
      sigaction(signal, &previous[i], nullptr);
  raise(signal);
}

void installHandlers() {
  struct sigaction action = {};
  action.sa_handler = onSignal;
  for (size_t i = 0; i < std::size(signals); ++i) {
    sigaction(signals[i], nullptr, &previous[i]);
    if (previous[i].sa_handler != SIG_IGN)
      sigaction(signals[i], &action, nullptr);
  }
}

} // namespace

void removeTemporaryFolders() {
  for (Slot &slot : slots)
    if (slot.used.exchange(false))
      removeFolder(slot.path);
}

TemporaryFolder::~TemporaryFolder() {
  if (path.empty())
    return;
  llvm::sys::fs::remove_directories(path);
  if (slot >= 0)
    slots[slot].used = false;
}

std::error_code TemporaryFolder::make() {
  static std::mutex mutex;
  std::lock_guard<std::mutex> lock(mutex);
  static const bool installed = (installHandlers(), true);
  (void)installed;
  llvm::SmallString<128> made;
  if (std::error_code error = llvm::sys::fs::createUniqueDirectory("convoy", made))
    return error;
  path = made.str().str();
  for (int i = 0; i < static_cast<int>(std::size(slots)) && slot < 0 && path.size() < PATH_MAX; ++i)
    if (!slots[i].used) {
      std::memcpy(slots[i].path, path.c_str(), path.size() + 1);
      slots[i].used = true;
      slot = i;
    }
  return {};
}

std::string TemporaryFolder::file(llvm::StringRef name) const {
  llvm::SmallString<128> joined(path);
  llvm::sys::path::append(joined, name);
  return joined.str().str();
}

} // namespace convoy::compiler
