// Initialisers of an ONNX model, by name.
#include "compiler/Weights/Onnx/ExternalData.h"
#include "compiler/Weights/Onnx/Tensor.h"
#include "compiler/Weights/Readers.h"

using namespace llvm;
using onnx::TensorProto;

namespace convoy::weights {

static Status addTensor(const TensorProto &tensor, WeightFileBuilder &builder, ExternalData &external) {
  auto error = [&](const std::string &what) { return Error{"initialiser '" + tensor.name() + "' " + what}; };
  WeightEntry entry{tensor.name(), dataTypeOfOnnx(tensor.data_type()), {}, {}};
  if (entry.type == proto::DATA_TYPE_UNSPECIFIED)
    return error("has element type " + std::to_string(tensor.data_type()) + ", which isn't supported");
  entry.dims.assign(tensor.dims().begin(), tensor.dims().end());
  auto size = bytesOf(entry.type, entry.dims);
  if (!size)
    return error("has impossible dimensions");
  if (tensor.data_location() == TensorProto::EXTERNAL) {
    auto bytes = external.bytesOf(tensor, static_cast<uint64_t>(*size));
    if (!bytes)
      return error(bytes.error());
    entry.bytes = builder.own({bytes->begin(), bytes->end()});
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
  ExternalData external(name);
  for (const TensorProto &tensor : model.graph().initializer())
    if (Status added = addTensor(tensor, builder, external); !added)
      return Error{added.error()};
  return builder.take(nullptr);
}

} // namespace convoy::weights
