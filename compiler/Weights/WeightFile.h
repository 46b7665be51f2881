#pragma once

#include "compiler/Weights/DataTypes.h"
#include "schedules/core/Result.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/MemoryBuffer.h"

#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace convoy::weights {

/// A named tensor. The bytes are dense, row-major and little-endian; they may lie at any address.
struct WeightEntry {
  std::string name;
  proto::DataType type = proto::DATA_TYPE_UNSPECIFIED;
  llvm::SmallVector<int64_t, 4> dims;
  llvm::ArrayRef<char> bytes;

  int64_t count() const;
};

/// The hash of an entry's bytes, as `#cnn.weight` carries it (xxh3-64).
uint64_t hashOf(llvm::ArrayRef<char> bytes);

/// "512x256x3x3 f32".
std::string describe(const WeightEntry &entry);

/// The named tensors of one file. Bytes stay in the mapped file where they lie there densely. Immutable once open, so
/// that threads may share it. Files are not trusted: every size and offset is checked before it is used.
class WeightFile {
public:
  enum class Format { Safetensors, PytorchZip, PytorchLegacy, Onnx };

  /// Opens a file of any format; the format is told by the content.
  static Result<std::unique_ptr<WeightFile>> open(const std::string &path);

  /// Opens a safetensors file: the weight file of a module.
  static Result<std::unique_ptr<WeightFile>> openSafetensors(const std::string &path);

  /// The same from memory, for tests; `name` is what messages say.
  static Result<std::unique_ptr<WeightFile>> parse(std::unique_ptr<llvm::MemoryBuffer> buffer, const std::string &name);

  Format format() const { return kind; }
  const std::string &path() const { return file; }
  llvm::ArrayRef<WeightEntry> entries() const { return tensors; }

  /// Null if there is none of that name.
  const WeightEntry *find(llvm::StringRef name) const;

  /// The entry that a `#cnn.weight<name, hash>` means: an error if there is none, or if its bytes have another hash.
  Result<const WeightEntry *> get(llvm::StringRef name, uint64_t hash) const;

private:
  friend class WeightFileBuilder;

  Format kind = Format::Safetensors;
  std::string file;
  std::vector<WeightEntry> tensors;
  llvm::StringMap<size_t> positions;
  std::unique_ptr<llvm::MemoryBuffer> mapped;
  std::deque<std::vector<char>> owned; ///< Bytes that had to be decoded.
};

} // namespace convoy::weights
