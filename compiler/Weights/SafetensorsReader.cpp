#include "compiler/Weights/Readers.h"
#include "compiler/Weights/Safetensors.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Endian.h"

using namespace llvm;

namespace convoy::weights {

/// Entries lie one after the other, from the end of the header to the end of the file.
static Status checkPlaces(ArrayRef<safetensors::HeaderEntry> entries, int64_t size) {
  auto order = llvm::to_vector(llvm::make_pointer_range(entries));
  llvm::sort(order,
             [](const auto *a, const auto *b) { return std::pair(a->begin, a->end) < std::pair(b->begin, b->end); });
  int64_t at = 0;
  for (const auto *entry : order) {
    if (entry->begin != at || entry->end < entry->begin)
      return Error{"entry '" + entry->name + "' lies at [" + std::to_string(entry->begin) + ", " +
                   std::to_string(entry->end) + "): entries overlap or leave a hole at " + std::to_string(at)};
    at = entry->end;
  }
  if (at != size)
    return Error{"the entries need " + std::to_string(at) + " bytes, the file has " + std::to_string(size) +
                 (at > size ? "; it is cut off" : "")};
  return ok();
}

Opened readSafetensors(std::unique_ptr<MemoryBuffer> buffer, const std::string &name) {
  StringRef bytes = buffer->getBuffer();
  if (bytes.size() < 8)
    return Error{"is too short for a safetensors file"};
  uint64_t length = support::endian::read64le(bytes.data());
  if (length > bytes.size() - 8 || length > safetensors::longestHeader)
    return Error{"says that its header has " + std::to_string(length) + " bytes; the file has " +
                 std::to_string(bytes.size())};
  auto header = safetensors::parseHeader(bytes.substr(8, length));
  if (!header)
    return Error{header.error()};
  StringRef data = bytes.substr(8 + length);
  if (Status places = checkPlaces(*header, static_cast<int64_t>(data.size())); !places)
    return Error{places.error()};
  WeightFileBuilder builder(WeightFile::Format::Safetensors, name);
  for (safetensors::HeaderEntry &entry : *header) {
    StringRef part = data.slice(entry.begin, entry.end);
    Status added = builder.add({entry.name, entry.type, entry.dims, ArrayRef<char>(part.data(), part.size())});
    if (!added)
      return Error{added.error()};
  }
  return builder.take(std::move(buffer));
}

} // namespace convoy::weights
