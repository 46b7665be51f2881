#include "compiler/Frontend/Onnx/Model.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/Support/CheckedArithmetic.h"

#include <cstring>

using namespace mlir;
using onnx::TensorProto;

namespace convoy::frontend {

Type elementType(int onnxType, Location loc) {
  Builder b(loc.getContext());
  switch (onnxType) {
  case TensorProto::FLOAT:
    return b.getF32Type();
  case TensorProto::DOUBLE:
    return b.getF64Type();
  case TensorProto::FLOAT16:
    return b.getF16Type();
  case TensorProto::BFLOAT16:
    return b.getBF16Type();
  case TensorProto::BOOL:
    return b.getI1Type();
  case TensorProto::INT8:
    return b.getI8Type();
  case TensorProto::INT16:
    return b.getI16Type();
  case TensorProto::INT32:
    return b.getI32Type();
  case TensorProto::INT64:
    return b.getI64Type();
  case TensorProto::UINT8:
    return b.getIntegerType(8, false);
  case TensorProto::UINT16:
    return b.getIntegerType(16, false);
  case TensorProto::UINT32:
    return b.getIntegerType(32, false);
  case TensorProto::UINT64:
    return b.getIntegerType(64, false);
  default:
    break;
  }
  auto diagnostic = emitError(loc);
  if (TensorProto::DataType_IsValid(onnxType))
    diagnostic << "element type " << TensorProto::DataType_Name(static_cast<TensorProto::DataType>(onnxType))
               << " isn't supported";
  else
    diagnostic << "element type " << onnxType << " doesn't exist";
  return {};
}

static int64_t bytesOf(Type element) { return element.isInteger(1) ? 1 : element.getIntOrFloatBitWidth() / 8; }

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

/// The bytes that the dimensions ask for; nothing if a dimension is negative or the product has no meaning.
static std::optional<int64_t> sizeOf(const TensorProto &tensor, Type element) {
  std::optional<int64_t> size = bytesOf(element);
  for (int64_t dim : tensor.dims()) {
    if (dim < 0)
      return std::nullopt;
    size = size ? llvm::checkedMul(*size, dim) : size;
  }
  return size;
}

/// Copies a typed field whose entries are wider than the elements (`int32_data` holds bytes and half floats too).
template <typename T, typename Field> static std::vector<char> narrowed(const Field &field) {
  std::vector<T> values;
  values.reserve(field.size());
  for (auto value : field)
    values.push_back(static_cast<T>(value));
  return bytesFrom(ArrayRef<T>(values));
}

static std::vector<char> typedBytes(const TensorProto &tensor) {
  switch (tensor.data_type()) {
  case TensorProto::FLOAT:
    return narrowed<float>(tensor.float_data());
  case TensorProto::DOUBLE:
    return narrowed<double>(tensor.double_data());
  case TensorProto::INT64:
    return narrowed<int64_t>(tensor.int64_data());
  case TensorProto::UINT64:
    return narrowed<uint64_t>(tensor.uint64_data());
  case TensorProto::UINT32:
    return narrowed<uint32_t>(tensor.uint64_data());
  case TensorProto::INT32:
    return narrowed<int32_t>(tensor.int32_data());
  case TensorProto::INT16:
    return narrowed<int16_t>(tensor.int32_data());
  case TensorProto::UINT16:
  case TensorProto::FLOAT16:
  case TensorProto::BFLOAT16:
    return narrowed<uint16_t>(tensor.int32_data());
  case TensorProto::BOOL: {
    std::vector<char> bytes;
    for (int32_t value : tensor.int32_data())
      bytes.push_back(value != 0);
    return bytes;
  }
  default:
    return narrowed<uint8_t>(tensor.int32_data());
  }
}

FailureOr<Tensor> Model::decode(const TensorProto &proto, Location loc) {
  auto error = [&] { return emitError(loc) << "tensor '" << proto.name() << "' "; };
  Tensor tensor;
  tensor.name = proto.name();
  tensor.dims.assign(proto.dims().begin(), proto.dims().end());
  tensor.element = elementType(proto.data_type(), loc);
  if (!tensor.element)
    return failure();
  std::optional<int64_t> size = sizeOf(proto, tensor.element);
  if (!size)
    return error() << "has impossible dimensions [" << tensor.dims << "]";
  if (proto.has_segment())
    return error() << "is cut into segments, which isn't supported";
  if (proto.data_location() == TensorProto::EXTERNAL) {
    auto bytes = externalBytes(proto, *size, loc);
    if (failed(bytes))
      return failure();
    tensor.bytes = *bytes;
  } else if (proto.has_raw_data()) {
    tensor.bytes = ArrayRef<char>(proto.raw_data().data(), proto.raw_data().size());
  } else {
    tensor.owned = std::make_shared<const std::vector<char>>(typedBytes(proto));
    tensor.bytes = *tensor.owned;
  }
  if (static_cast<int64_t>(tensor.bytes.size()) != *size)
    return error() << "has dimensions [" << tensor.dims << "] and so needs " << *size << " bytes, the model has "
                   << tensor.bytes.size();
  return tensor;
}

} // namespace convoy::frontend
