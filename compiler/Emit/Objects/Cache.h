#pragma once

#include "compiler/Emit/Objects/KernelKey.h"
#include "compiler/Emit/Objects/emit.pb.h"
#include "schedules/core/Result.h"

#include <optional>
#include <string>

namespace convoy::compiler {

/// Compiled kernels in a folder, a file each, found by key. Several processes may use one folder: entries are written
/// beside their place and renamed, and whatever is damaged counts as absent.
class KernelCache {
public:
  /// An empty folder name: $XDG_CACHE_HOME/convoy or ~/.cache/convoy.
  KernelCache(std::string folder, int64_t limit);

  std::optional<proto::CompiledObject> find(const KernelKey &key) const;
  Status add(const KernelKey &key, const proto::CompiledObject &object);
  /// Removes the entries that were not used for longest until the folder is within its limit.
  void evict() const;

  const std::string &place() const { return folder; }

private:
  std::string fileOf(const KernelKey &key) const;

  std::string folder;
  int64_t limit;
};

} // namespace convoy::compiler
