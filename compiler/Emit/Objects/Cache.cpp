#include "compiler/Emit/Objects/Cache.h"

#include "compiler/Emit/Files.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/xxhash.h"

#include <algorithm>
#include <fcntl.h>
#include <sys/stat.h>
#include <vector>

namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

namespace convoy::compiler {

/// A file begins with these letters and the hash of the rest.
static constexpr llvm::StringLiteral magic = "CNVYKRN1";
static constexpr size_t headerBytes = magic.size() + sizeof(uint64_t);

static std::string defaultFolder() {
  llvm::SmallString<128> folder;
  if (auto cache = llvm::sys::Process::GetEnv("XDG_CACHE_HOME"); cache && !cache->empty())
    folder = *cache;
  else if (!path::home_directory(folder))
    return "";
  else
    path::append(folder, ".cache");
  path::append(folder, "convoy");
  return folder.str().str();
}

KernelCache::KernelCache(std::string folder, int64_t limit)
    : folder(folder.empty() ? defaultFolder() : std::move(folder)), limit(limit) {}

std::string KernelCache::fileOf(const KernelKey &key) const {
  llvm::SmallString<128> file(folder);
  path::append(file, key.name + ".kernel");
  return file.str().str();
}

std::optional<proto::CompiledObject> KernelCache::find(const KernelKey &key) const {
  if (folder.empty())
    return std::nullopt;
  std::string file = fileOf(key);
  auto buffer = llvm::MemoryBuffer::getFile(file, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!buffer)
    return std::nullopt;
  llvm::StringRef bytes = (*buffer)->getBuffer();
  if (bytes.size() < headerBytes || !bytes.starts_with(magic))
    return std::nullopt;
  uint64_t hash = llvm::support::endian::read64le(bytes.data() + magic.size());
  llvm::StringRef payload = bytes.drop_front(headerBytes);
  proto::CompiledObject object;
  if (llvm::xxh3_64bits(payload) != hash || !object.ParseFromArray(payload.data(), static_cast<int>(payload.size())) ||
      object.canonical_form() != key.canonicalForm || object.compiler() != kernelCompiler() || object.object().empty())
    return std::nullopt;
  utimensat(AT_FDCWD, file.c_str(), nullptr, 0); // Its last use, for evict.
  return object;
}

Status KernelCache::add(const KernelKey &key, const proto::CompiledObject &object) {
  if (folder.empty())
    return Error{"no home folder to keep compiled kernels in"};
  if (std::error_code error = fs::create_directories(folder))
    return Error{folder + ": " + error.message()};
  std::string payload = object.SerializeAsString();
  char hash[sizeof(uint64_t)];
  llvm::support::endian::write64le(hash, llvm::xxh3_64bits(payload));
  return writeWhole(fileOf(key), {magic, llvm::StringRef(hash, sizeof hash), payload});
}

void KernelCache::evict() const {
  struct Entry {
    int64_t used, bytes;
    std::string file;
  };
  std::vector<Entry> entries;
  int64_t total = 0;
  std::error_code error;
  for (fs::directory_iterator file(folder, error), end; file != end && !error; file.increment(error)) {
    struct stat about;
    if (stat(file->path().c_str(), &about) != 0 || !S_ISREG(about.st_mode))
      continue;
    total += about.st_size;
    entries.push_back({about.st_mtim.tv_sec, about.st_size, file->path()});
  }
  if (total <= limit)
    return;
  std::sort(entries.begin(), entries.end(),
            [](const Entry &a, const Entry &b) { return std::tie(a.used, a.file) < std::tie(b.used, b.file); });
  // A little more than needed, so that this is not done again at once.
  for (const Entry &entry : entries) {
    if (total <= limit - limit / 10)
      return;
    if (!fs::remove(entry.file))
      total -= entry.bytes;
  }
}

} // namespace convoy::compiler
