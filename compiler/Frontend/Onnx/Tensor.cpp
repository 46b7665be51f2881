#include "compiler/Weights/Onnx/Tensor.h"
#include "compiler/Frontend/Onnx/Model.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/APFloat.h"

#include <cstring>

using namespace mlir;
using onnx::TensorProto;

namespace convoy::frontend {

Type elementType(int onnxType, Location loc) {
  if (Type element = weights::elementTypeOf(loc.getContext(), weights::dataTypeOfOnnx(onnxType)))
    return element;
  auto diagnostic = emitError(loc);
  if (TensorProto::DataType_IsValid(onnxType))
    diagnostic << "element type " << TensorProto::DataType_Name(static_cast<TensorProto::DataType>(onnxType))
               << " isn't supported";
  else
    diagnostic << "element type " << onnxType << " doesn't exist";
  return {};
}

int64_t Tensor::count() const {
  int64_t count = 1;
  for (int64_t dim : dims)
    count *= dim;
  return count;
}

Tensor Tensor::make(Type element, ArrayRef<int64_t> dims, std::vector<char> bytes) {
  Tensor tensor;
  tensor.element = element;
  tensor.dims.assign(dims.begin(), dims.end());
  tensor.owned = std::make_shared<const std::vector<char>>(std::move(bytes));
  tensor.bytes = *tensor.owned;
  return tensor;
}

template <typename T> static std::vector<char> bytesFrom(ArrayRef<T> values) {
  const auto *begin = reinterpret_cast<const char *>(values.data());
  return std::vector<char>(begin, begin + values.size() * sizeof(T));
}

Tensor Tensor::makeFloats(MLIRContext *context, ArrayRef<int64_t> dims, ArrayRef<float> values) {
  return make(Float32Type::get(context), dims, bytesFrom(values));
}

Tensor Tensor::makeInts(MLIRContext *context, ArrayRef<int64_t> dims, ArrayRef<int64_t> values) {
  return make(IntegerType::get(context, 64), dims, bytesFrom(values));
}

template <typename T> static SmallVector<double> numbersFrom(ArrayRef<char> bytes) {
  SmallVector<double> numbers;
  for (size_t at = 0; at + sizeof(T) <= bytes.size(); at += sizeof(T)) {
    T value;
    std::memcpy(&value, bytes.data() + at, sizeof(T));
    numbers.push_back(static_cast<double>(value));
  }
  return numbers;
}

static SmallVector<double> numbersFromHalf(FloatType type, ArrayRef<char> bytes) {
  SmallVector<double> numbers;
  for (double bits : numbersFrom<uint16_t>(bytes)) {
    llvm::APFloat value(type.getFloatSemantics(), llvm::APInt(16, static_cast<uint64_t>(bits)));
    numbers.push_back(value.convertToDouble());
  }
  return numbers;
}

std::optional<SmallVector<double>> Tensor::numbers() const {
  if (element.isF16() || element.isBF16())
    return numbersFromHalf(cast<FloatType>(element), bytes);
  if (element.isF32())
    return numbersFrom<float>(bytes);
  if (element.isF64())
    return numbersFrom<double>(bytes);
  auto integer = dyn_cast<IntegerType>(element);
  if (!integer)
    return std::nullopt;
  switch (integer.getWidth() * 2 + integer.isUnsigned()) {
  case 2:
  case 17:
    return numbersFrom<uint8_t>(bytes);
  case 16:
    return numbersFrom<int8_t>(bytes);
  case 32:
    return numbersFrom<int16_t>(bytes);
  case 33:
    return numbersFrom<uint16_t>(bytes);
  case 64:
    return numbersFrom<int32_t>(bytes);
  case 65:
    return numbersFrom<uint32_t>(bytes);
  case 128:
    return numbersFrom<int64_t>(bytes);
  case 129:
    return numbersFrom<uint64_t>(bytes);
  default:
    return std::nullopt;
  }
}

//===-- Decoding --------------------------------------------------------------------------------===//

FailureOr<Tensor> Model::decode(const TensorProto &proto, Location loc) {
  auto error = [&] { return emitError(loc) << "tensor '" << proto.name() << "' "; };
  Tensor tensor;
  tensor.name = proto.name();
  tensor.dims.assign(proto.dims().begin(), proto.dims().end());
  tensor.element = elementType(proto.data_type(), loc);
  if (!tensor.element)
    return failure();
  weights::DataType type = weights::dataTypeOfOnnx(proto.data_type());
  std::optional<int64_t> size = weights::bytesOf(type, tensor.dims);
  if (!size)
    return error() << "has impossible dimensions [" << tensor.dims << "]";
  if (proto.has_segment())
    return error() << "is cut into segments, which isn't supported";
  if (proto.data_location() == TensorProto::EXTERNAL) {
    auto bytes = external->bytesOf(proto, static_cast<uint64_t>(*size));
    if (!bytes)
      return error() << bytes.error();
    tensor.bytes = *bytes;
  } else if (proto.has_raw_data()) {
    tensor.bytes = ArrayRef<char>(proto.raw_data().data(), proto.raw_data().size());
  } else {
    tensor.owned = std::make_shared<const std::vector<char>>(weights::typedBytes(proto, type));
    tensor.bytes = *tensor.owned;
  }
  if (static_cast<int64_t>(tensor.bytes.size()) != *size)
    return error() << "has dimensions [" << tensor.dims << "] and so needs " << *size << " bytes, the model has "
                   << tensor.bytes.size();
  return tensor;
}

} // namespace convoy::frontend
