#include "compiler/Frontend/Onnx/Model.h"
#include "compiler/Frontend/Onnx/Onnx.h"

#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/Path.h"

#include <climits>
#include <google/protobuf/io/coded_stream.h>

using namespace mlir;

namespace convoy::frontend {

std::unique_ptr<Model> Model::read(const std::string &path, MLIRContext *context) {
  auto model = std::make_unique<Model>();
  model->name = llvm::sys::path::filename(path).str();
  model->external = std::make_unique<weights::ExternalData>(path);
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
