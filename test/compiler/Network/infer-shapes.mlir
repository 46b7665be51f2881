// RUN: %convoy-opt %s -convoy-network-infer-shapes | FileCheck %s

// Types that a user left open become what the arguments say.
// CHECK-LABEL: func @main
// CHECK-SAME: -> tensor<?x8x4x4xf32>
// CHECK: cnn.convolution {{.*}} -> tensor<?x8x4x4xf32>
// CHECK: return %{{.*}} : tensor<?x8x4x4xf32>
func.func @main(%x: tensor<?x3x8x8xf32> {cnn.dims = ["N", "", "", ""]}) -> tensor<?x?x?x?xf32> {
  %w = cnn.weight <"w", 1> : tensor<8x3x3x3xf32>
  %y = cnn.convolution %x, %w
      {strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>}
      : (tensor<?x3x8x8xf32>, tensor<8x3x3x3xf32>) -> tensor<?x?x?x?xf32>
  return %y : tensor<?x?x?x?xf32>
}
