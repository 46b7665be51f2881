#include "tools/convoy/io/Inputs.h"

#include "compiler/Frontend/Onnx/onnx.pb.h"
#include "tools/convoy/Text.h"

#include <cstring>
#include <fstream>

namespace convoy::tools {

namespace {

using onnx::TensorProto;

convoy_type typeOf(const TensorProto &proto) {
  switch (proto.data_type()) {
  case TensorProto::FLOAT:
    return CONVOY_F32;
  case TensorProto::DOUBLE:
    return CONVOY_F64;
  case TensorProto::FLOAT16:
    return CONVOY_F16;
  case TensorProto::BFLOAT16:
    return CONVOY_BF16;
  case TensorProto::INT8:
    return CONVOY_I8;
  case TensorProto::UINT8:
    return CONVOY_U8;
  case TensorProto::INT16:
    return CONVOY_I16;
  case TensorProto::UINT16:
    return CONVOY_U16;
  case TensorProto::INT32:
    return CONVOY_I32;
  case TensorProto::UINT32:
    return CONVOY_U32;
  case TensorProto::INT64:
    return CONVOY_I64;
  case TensorProto::UINT64:
    return CONVOY_U64;
  case TensorProto::BOOL:
    return CONVOY_BOOL;
  default:
    return static_cast<convoy_type>(0);
  }
}

/// The elements of a typed field, each cut to `bytes` (numbers of up to 32 bits stand in int32_data).
template <typename Field> bool copyField(const Field &field, size_t bytes, size_t count, void *to) {
  if (static_cast<size_t>(field.size()) != count)
    return false;
  for (size_t i = 0; i < count; ++i) {
    auto element = field.Get(static_cast<int>(i));
    std::memcpy(static_cast<char *>(to) + i * bytes, &element, bytes);
  }
  return true;
}

bool copyElements(const TensorProto &proto, const convoy_tensor &tensor, size_t bytes) {
  if (proto.has_raw_data()) {
    if (proto.raw_data().size() != bytes)
      return false;
    std::memcpy(tensor.data, proto.raw_data().data(), bytes);
    return true;
  }
  size_t each = convoy_type_bytes(tensor.type), count = bytes / each;
  switch (tensor.type) {
  case CONVOY_F32:
    return copyField(proto.float_data(), each, count, tensor.data);
  case CONVOY_F64:
    return copyField(proto.double_data(), each, count, tensor.data);
  case CONVOY_I64:
    return copyField(proto.int64_data(), each, count, tensor.data);
  case CONVOY_U32:
  case CONVOY_U64:
    return copyField(proto.uint64_data(), each, count, tensor.data);
  default:
    return copyField(proto.int32_data(), each, count, tensor.data);
  }
}

} // namespace

Result<HostTensor> readTensorProto(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return Error{"can't open " + path + ": " + std::strerror(errno)};
  TensorProto proto;
  if (!proto.ParseFromIstream(&file) || !proto.has_data_type())
    return Error{path + " holds no ONNX tensor, or is truncated"};
  convoy_type type = typeOf(proto);
  if (!convoy_type_bytes(type))
    return Error{format("%s holds elements of ONNX type %d, which is not supported", path.c_str(), proto.data_type())};
  if (proto.dims_size() > CONVOY_MAX_RANK)
    return Error{format("%s has %d dimensions, more than %d", path.c_str(), proto.dims_size(), CONVOY_MAX_RANK)};
  std::vector<int64_t> dims(proto.dims().begin(), proto.dims().end());
  convoy_tensor shape = {};
  shape.type = type;
  shape.rank = static_cast<int32_t>(dims.size());
  std::copy(dims.begin(), dims.end(), shape.dims);
  size_t bytes = convoy_tensor_bytes(&shape);
  // No more memory than the file accounts for: each element takes a byte of it at least.
  if (bytes == SIZE_MAX || bytes / 8 > proto.ByteSizeLong())
    return Error{path + ": its dimensions don't fit its data"};
  HostTensor result = HostTensor::allocate(type, dims);
  if (!result.tensor.data)
    return Error{path + ": no memory"};
  if (!copyElements(proto, result.tensor, bytes))
    return Error{path + ": its dimensions don't fit its data"};
  return result;
}

} // namespace convoy::tools
