#include "compiler/Weights/DataTypes.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/Support/CheckedArithmetic.h"

using namespace mlir;

namespace convoy::weights {

namespace {
struct Line {
  DataType type;
  int64_t size;
  const char *name;
};
} // namespace

static constexpr Line table[] = {
    {proto::F32, 4, "f32"}, {proto::F64, 8, "f64"},  {proto::F16, 2, "f16"}, {proto::BF16, 2, "bf16"},
    {proto::I8, 1, "i8"},   {proto::U8, 1, "ui8"},   {proto::I16, 2, "i16"}, {proto::U16, 2, "ui16"},
    {proto::I32, 4, "i32"}, {proto::U32, 4, "ui32"}, {proto::I64, 8, "i64"}, {proto::U64, 8, "ui64"},
    {proto::BOOL, 1, "i1"},
};

static const Line *lineOf(DataType type) {
  const auto *line = llvm::find_if(table, [&](const Line &line) { return line.type == type; });
  return line == std::end(table) ? nullptr : line;
}

int64_t sizeOf(DataType type) {
  const Line *line = lineOf(type);
  return line ? line->size : 0;
}

StringRef nameOf(DataType type) {
  const Line *line = lineOf(type);
  return line ? line->name : "unspecified";
}

std::optional<int64_t> bytesOf(DataType type, ArrayRef<int64_t> dims) {
  std::optional<int64_t> bytes = sizeOf(type);
  for (int64_t dim : dims) {
    if (dim < 0)
      return std::nullopt;
    bytes = bytes ? llvm::checkedMul(*bytes, dim) : bytes;
  }
  return bytes;
}

DataType dataTypeOf(Type element) {
  if (element.isF32())
    return proto::F32;
  if (element.isF64())
    return proto::F64;
  if (element.isF16())
    return proto::F16;
  if (element.isBF16())
    return proto::BF16;
  auto integer = dyn_cast<IntegerType>(element);
  if (!integer)
    return proto::DATA_TYPE_UNSPECIFIED;
  bool isUnsigned = integer.isUnsigned();
  switch (integer.getWidth()) {
  case 1:
    return proto::BOOL;
  case 8:
    return isUnsigned ? proto::U8 : proto::I8;
  case 16:
    return isUnsigned ? proto::U16 : proto::I16;
  case 32:
    return isUnsigned ? proto::U32 : proto::I32;
  case 64:
    return isUnsigned ? proto::U64 : proto::I64;
  default:
    return proto::DATA_TYPE_UNSPECIFIED;
  }
}

Type elementTypeOf(MLIRContext *context, DataType type) {
  Builder b(context);
  switch (type) {
  case proto::F32:
    return b.getF32Type();
  case proto::F64:
    return b.getF64Type();
  case proto::F16:
    return b.getF16Type();
  case proto::BF16:
    return b.getBF16Type();
  case proto::BOOL:
    return b.getI1Type();
  case proto::I8:
    return b.getI8Type();
  case proto::I16:
    return b.getI16Type();
  case proto::I32:
    return b.getI32Type();
  case proto::I64:
    return b.getI64Type();
  case proto::U8:
    return b.getIntegerType(8, false);
  case proto::U16:
    return b.getIntegerType(16, false);
  case proto::U32:
    return b.getIntegerType(32, false);
  case proto::U64:
    return b.getIntegerType(64, false);
  default:
    return {};
  }
}

} // namespace convoy::weights
