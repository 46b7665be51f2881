#include "compiler/Evaluate/Native.h"

#include "compiler/Kernels/KernelWriter.h"
#include "dialects/cnn/Cnn.h"

#include "llvm/ADT/StringSwitch.h"

#include <bit>
#include <cmath>
#include <cstring>

using namespace mlir;

namespace convoy::compiler {

namespace {

using Binary = float (*)(float, float);
using Unary = float (*)(float);

Binary binaryNamed(StringRef name) {
  return llvm::StringSwitch<Binary>(name)
      .Case("add", [](float a, float b) { return a + b; })
      .Case("sub", [](float a, float b) { return a - b; })
      .Case("mul", [](float a, float b) { return a * b; })
      .Case("div", [](float a, float b) { return a / b; })
      .Default(nullptr);
}

Unary unaryNamed(StringRef name) {
  return llvm::StringSwitch<Unary>(name)
      .Case("sqrt", [](float a) { return std::sqrt(a); })
      .Case("neg", [](float a) { return -a; })
      .Case("reciprocal", [](float a) { return 1.0f / a; })
      .Default(nullptr);
}

/// Strides in elements with which an operand is read for a result of these dimensions; 0 where it is broadcast.
SmallVector<int64_t> broadcastStrides(ArrayRef<int64_t> operand, ArrayRef<int64_t> result) {
  SmallVector<int64_t> strides(result.size(), 0);
  int64_t stride = 1;
  for (size_t back = 1; back <= operand.size(); ++back) {
    int64_t extent = operand[operand.size() - back];
    strides[result.size() - back] = extent == 1 ? 0 : stride;
    stride *= extent;
  }
  return strides;
}

/// Calls body(offsets of the row's first elements, row) for each row along the last dimension.
template <size_t operands, typename Body>
void forEachRow(ArrayRef<int64_t> dims, const SmallVector<int64_t> (&strides)[operands], Body body) {
  size_t outer = dims.empty() ? 0 : dims.size() - 1;
  SmallVector<int64_t> index(outer, 0);
  int64_t offsets[operands] = {};
  int64_t rows = 1;
  for (int64_t extent : dims.take_front(outer))
    rows *= extent;
  for (int64_t row = 0; row < rows; ++row) {
    body(offsets, row);
    for (size_t dim = outer; dim-- > 0;) {
      for (size_t operand = 0; operand < operands; ++operand)
        offsets[operand] += strides[operand][dim];
      if (++index[dim] < dims[dim])
        break;
      for (size_t operand = 0; operand < operands; ++operand)
        offsets[operand] -= strides[operand][dim] * dims[dim];
      index[dim] = 0;
    }
  }
}

HostValue applyBinary(Binary function, const HostValue &lhs, const HostValue &rhs, ArrayRef<int64_t> dims) {
  auto [result, bytes] = HostValue::make(proto::F32, dims);
  auto *out = reinterpret_cast<float *>(bytes);
  const auto *a = reinterpret_cast<const float *>(lhs.data), *b = reinterpret_cast<const float *>(rhs.data);
  SmallVector<int64_t> strides[2] = {broadcastStrides(lhs.dims, dims), broadcastStrides(rhs.dims, dims)};
  int64_t columns = dims.empty() ? 1 : dims.back();
  int64_t stepA = dims.empty() ? 0 : strides[0].back(), stepB = dims.empty() ? 0 : strides[1].back();
  forEachRow(dims, strides, [&](const int64_t (&offsets)[2], int64_t row) {
    for (int64_t column = 0; column < columns; ++column)
      out[row * columns + column] = function(a[offsets[0] + column * stepA], b[offsets[1] + column * stepB]);
  });
  return result;
}

HostValue applyUnary(Unary function, const HostValue &operand) {
  auto [result, bytes] = HostValue::make(proto::F32, operand.dims);
  auto *out = reinterpret_cast<float *>(bytes);
  const auto *in = reinterpret_cast<const float *>(operand.data);
  for (int64_t element = 0; element < operand.elements(); ++element)
    out[element] = function(in[element]);
  return result;
}

std::optional<HostValue> evaluateElementwise(cnn::ElementwiseOp op, ArrayRef<HostValue> operands,
                                             ArrayRef<int64_t> dims) {
  if (!llvm::all_of(operands, [](const HostValue &operand) { return operand.type == proto::F32; }))
    return std::nullopt;
  if (Binary binary = binaryNamed(op.getFunction()); binary && operands.size() == 2)
    return applyBinary(binary, operands[0], operands[1], dims);
  if (Unary unary = unaryNamed(op.getFunction()); unary && operands.size() == 1)
    return applyUnary(unary, operands[0]);
  return std::nullopt;
}

HostValue evaluateTranspose(cnn::TransposeOp op, const HostValue &operand, ArrayRef<int64_t> dims) {
  // A transpose is a layout whose order is the permutation.
  proto::Layout layout;
  for (int64_t dim : op.getPermutation())
    layout.add_order(static_cast<int32_t>(dim));
  std::vector<char> laidOut = layOut(operand, layout);
  auto [result, bytes] = HostValue::make(operand.type, dims);
  std::memcpy(bytes, laidOut.data(), laidOut.size());
  return result;
}

HostValue evaluateExpand(const HostValue &operand, ArrayRef<int64_t> dims) {
  auto [result, bytes] = HostValue::make(operand.type, dims);
  const auto *in = reinterpret_cast<const char *>(operand.data);
  const auto size = static_cast<size_t>(weights::sizeOf(operand.type));
  SmallVector<int64_t> strides[1] = {broadcastStrides(operand.dims, dims)};
  int64_t columns = dims.empty() ? 1 : dims.back();
  int64_t step = dims.empty() ? 0 : strides[0].back();
  forEachRow(dims, strides, [&, out = bytes](const int64_t (&offsets)[1], int64_t) mutable {
    for (int64_t column = 0; column < columns; ++column, out += size)
      std::memcpy(out, in + static_cast<size_t>(offsets[0] + column * step) * size, size);
  });
  return result;
}

/// To the nearest half, ties to even; NaN stays NaN.
uint16_t roundToBf16(float value) {
  uint32_t bits = std::bit_cast<uint32_t>(value);
  if (std::isnan(value))
    return static_cast<uint16_t>(bits >> 16 | 0x40);
  return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

HostValue evaluateRounding(const HostValue &operand, ArrayRef<int64_t> dims) {
  auto [result, bytes] = HostValue::make(proto::BF16, dims);
  for (int64_t position = 0; position < operand.elements(); ++position) {
    float value;
    std::memcpy(&value, operand.data + position * 4, 4);
    uint16_t half = roundToBf16(value);
    std::memcpy(bytes + position * 2, &half, 2);
  }
  return result;
}

HostValue evaluateConstant(ElementsAttr attribute, proto::DataType type, ArrayRef<int64_t> dims) {
  auto [result, bytes] = HostValue::make(type, dims);
  int64_t size = weights::sizeOf(type);
  auto store = [&, out = bytes](const APInt &bits) mutable {
    uint64_t word = bits.getZExtValue();
    std::memcpy(out, &word, static_cast<size_t>(size));
    out += size;
  };
  if (isa<FloatType>(attribute.getElementType()))
    for (const APFloat &element : attribute.getValues<APFloat>())
      store(element.bitcastToAPInt());
  else
    for (const APInt &element : attribute.getValues<APInt>())
      store(element);
  return result;
}

} // namespace

std::optional<HostValue> evaluateNatively(Operation *op, ArrayRef<HostValue> operands, ArrayRef<int64_t> dims) {
  if (auto constant = dyn_cast<cnn::ConstantOp>(op)) {
    return evaluateConstant(constant.getValue(), weights::dataTypeOf(constant.getType().getElementType()), dims);
  }
  if (isa<cnn::ReshapeOp, cnn::RelayoutOp>(op))
    return operands[0].reshaped(dims);
  if (auto transpose = dyn_cast<cnn::TransposeOp>(op))
    return evaluateTranspose(transpose, operands[0], dims);
  if (auto cast = dyn_cast<cnn::CastOp>(op))
    if (operands[0].type == proto::F32 && cast.getType().getElementType().isBF16())
      return evaluateRounding(operands[0], dims);
  if (isa<cnn::ExpandOp>(op))
    return evaluateExpand(operands[0], dims);
  if (auto elementwise = dyn_cast<cnn::ElementwiseOp>(op))
    if (auto result = evaluateElementwise(elementwise, operands, dims))
      return result;
  return evaluateQuantised(op, operands, dims);
}

} // namespace convoy::compiler
