#pragma once

#include "dialects/cnn/Cnn.h"

// Values per channel, and weights multiplied by them.
namespace convoy::compiler {

/// `value`, which broadcasts with a tensor of that type, as a vector over its dimension `dim`; null if it differs along
/// others or the extent isn't known. No op is built then.
mlir::Value channelVector(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value value, mlir::RankedTensorType type,
                          int64_t dim);

/// The weight of a convolution with `function` (mul or div) applied per output channel.
mlir::Value scaleOutputs(mlir::OpBuilder &builder, mlir::Location loc, cnn::ConvolutionOp op, mlir::Value vector,
                         llvm::StringRef function);

/// The same per input channel.
mlir::Value scaleInputs(mlir::OpBuilder &builder, mlir::Location loc, cnn::ConvolutionOp op, mlir::Value vector,
                        llvm::StringRef function);

} // namespace convoy::compiler
