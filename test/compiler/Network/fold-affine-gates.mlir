// RUN: %convoy-opt %s -convoy-network-fold-affine -cse | FileCheck %s

// Squeeze-and-excite: few weights are multiplied instead of the image.
// CHECK-LABEL: func @gate
// CHECK-SAME: %[[X:[^:]*]]: tensor<1x8x8x8xf32>, %[[S:[^:]*]]: tensor<1x8x1x1xf32>
// CHECK: %[[W:.*]] = cnn.weight <"w"
// CHECK: %[[SCALED:.*]] = cnn.elementwise "mul"(%[[W]], %[[S]]) : (tensor<4x8x1x1xf32>, tensor<1x8x1x1xf32>) -> tensor<4x8x1x1xf32>
// CHECK: %[[Y:.*]] = cnn.convolution %[[X]], %[[SCALED]]
// CHECK-NEXT: return %[[Y]]
func.func @gate(%x: tensor<1x8x8x8xf32>, %s: tensor<1x8x1x1xf32>) -> tensor<1x4x8x8xf32> {
  %w = cnn.weight <"w", 1> : tensor<4x8x1x1xf32>
  %m = cnn.elementwise "mul"(%s, %x) : (tensor<1x8x1x1xf32>, tensor<1x8x8x8xf32>) -> tensor<1x8x8x8xf32>
  %y = cnn.convolution %m, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x8x8x8xf32>, tensor<4x8x1x1xf32>) -> tensor<1x4x8x8xf32>
  return %y : tensor<1x4x8x8xf32>
}

// More weights than the image has elements.
// CHECK-LABEL: func @many_weights_stay
// CHECK: cnn.elementwise "mul"(%arg0, %arg1)
// CHECK-NEXT: cnn.convolution
func.func @many_weights_stay(%x: tensor<1x8x2x2xf32>, %s: tensor<1x8x1x1xf32>) -> tensor<1x16x2x2xf32> {
  %w = cnn.weight <"w", 1> : tensor<16x8x1x1xf32>
  %m = cnn.elementwise "mul"(%x, %s) : (tensor<1x8x2x2xf32>, tensor<1x8x1x1xf32>) -> tensor<1x8x2x2xf32>
  %y = cnn.convolution %m, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x8x2x2xf32>, tensor<16x8x1x1xf32>) -> tensor<1x16x2x2xf32>
  return %y : tensor<1x16x2x2xf32>
}

// Each image of a batch has its own factors, one set of weights can't carry them.
// CHECK-LABEL: func @batch_stays
// CHECK: cnn.elementwise "mul"(%arg0, %arg1)
// CHECK-NEXT: cnn.convolution
func.func @batch_stays(%x: tensor<2x8x8x8xf32>, %s: tensor<2x8x1x1xf32>) -> tensor<2x4x8x8xf32> {
  %w = cnn.weight <"w", 1> : tensor<4x8x1x1xf32>
  %m = cnn.elementwise "mul"(%x, %s) : (tensor<2x8x8x8xf32>, tensor<2x8x1x1xf32>) -> tensor<2x8x8x8xf32>
  %y = cnn.convolution %m, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<2x8x8x8xf32>, tensor<4x8x1x1xf32>) -> tensor<2x4x8x8xf32>
  return %y : tensor<2x4x8x8xf32>
}

// CHECK-LABEL: func @read_elsewhere_stays
// CHECK: cnn.elementwise "mul"(%arg0, %arg1)
// CHECK-NEXT: cnn.convolution
func.func @read_elsewhere_stays(%x: tensor<1x8x8x8xf32>, %s: tensor<1x8x1x1xf32>) -> (tensor<1x4x8x8xf32>, tensor<1x8x8x8xf32>) {
  %w = cnn.weight <"w", 1> : tensor<4x8x1x1xf32>
  %m = cnn.elementwise "mul"(%x, %s) : (tensor<1x8x8x8xf32>, tensor<1x8x1x1xf32>) -> tensor<1x8x8x8xf32>
  %y = cnn.convolution %m, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x8x8x8xf32>, tensor<4x8x1x1xf32>) -> tensor<1x4x8x8xf32>
  return %y, %m : tensor<1x4x8x8xf32>, tensor<1x8x8x8xf32>
}
