#pragma once

#include "compiler/Weights/DataTypes.h"
#include "schedules/core/Result.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/raw_ostream.h"

#include <memory>
#include <string>
#include <vector>

namespace convoy::weights {

/// Writes a safetensors file, entry by entry: bytes go to a temporary file beside the place at once, so that no more
/// than one entry is in memory. The file is there whole after `finish`, or not at all. Entries lie without holes (the
/// format forbids them), largest element type first, so that each is aligned to its elements.
class WeightWriter {
public:
  explicit WeightWriter(std::string path);
  ~WeightWriter();
  WeightWriter(const WeightWriter &) = delete;
  WeightWriter &operator=(const WeightWriter &) = delete;

  /// Adds an entry of dense row-major bytes and returns their hash. A name that was added before, or bytes that don't
  /// fit the dimensions, make `finish` fail.
  uint64_t add(llvm::StringRef name, DataType type, llvm::ArrayRef<int64_t> dims, llvm::ArrayRef<char> bytes);

  /// Writes the header, joins it with the bytes and puts the file in its place.
  Status finish();

private:
  struct Entry {
    std::string name;
    DataType type;
    llvm::SmallVector<int64_t, 4> dims;
    int64_t offset; ///< In the temporary file.
    int64_t size;
  };

  void fail(const std::string &message);
  std::string headerOf(llvm::ArrayRef<Entry> sorted) const;
  Status writeFile(const std::string &temporary);

  std::string path;
  std::string dataPath; ///< Bytes in the order of `add`.
  std::unique_ptr<llvm::raw_fd_ostream> data;
  std::vector<Entry> entries;
  llvm::StringSet<> names;
  std::string error;
};

} // namespace convoy::weights
