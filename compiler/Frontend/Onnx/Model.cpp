#include "compiler/Frontend/Onnx/Model.h"
#include "compiler/Frontend/Onnx/Onnx.h"

#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <climits>
#include <google/protobuf/io/coded_stream.h>

using namespace mlir;

namespace convoy::frontend {

std::unique_ptr<Model> Model::read(const std::string &path, MLIRContext *context) {
  auto model = std::make_unique<Model>();
  model->name = llvm::sys::path::filename(path).str();
  model->folder = llvm::sys::path::parent_path(path).str();
  if (model->folder.empty())
    model->folder = ".";
  auto loc = NameLoc::get(StringAttr::get(context, model->name));
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!buffer) {
    emitError(loc) << "can't read '" << path << "': " << buffer.getError().message();
    return nullptr;
  }
  size_t size = (*buffer)->getBufferSize();
  if (size > INT_MAX) {
    emitError(loc) << "the file has " << size
                   << " bytes; an ONNX file ends at 2 GiB, larger weights must stand in external data files";
    return nullptr;
  }
  google::protobuf::io::CodedInputStream stream(reinterpret_cast<const uint8_t *>((*buffer)->getBufferStart()),
                                                static_cast<int>(size));
  stream.SetRecursionLimit(64);
  if (size == 0 || !model->message.ParseFromCodedStream(&stream) || !stream.ConsumedEntireMessage()) {
    emitError(loc) << (looksLikeOnnx((*buffer)->getBuffer())
                           ? "the file starts as an ONNX model, but it is damaged or cut off"
                           : "the file isn't an ONNX model");
    return nullptr;
  }
  return model;
}

FailureOr<const llvm::MemoryBuffer *> Model::externalFile(StringRef location, Location loc) {
  auto [entry, isNew] = files.try_emplace(location);
  if (!isNew && entry->second)
    return entry->second.get();
  SmallString<128> path(folder), realPath, realFolder;
  llvm::sys::path::append(path, location);
  if (location.empty() || location.contains('\0') || llvm::sys::path::is_absolute(location))
    return emitError(loc) << "external data file '" << location << "' isn't a path inside the model's folder";
  if (std::error_code code = llvm::sys::fs::real_path(path, realPath))
    return emitError(loc) << "can't read external data file '" << location << "': " << code.message();
  bool inside =
      !llvm::sys::fs::real_path(folder, realFolder) && StringRef(realPath).starts_with(realFolder) &&
      (StringRef(realFolder).ends_with("/") || StringRef(realPath).drop_front(realFolder.size()).starts_with("/"));
  if (!inside || !llvm::sys::fs::is_regular_file(realPath))
    return emitError(loc) << "external data file '" << location << "' isn't a file inside the model's folder";
  auto buffer = llvm::MemoryBuffer::getFile(realPath, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!buffer)
    return emitError(loc) << "can't read external data file '" << location << "': " << buffer.getError().message();
  entry->second = std::move(*buffer);
  return entry->second.get();
}

FailureOr<ArrayRef<char>> Model::externalBytes(const onnx::TensorProto &tensor, int64_t size, Location loc) {
  StringRef location;
  uint64_t offset = 0, length = static_cast<uint64_t>(size);
  for (const onnx::StringStringEntryProto &entry : tensor.external_data()) {
    StringRef key = entry.key(), value = entry.value();
    if (key == "location")
      location = value;
    else if ((key == "offset" && value.getAsInteger(10, offset)) || (key == "length" && value.getAsInteger(10, length)))
      return emitError(loc) << "tensor '" << tensor.name() << "': " << key << " '" << value << "' isn't a number";
  }
  auto file = externalFile(location, loc);
  if (failed(file))
    return failure();
  if (length != static_cast<uint64_t>(size))
    return emitError(loc) << "tensor '" << tensor.name() << "' needs " << size << " bytes, its external data has "
                          << length;
  if (offset > (*file)->getBufferSize() || length > (*file)->getBufferSize() - offset)
    return emitError(loc) << "tensor '" << tensor.name() << "' lies at bytes " << offset << " to " << offset << " + "
                          << length << " of '" << location << "', which has " << (*file)->getBufferSize();
  return ArrayRef<char>((*file)->getBufferStart() + offset, length);
}

/// Walks the top-level fields of a message as long as they can be those of a ModelProto.
bool looksLikeOnnx(StringRef bytes) {
  const auto *data = reinterpret_cast<const uint8_t *>(bytes.data());
  google::protobuf::io::CodedInputStream stream(data, static_cast<int>(std::min<size_t>(bytes.size(), INT_MAX)));
  bool hasVersion = false, hasOther = false;
  while (uint32_t tag = stream.ReadTag()) {
    uint32_t field = tag >> 3, wire = tag & 7;
    bool isNumber = field == 1 || field == 5;
    bool isText = (field >= 2 && field <= 8 && field != 5) || field == 14 || field == 20 || field == 25 || field == 26;
    if ((!isNumber || wire != 0) && (!isText || wire != 2))
      return false;
    uint64_t value = 0;
    if (!stream.ReadVarint64(&value))
      break;
    if (field == 1 && (value == 0 || value > 1000))
      return false;
    hasVersion |= field == 1;
    hasOther |= field == 7 || field == 8 || field == 2;
    if (isText && (value > INT_MAX || !stream.Skip(static_cast<int>(value))))
      break;
  }
  return hasVersion || (hasOther && bytes.size() > 16);
}

} // namespace convoy::frontend
