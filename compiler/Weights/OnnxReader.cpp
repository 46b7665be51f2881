// Initialisers of an ONNX model, by name.
#include "compiler/Weights/OnnxTensor.h"
#include "compiler/Weights/Readers.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace llvm;
using onnx::TensorProto;

namespace convoy::weights {

/// Bytes in a file beside the model: never outside of its folder.
static Result<std::vector<char>> externalBytes(const TensorProto &tensor, uint64_t size, const std::string &model) {
  std::string location;
  uint64_t offset = 0;
  for (const auto &entry : tensor.external_data()) {
    if (entry.key() == "location")
      location = entry.value();
    else if (entry.key() == "offset" && StringRef(entry.value()).getAsInteger(10, offset))
      return Error{"has external data at the broken offset '" + entry.value() + "'"};
  }
  SmallVector<StringRef> parts;
  StringRef(location).split(parts, '/');
  if (location.empty() || sys::path::is_absolute(location) || llvm::is_contained(parts, ".."))
    return Error{"has external data at '" + location + "', which isn't beside the model"};
  SmallString<128> path(sys::path::parent_path(model));
  sys::path::append(path, location);
  if (!sys::fs::is_regular_file(path))
    return Error{"has external data in '" + path.str().str() + "', which isn't a file"};
  auto file = MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!file)
    return Error{"has external data in '" + path.str().str() + "', which can't be read: " + file.getError().message()};
  StringRef bytes = (*file)->getBuffer();
  if (offset > bytes.size() || size > bytes.size() - offset)
    return Error{"has external data beyond the end of '" + path.str().str() + "'"};
  return std::vector<char>(bytes.begin() + offset, bytes.begin() + offset + size);
}

static Status addTensor(const TensorProto &tensor, WeightFileBuilder &builder, const std::string &model) {
  auto error = [&](const std::string &what) { return Error{"initialiser '" + tensor.name() + "' " + what}; };
  WeightEntry entry{tensor.name(), dataTypeOfOnnx(tensor.data_type()), {}, {}};
  if (entry.type == proto::DATA_TYPE_UNSPECIFIED)
    return error("has element type " + std::to_string(tensor.data_type()) + ", which isn't supported");
  entry.dims.assign(tensor.dims().begin(), tensor.dims().end());
  auto size = bytesOf(entry.type, entry.dims);
  if (!size)
    return error("has impossible dimensions");
  if (tensor.data_location() == TensorProto::EXTERNAL) {
    auto bytes = externalBytes(tensor, static_cast<uint64_t>(*size), model);
    if (!bytes)
      return error(bytes.error());
    entry.bytes = builder.own(std::move(*bytes));
  } else if (tensor.has_raw_data()) {
    entry.bytes = builder.own({tensor.raw_data().begin(), tensor.raw_data().end()});
  } else {
    entry.bytes = builder.own(typedBytes(tensor, entry.type));
  }
  return builder.add(std::move(entry));
}

Opened readOnnx(std::unique_ptr<MemoryBuffer> buffer, const std::string &name) {
  onnx::ModelProto model;
  if (buffer->getBufferSize() > INT32_MAX ||
      !model.ParseFromArray(buffer->getBufferStart(), static_cast<int>(buffer->getBufferSize())))
    return Error{"isn't an ONNX model, or is broken"};
  WeightFileBuilder builder(WeightFile::Format::Onnx, name);
  for (const TensorProto &tensor : model.graph().initializer())
    if (Status added = addTensor(tensor, builder, name); !added)
      return Error{added.error()};
  return builder.take(nullptr);
}

} // namespace convoy::weights
