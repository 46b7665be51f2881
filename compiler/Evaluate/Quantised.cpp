// What `prepare` of quantised networks computes (biases, sums of weights, scales), without compiling a kernel for each.
#include "compiler/Evaluate/Native.h"

#include "dialects/cnn/Cnn.h"

#include "llvm/ADT/StringSwitch.h"

#include <cmath>
#include <cstring>
#include <limits>

using namespace mlir;

namespace convoy::compiler {

namespace {

/// Elements are read as double, which holds all of these types exactly.
double load(const HostValue &value, int64_t position) {
  auto as = [&]<typename T>(T) {
    T element;
    std::memcpy(&element, value.data + position * static_cast<int64_t>(sizeof(T)), sizeof(T));
    return static_cast<double>(element);
  };
  switch (value.type) {
  case proto::F32:
    return as(float());
  case proto::I8:
    return as(int8_t());
  case proto::U8:
  case proto::BOOL:
    return as(uint8_t());
  case proto::I16:
    return as(int16_t());
  case proto::U16:
    return as(uint16_t());
  default:
    return as(int32_t());
  }
}

/// Integers that don't fit wrap around.
void store(char *bytes, proto::DataType type, int64_t position, double number) {
  auto as = [&]<typename T>(T element) {
    std::memcpy(bytes + position * static_cast<int64_t>(sizeof(T)), &element, sizeof(T));
  };
  if (type == proto::F32)
    return as(static_cast<float>(number));
  auto whole = static_cast<int64_t>(number);
  switch (type) {
  case proto::I8:
  case proto::U8:
  case proto::BOOL:
    return as(static_cast<uint8_t>(whole));
  case proto::I16:
  case proto::U16:
    return as(static_cast<uint16_t>(whole));
  default:
    return as(static_cast<uint32_t>(whole));
  }
}

bool isKnown(proto::DataType type) {
  switch (type) {
  case proto::F32:
  case proto::I8:
  case proto::U8:
  case proto::BOOL:
  case proto::I16:
  case proto::U16:
  case proto::I32:
    return true;
  default:
    return false;
  }
}

std::pair<double, double> rangeOf(proto::DataType type) {
  int64_t bits = 8 * weights::sizeOf(type);
  bool isUnsigned = type == proto::U8 || type == proto::U16;
  return {isUnsigned ? 0 : -std::ldexp(1.0, static_cast<int>(bits) - 1),
          std::ldexp(1.0, static_cast<int>(bits) - (isUnsigned ? 0 : 1)) - 1};
}

/// saturate(round(value) + zero point)
double saturated(float value, double zero, proto::DataType type) {
  auto [low, high] = rangeOf(type);
  double sum = std::nearbyint(static_cast<double>(value)) + zero;
  return sum > low ? std::min(sum, high) : low; // NaN: the lowest
}

/// A product of integers, which wraps around.
double multiplied(const double *x, proto::DataType) {
  int64_t product = static_cast<int64_t>(x[0]) * static_cast<int64_t>(x[1]);
  return static_cast<double>(static_cast<int32_t>(product));
}

/// A function of up to three numbers; the float operations are those of single floats.
using Function = double (*)(const double *x, proto::DataType type);

Function elementwiseNamed(StringRef name, bool isFloat) {
  if (isFloat)
    return llvm::StringSwitch<Function>(name)
        .Case("abs", [](const double *x, proto::DataType) { return std::abs(x[0]); })
        .Case("max", [](const double *x, proto::DataType) { return x[0] > x[1] || std::isnan(x[0]) ? x[0] : x[1]; })
        .Case("less", [](const double *x, proto::DataType) -> double { return x[0] < x[1]; })
        .Default(nullptr);
  return llvm::StringSwitch<Function>(name)
      .Case("add", [](const double *x, proto::DataType) { return x[0] + x[1]; })
      .Case("sub", [](const double *x, proto::DataType) { return x[0] - x[1]; })
      .Case("mul", multiplied)
      .Case("neg", [](const double *x, proto::DataType) { return -x[0]; })
      .Case("where", [](const double *x, proto::DataType) { return x[0] != 0 ? x[1] : x[2]; })
      .Default(nullptr);
}

double quantize(const double *x, proto::DataType type) {
  return saturated(static_cast<float>(x[0]) / static_cast<float>(x[1]), x[2], type);
}

double dequantize(const double *x, proto::DataType) {
  return static_cast<double>(static_cast<float>(x[0] - x[2]) * static_cast<float>(x[1]));
}

double requantize(const double *x, proto::DataType type) {
  return saturated(static_cast<float>(x[0]) * static_cast<float>(x[1]), x[2], type);
}

Function functionOf(Operation *op, ArrayRef<HostValue> operands, proto::DataType result) {
  if (isa<cnn::QuantizeOp>(op))
    return quantize;
  if (isa<cnn::DequantizeOp>(op))
    return dequantize;
  if (isa<cnn::RequantizeOp>(op))
    return requantize;
  bool isInteger = result != proto::F32 && result != proto::BOOL;
  bool fromIntegers = llvm::none_of(operands, [](const HostValue &value) { return value.type == proto::F32; });
  if (isa<cnn::CastOp>(op) && result != proto::BOOL && fromIntegers)
    return [](const double *x, proto::DataType) { return x[0]; };
  auto elementwise = dyn_cast<cnn::ElementwiseOp>(op);
  if (!elementwise)
    return nullptr;
  if (isInteger && fromIntegers)
    return elementwiseNamed(elementwise.getFunction(), /*isFloat=*/false);
  return fromIntegers ? nullptr : elementwiseNamed(elementwise.getFunction(), /*isFloat=*/true);
}

/// Position in a broadcast operand of element `position` of the result.
int64_t operandPosition(ArrayRef<int64_t> operand, ArrayRef<int64_t> dims, int64_t position) {
  if (operand == dims)
    return position;
  int64_t result = 0, stride = 1;
  for (size_t back = 1; back <= dims.size(); ++back) {
    int64_t extent = dims[dims.size() - back], index = position % extent;
    position /= extent;
    if (back > operand.size())
      break;
    int64_t own = operand[operand.size() - back];
    result += own == 1 ? 0 : index * stride;
    stride *= own;
  }
  return result;
}

/// The sum over all dimensions but one, or over none.
std::optional<HostValue> evaluateSum(cnn::ReduceOp op, const HostValue &operand, ArrayRef<int64_t> dims) {
  size_t rank = operand.dims.size();
  if (op.getKind() != cnn::ReduceKind::Sum || operand.type != proto::I32 || op.getAxes().size() + 1 != rank)
    return std::nullopt;
  int64_t kept = 0, inner = 1;
  while (llvm::is_contained(op.getAxes(), kept))
    ++kept;
  for (size_t dim = static_cast<size_t>(kept) + 1; dim < rank; ++dim)
    inner *= operand.dims[dim];
  int64_t extent = operand.dims[static_cast<size_t>(kept)];
  std::vector<uint32_t> sums(static_cast<size_t>(extent), 0);
  for (int64_t position = 0; position < operand.elements(); ++position) {
    uint32_t element = 0;
    std::memcpy(&element, operand.data + position * 4, 4);
    sums[static_cast<size_t>(position / inner % extent)] += element;
  }
  auto [result, bytes] = HostValue::make(proto::I32, dims);
  std::memcpy(bytes, sums.data(), sums.size() * 4);
  return result;
}

} // namespace

std::optional<HostValue> evaluateQuantised(Operation *op, ArrayRef<HostValue> operands, ArrayRef<int64_t> dims) {
  if (op->getNumResults() != 1 || operands.empty() || operands.size() > 3 ||
      !llvm::all_of(operands, [](const HostValue &value) { return isKnown(value.type); }))
    return std::nullopt;
  if (auto reduce = dyn_cast<cnn::ReduceOp>(op))
    return evaluateSum(reduce, operands[0], dims);
  proto::DataType type = weights::dataTypeOf(cast<RankedTensorType>(op->getResult(0).getType()).getElementType());
  Function function = isKnown(type) ? functionOf(op, operands, type) : nullptr;
  if (!function)
    return std::nullopt;
  auto [result, bytes] = HostValue::make(type, dims);
  for (int64_t position = 0; position < result.elements(); ++position) {
    double x[3] = {};
    for (size_t i = 0; i < operands.size(); ++i)
      x[i] = load(operands[i], operandPosition(operands[i].dims, dims, position));
    store(bytes, type, position, function(x, type));
  }
  return result;
}

} // namespace convoy::compiler
