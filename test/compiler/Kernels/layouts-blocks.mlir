// RUN: %convoy-opt %s --convoy-kernels-form --convoy-kernels-assign-layouts | FileCheck %s

// The image that a chain reads is that of its first convolution, with the halo that this one reads around it.
// CHECK-LABEL: func.func @separable
// CHECK: %[[X:.*]] = kernel.call @relayout_0(%arg0) {{.*}} -> tensor<64x96x112x112xf32, #cnn.layout<{{.*}}before = [0, 0, 1, 1]{{.*}}>>
// CHECK: kernel.call @convolution_0(%[[X]], %{{.*}}, %{{.*}})
func.func @separable(%x: tensor<64x96x112x112xf32>) -> tensor<64x24x112x112xf32> {
  %w1 = cnn.weight <"w1", 1> : tensor<96x1x3x3xf32>
  %w2 = cnn.weight <"w2", 2> : tensor<24x96x1x1xf32>
  %d = cnn.convolution %x, %w1 {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, groups = 96 : i64} : (tensor<64x96x112x112xf32>, tensor<96x1x3x3xf32>) -> tensor<64x96x112x112xf32>
  %a = cnn.elementwise "relu"(%d) : (tensor<64x96x112x112xf32>) -> tensor<64x96x112x112xf32>
  %p = cnn.convolution %a, %w2 {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<64x96x112x112xf32>, tensor<24x96x1x1xf32>) -> tensor<64x24x112x112xf32>
  return %p : tensor<64x24x112x112xf32>
}
