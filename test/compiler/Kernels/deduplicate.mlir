// RUN: %convoy-opt %s --split-input-file --convoy-kernels-form --convoy-kernels-assign-layouts --convoy-kernels-deduplicate | FileCheck %s

// Identical layers share a kernel, whatever their weights.
// CHECK-LABEL: func.func @shared
// CHECK: kernel.call @[[K:convolution_[0-9]+]](
// CHECK: kernel.call @[[K]](
func.func @shared(%x: tensor<1x16x8x8xf32>) -> tensor<1x16x4x4xf32> {
  %w = cnn.weight <"w", 1> : tensor<16x16x3x3xf32>
  %v = cnn.weight <"v", 2> : tensor<16x16x3x3xf32>
  %a = cnn.convolution %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>} : (tensor<1x16x8x8xf32>, tensor<16x16x3x3xf32>) -> tensor<1x16x8x8xf32>
  %b = cnn.convolution %a, %v {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>} : (tensor<1x16x8x8xf32>, tensor<16x16x3x3xf32>) -> tensor<1x16x8x8xf32>
  %u = cnn.weight <"u", 3> : tensor<16x16x3x3xf32>
  %c = cnn.convolution %b, %u {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>} : (tensor<1x16x8x8xf32>, tensor<16x16x3x3xf32>) -> tensor<1x16x8x8xf32>
  %p = cnn.pool max %c {window = array<i64: 2, 2>, strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x16x8x8xf32>) -> tensor<1x16x4x4xf32>
  return %p : tensor<1x16x4x4xf32>
}

// -----

// A product with weights has them laid out when the module is made; one of two activations can't share its kernel.
// CHECK-LABEL: func.func @weights_apart
// CHECK: kernel.call @[[K:matmul_[0-9]+]](
// CHECK-NOT: kernel.call @[[K]](
func.func @weights_apart(%x: tensor<4x4xf32>, %y: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %w = cnn.weight <"w", 1> : tensor<4x4xf32>
  %a = cnn.matmul %x, %w : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %b = cnn.matmul %a, %y : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  return %b : tensor<4x4xf32>
}
