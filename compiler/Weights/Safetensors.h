#pragma once

#include "compiler/Weights/DataTypes.h"
#include "schedules/core/Result.h"

#include "llvm/ADT/SmallVector.h"

#include <string>
#include <vector>

namespace convoy::weights::safetensors {

/// The format: 8 bytes that say the length of the header, the header (JSON: name -> dtype, shape, data_offsets), and
/// the bytes of all entries, without holes. Offsets count from the end of the header.
struct HeaderEntry {
  std::string name;
  DataType type = proto::DATA_TYPE_UNSPECIFIED;
  llvm::SmallVector<int64_t, 4> dims;
  int64_t begin = 0;
  int64_t end = 0;
};

/// The longest header that is read; the same as in the format's own library.
inline constexpr int64_t longestHeader = 100'000'000;

/// Parses the JSON. Duplicate names, unknown keys and element types are errors.
Result<std::vector<HeaderEntry>> parseHeader(llvm::StringRef json);

/// "F32", "BOOL", ...
llvm::StringRef dtypeOf(DataType type);

} // namespace convoy::weights::safetensors
