#include "compiler/Weights/Onnx/ExternalData.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace llvm;

namespace convoy::weights {

ExternalData::ExternalData(StringRef path) : folder(sys::path::parent_path(path).str()) {
  if (folder.empty())
    folder = ".";
}

/// Whether the file `path` lies below `folder`, both without symbolic links.
static bool isInside(StringRef path, StringRef folder) {
  return path.consume_front(folder) && (folder.ends_with("/") || path.starts_with("/"));
}

Result<const MemoryBuffer *> ExternalData::open(StringRef location) {
  auto error = [&](const std::string &what) {
    return Error{"has external data in '" + location.str() + "', which " + what};
  };
  auto known = files.find(location);
  if (known != files.end())
    return known->second.get();
  if (location.empty() || location.contains('\0') || sys::path::is_absolute(location))
    return error("isn't a path inside the model's folder");
  SmallString<128> path(folder), realPath, realFolder;
  sys::path::append(path, location);
  if (std::error_code code = sys::fs::real_path(path, realPath))
    return error("can't be read: " + code.message());
  if (sys::fs::real_path(folder, realFolder) || !isInside(realPath, realFolder) || !sys::fs::is_regular_file(realPath))
    return error("isn't a file inside the model's folder");
  auto buffer = MemoryBuffer::getFile(realPath, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!buffer)
    return error("can't be read: " + buffer.getError().message());
  return files.try_emplace(location, std::move(*buffer)).first->second.get();
}

Result<ArrayRef<char>> ExternalData::bytesOf(const onnx::TensorProto &tensor, uint64_t size) {
  StringRef location;
  uint64_t offset = 0, length = size;
  for (const onnx::StringStringEntryProto &entry : tensor.external_data()) {
    StringRef key = entry.key(), value = entry.value();
    if (key == "location")
      location = value;
    else if ((key == "offset" && value.getAsInteger(10, offset)) || (key == "length" && value.getAsInteger(10, length)))
      return Error{"has external data whose " + key.str() + " '" + value.str() + "' isn't a number"};
  }
  auto file = open(location);
  if (!file)
    return Error{file.error()};
  if (length != size)
    return Error{"needs " + std::to_string(size) + " bytes, its external data has " + std::to_string(length)};
  uint64_t end = (*file)->getBufferSize();
  if (offset > end || length > end - offset)
    return Error{"lies at bytes " + std::to_string(offset) + " to " + std::to_string(offset) + " + " +
                 std::to_string(length) + " of '" + location.str() + "', which has " + std::to_string(end)};
  return ArrayRef<char>((*file)->getBufferStart() + offset, length);
}

} // namespace convoy::weights
