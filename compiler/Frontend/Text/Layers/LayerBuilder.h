#pragma once

#include "compiler/Frontend/Text/Binder.h"

namespace convoy::frontend {

/// Builds the ops of one layer. Functions of Emitter and those here return null once something was wrong.
class LayerBuilder : public Emitter {
public:
  LayerBuilder(const Instance &instance, const Source &source, Binder &binder, mlir::OpBuilder &builder,
               cnn::ShapeAnalysis &analysis, llvm::ArrayRef<mlir::Value> inputs)
      : Emitter(builder, analysis, instance.location(source)), inputs(inputs), instance(instance), source(source),
        binder(binder) {}

  /// The layer's result; null after a diagnostic.
  mlir::Value build();

  llvm::ArrayRef<mlir::Value> inputs;
  mlir::Value input() const { return inputs.front(); }

  /// A diagnostic at a field of the layer's kind (or at the layer), after which the layer has failed.
  mlir::InFlightDiagnostic error(llvm::StringRef field = "");

  /// The layer's tensor for this role, in the input's element type.
  mlir::Value tensor(llvm::StringRef role, llvm::ArrayRef<int64_t> dims);
  void excuseTensor(llvm::StringRef role) { binder.excuse(instance, role); }
  /// The tensor of a `parameter` layer.
  mlir::Value parameter(const text::Parameter &settings);

  /// The extent of the input's dimension, which the layer has to know; 0 after a diagnostic.
  int64_t knownExtent(int64_t dim);
  /// Counted from the end if negative; a diagnostic if it is none of the input's.
  int64_t dimension(int64_t axis, llvm::StringRef field);
  bool requireRank(int64_t atLeast);
  bool requirePositive(int64_t number, llvm::StringRef field);
  int64_t spatialRank() const { return rankOf(input()) - 2; }

  /// A vector over the channels, ready to broadcast with the input.
  mlir::Value alongChannels(mlir::Value vector) { return alignTo(vector, 0, rankOf(input()) - 1); }

private:
  bool checkInputs();
  mlir::Value dispatch();

  const Instance &instance;
  const Source &source;
  Binder &binder;
};

/// Window of convolutions and pools: one number per spatial dimension, pads begin then end.
struct Window {
  llvm::SmallVector<int64_t> kernel, strides, dilations, pads;
};

enum class ConvolutionKind { Plain, Depthwise, Transposed };

// Each returns the layer's result, or null after a diagnostic.
mlir::Value buildConvolution(LayerBuilder &b, const text::Convolution &settings, ConvolutionKind kind);
mlir::Value buildPool(LayerBuilder &b, const text::Pool &settings);
mlir::Value buildGlobalPool(LayerBuilder &b, const text::GlobalPool &settings);
mlir::Value buildDense(LayerBuilder &b, const text::Dense &settings);
mlir::Value buildMatMul(LayerBuilder &b, const text::MatMul &settings);
mlir::Value buildBatchNorm(LayerBuilder &b, const text::BatchNorm &settings);
mlir::Value buildLayerNorm(LayerBuilder &b, const text::LayerNorm &settings);
mlir::Value buildGroupNorm(LayerBuilder &b, const text::GroupNorm &settings);
mlir::Value buildElementwise(LayerBuilder &b, const text::Elementwise &settings);
mlir::Value buildPrelu(LayerBuilder &b);
mlir::Value buildChain(LayerBuilder &b, llvm::StringRef function);
mlir::Value buildSoftmax(LayerBuilder &b, const text::Softmax &settings);
mlir::Value buildReduce(LayerBuilder &b, const text::Reduce &settings);
mlir::Value buildConcat(LayerBuilder &b, const text::Concat &settings);
mlir::Value buildResize(LayerBuilder &b, const text::Resize &settings);
mlir::Value buildReshape(LayerBuilder &b, const text::Reshape &settings);
mlir::Value buildFlatten(LayerBuilder &b, const text::Flatten &settings);
mlir::Value buildTranspose(LayerBuilder &b, const text::Transpose &settings);
mlir::Value buildSlice(LayerBuilder &b, const text::Slice &settings);
mlir::Value buildPad(LayerBuilder &b, const text::Pad &settings);
mlir::Value buildChannelShuffle(LayerBuilder &b, const text::ChannelShuffle &settings);

} // namespace convoy::frontend
