#pragma once

#include "compiler/Types/Quantise/Ranges.h"
#include "dialects/cnn/Cnn.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

// The ops that quantising adds.
namespace convoy::compiler {

/// quantize and dequantize of an activation; the float again.
mlir::Value quantisePair(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value value, Scale scale);

/// The same of a layer's weight as i8, symmetric, with a scale per output channel.
mlir::Value quantiseWeight(mlir::OpBuilder &builder, mlir::Operation *layer, llvm::ArrayRef<float> scales);

/// The dimension of a layer's weight, and that of its result, that runs over output channels.
int64_t weightChannels(mlir::Operation *layer);
int64_t resultChannels(mlir::Operation *layer);

/// A vector of f32 along the output channels of a layer's result, so that it broadcasts.
mlir::Value channelConstant(mlir::OpBuilder &builder, mlir::Operation *layer, llvm::ArrayRef<float> numbers);

/// Gives the network these results and no others, and removes what they don't need.
void setResults(mlir::func::FuncOp network, llvm::ArrayRef<mlir::Value> results);

/// Removes ops that nobody reads.
void eraseUnused(mlir::func::FuncOp network);

mlir::func::FuncOp mainFunction(mlir::ModuleOp module);

} // namespace convoy::compiler
