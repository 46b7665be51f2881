// RUN: %convoy-opt %s --split-input-file --convoy-kernels-form | FileCheck %s

// Hidden images of hundreds of megabytes: three convolutions are one kernel, whose anchor is the last.
// CHECK-LABEL: func.func @inverted_residual
// CHECK: %[[R:.*]] = kernel.call @[[K:convolution_[0-9]+]](%arg0, %{{.*}}, %{{.*}}, %{{.*}})
// CHECK-NEXT: return %[[R]]
func.func @inverted_residual(%x: tensor<64x16x112x112xf32>) -> tensor<64x24x112x112xf32> {
  %w1 = cnn.weight <"w1", 1> : tensor<96x16x1x1xf32>
  %w2 = cnn.weight <"w2", 2> : tensor<96x1x3x3xf32>
  %w3 = cnn.weight <"w3", 3> : tensor<24x96x1x1xf32>
  %e = cnn.convolution %x, %w1 {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<64x16x112x112xf32>, tensor<96x16x1x1xf32>) -> tensor<64x96x112x112xf32>
  %a = cnn.elementwise "relu"(%e) : (tensor<64x96x112x112xf32>) -> tensor<64x96x112x112xf32>
  %d = cnn.convolution %a, %w2 {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, groups = 96 : i64} : (tensor<64x96x112x112xf32>, tensor<96x1x3x3xf32>) -> tensor<64x96x112x112xf32>
  %b = cnn.elementwise "relu"(%d) : (tensor<64x96x112x112xf32>) -> tensor<64x96x112x112xf32>
  %p = cnn.convolution %b, %w3 {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<64x96x112x112xf32>, tensor<24x96x1x1xf32>) -> tensor<64x24x112x112xf32>
  return %p : tensor<64x24x112x112xf32>
}

// -----

// Caches hold what lies between: a kernel for each.
// CHECK-LABEL: func.func @small
// CHECK-COUNT-3: kernel.call @convolution
// CHECK-NOT: kernel.call
func.func @small(%x: tensor<1x16x8x8xf32>) -> tensor<1x24x8x8xf32> {
  %w1 = cnn.weight <"w1", 1> : tensor<96x16x1x1xf32>
  %w2 = cnn.weight <"w2", 2> : tensor<96x1x3x3xf32>
  %w3 = cnn.weight <"w3", 3> : tensor<24x96x1x1xf32>
  %e = cnn.convolution %x, %w1 {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x16x8x8xf32>, tensor<96x16x1x1xf32>) -> tensor<1x96x8x8xf32>
  %a = cnn.elementwise "relu"(%e) : (tensor<1x96x8x8xf32>) -> tensor<1x96x8x8xf32>
  %d = cnn.convolution %a, %w2 {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, groups = 96 : i64} : (tensor<1x96x8x8xf32>, tensor<96x1x3x3xf32>) -> tensor<1x96x8x8xf32>
  %b = cnn.elementwise "relu"(%d) : (tensor<1x96x8x8xf32>) -> tensor<1x96x8x8xf32>
  %p = cnn.convolution %b, %w3 {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x96x8x8xf32>, tensor<24x96x1x1xf32>) -> tensor<1x24x8x8xf32>
  return %p : tensor<1x24x8x8xf32>
}

// -----

// What others read too is stored: the chain ends with it.
// CHECK-LABEL: func.func @read_again
// CHECK: kernel.call @convolution_{{[0-9]+}}(%arg0, %{{.*}}, %{{.*}})
// CHECK: kernel.call @convolution
// CHECK-NOT: kernel.call
func.func @read_again(%x: tensor<64x16x112x112xf32>) -> (tensor<64x24x112x112xf32>, tensor<64x96x112x112xf32>) {
  %w1 = cnn.weight <"w1", 1> : tensor<96x16x1x1xf32>
  %w2 = cnn.weight <"w2", 2> : tensor<96x1x3x3xf32>
  %w3 = cnn.weight <"w3", 3> : tensor<24x96x1x1xf32>
  %e = cnn.convolution %x, %w1 {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<64x16x112x112xf32>, tensor<96x16x1x1xf32>) -> tensor<64x96x112x112xf32>
  %a = cnn.elementwise "relu"(%e) : (tensor<64x96x112x112xf32>) -> tensor<64x96x112x112xf32>
  %d = cnn.convolution %a, %w2 {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, groups = 96 : i64} : (tensor<64x96x112x112xf32>, tensor<96x1x3x3xf32>) -> tensor<64x96x112x112xf32>
  %b = cnn.elementwise "relu"(%d) : (tensor<64x96x112x112xf32>) -> tensor<64x96x112x112xf32>
  %p = cnn.convolution %b, %w3 {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<64x96x112x112xf32>, tensor<24x96x1x1xf32>) -> tensor<64x24x112x112xf32>
  return %p, %b : tensor<64x24x112x112xf32>, tensor<64x96x112x112xf32>
}

// -----

// The second convolution is not depthwise.
// CHECK-LABEL: func.func @dense
// CHECK-COUNT-3: kernel.call @convolution
// CHECK-NOT: kernel.call
func.func @dense(%x: tensor<64x16x112x112xf32>) -> tensor<64x24x112x112xf32> {
  %w1 = cnn.weight <"w1", 1> : tensor<96x16x1x1xf32>
  %w2 = cnn.weight <"w2", 2> : tensor<96x96x3x3xf32>
  %w3 = cnn.weight <"w3", 3> : tensor<24x96x1x1xf32>
  %e = cnn.convolution %x, %w1 {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<64x16x112x112xf32>, tensor<96x16x1x1xf32>) -> tensor<64x96x112x112xf32>
  %a = cnn.elementwise "relu"(%e) : (tensor<64x96x112x112xf32>) -> tensor<64x96x112x112xf32>
  %d = cnn.convolution %a, %w2 {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>} : (tensor<64x96x112x112xf32>, tensor<96x96x3x3xf32>) -> tensor<64x96x112x112xf32>
  %b = cnn.elementwise "relu"(%d) : (tensor<64x96x112x112xf32>) -> tensor<64x96x112x112xf32>
  %p = cnn.convolution %b, %w3 {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<64x96x112x112xf32>, tensor<24x96x1x1xf32>) -> tensor<64x24x112x112xf32>
  return %p : tensor<64x24x112x112xf32>
}
