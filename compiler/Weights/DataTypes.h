#pragma once

#include "schedules/kernel.pb.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <optional>

namespace mlir {
class MLIRContext;
class Type;
} // namespace mlir

namespace convoy::weights {

using proto::DataType;

/// Bytes of one element.
int64_t sizeOf(DataType type);

/// "f32", "ui8", "i1": as types are written in the IR.
llvm::StringRef nameOf(DataType type);

/// Bytes of a dense tensor; nothing if a dimension is negative or the product leaves 63 bits.
std::optional<int64_t> bytesOf(DataType type, llvm::ArrayRef<int64_t> dims);

/// The element type of a tensor in the IR; DATA_TYPE_UNSPECIFIED if weights can't have it.
DataType dataTypeOf(mlir::Type element);
mlir::Type elementTypeOf(mlir::MLIRContext *context, DataType type);

} // namespace convoy::weights
