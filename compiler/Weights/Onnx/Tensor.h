#pragma once

#include "compiler/Frontend/Onnx/onnx.pb.h"
#include "compiler/Weights/DataTypes.h"

#include <vector>

namespace convoy::weights {

/// The type of a TensorProto's elements; DATA_TYPE_UNSPECIFIED if it isn't supported.
DataType dataTypeOfOnnx(int onnxType);

/// The elements of a tensor of type `type` that lie in its typed fields, whose entries may be wider (`int32_data` holds
/// bytes and half floats too).
std::vector<char> typedBytes(const onnx::TensorProto &tensor, DataType type);

} // namespace convoy::weights
