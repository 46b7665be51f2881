// RUN: %convoy-opt %s --convoy-kernels-form --convoy-kernels-assign-layouts=halos=false | FileCheck %s

// Kernels of a GPU read no halo: nothing is allocated around images, nor copied to get it. Channels are padded as ever.
// CHECK-LABEL: func.func @pads
// CHECK: kernel.call @relayout{{.*}} -> tensor<1x8x8x8xf32, #cnn.layout<[0, 2, 3, 1]>>
// CHECK: kernel.call @convolution_0{{.*}} -> tensor<1x24x8x8xf32, #cnn.layout<[0, 2, 3, 1], after = [0, 8, 0, 0]>>
// CHECK: kernel.call @convolution_1{{.*}} -> tensor<1x16x8x8xf32, #cnn.layout<[0, 2, 3, 1]>>
// CHECK-NOT: fill
func.func @pads(%x: tensor<1x8x8x8xf32>) -> tensor<1x16x8x8xf32> {
  %w = cnn.weight <"w", 1> : tensor<24x8x3x3xf32>
  %v = cnn.weight <"v", 2> : tensor<16x24x3x3xf32>
  %a = cnn.convolution %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>} : (tensor<1x8x8x8xf32>, tensor<24x8x3x3xf32>) -> tensor<1x24x8x8xf32>
  %b = cnn.convolution %a, %v {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>} : (tensor<1x24x8x8xf32>, tensor<16x24x3x3xf32>) -> tensor<1x16x8x8xf32>
  return %b : tensor<1x16x8x8xf32>
}
