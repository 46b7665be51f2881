#include "compiler/Weights/Onnx/Tensor.h"

using onnx::TensorProto;

namespace convoy::weights {

DataType dataTypeOfOnnx(int onnxType) {
  switch (onnxType) {
  case TensorProto::FLOAT:
    return proto::F32;
  case TensorProto::DOUBLE:
    return proto::F64;
  case TensorProto::FLOAT16:
    return proto::F16;
  case TensorProto::BFLOAT16:
    return proto::BF16;
  case TensorProto::BOOL:
    return proto::BOOL;
  case TensorProto::INT8:
    return proto::I8;
  case TensorProto::INT16:
    return proto::I16;
  case TensorProto::INT32:
    return proto::I32;
  case TensorProto::INT64:
    return proto::I64;
  case TensorProto::UINT8:
    return proto::U8;
  case TensorProto::UINT16:
    return proto::U16;
  case TensorProto::UINT32:
    return proto::U32;
  case TensorProto::UINT64:
    return proto::U64;
  default:
    return proto::DATA_TYPE_UNSPECIFIED;
  }
}

/// Narrows entries of a typed field, which may be wider than the elements, to `size` bytes each (little-endian).
template <typename Field> static std::vector<char> narrow(const Field &field, int64_t size) {
  std::vector<char> bytes;
  bytes.reserve(field.size() * size);
  for (auto value : field) {
    const char *raw = reinterpret_cast<const char *>(&value);
    bytes.insert(bytes.end(), raw, raw + size);
  }
  return bytes;
}

std::vector<char> typedBytes(const TensorProto &tensor, DataType type) {
  switch (type) {
  case proto::F32:
    return narrow(tensor.float_data(), 4);
  case proto::F64:
    return narrow(tensor.double_data(), 8);
  case proto::I64:
    return narrow(tensor.int64_data(), 8);
  case proto::U64:
  case proto::U32:
    return narrow(tensor.uint64_data(), sizeOf(type));
  case proto::BOOL: {
    std::vector<char> bytes;
    for (int32_t value : tensor.int32_data())
      bytes.push_back(value != 0);
    return bytes;
  }
  default:
    return narrow(tensor.int32_data(), sizeOf(type));
  }
}

} // namespace convoy::weights
