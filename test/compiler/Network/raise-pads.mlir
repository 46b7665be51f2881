// RUN: %convoy-opt %s -convoy-network-raise-windows | FileCheck %s

// CHECK-LABEL: func @pad_joins_convolution
// CHECK: cnn.convolution %arg0, %{{.*}} {{.*}}pads = array<i64: 1, 0, 1, 1>
// CHECK-NEXT: return
func.func @pad_joins_convolution(%x: tensor<1x2x8x8xf32>) -> tensor<1x4x8x7xf32> {
  %w = cnn.weight <"w", 1> : tensor<4x2x3x3xf32>
  %p = cnn.constant dense<[0, 0, 1, 0, 0, 0, 1, 0]> : tensor<8xi64>
  %q = cnn.pad constant %x, %p : (tensor<1x2x8x8xf32>, tensor<8xi64>) -> tensor<1x2x10x8xf32>
  %y = cnn.convolution %q, %w
      {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 1>}
      : (tensor<1x2x10x8xf32>, tensor<4x2x3x3xf32>) -> tensor<1x4x8x7xf32>
  return %y : tensor<1x4x8x7xf32>
}

// CHECK-LABEL: func @ones_stay
// CHECK: cnn.pad
func.func @ones_stay(%x: tensor<1x2x8xf32>) -> tensor<1x4x8xf32> {
  %w = cnn.weight <"w", 1> : tensor<4x2x3xf32>
  %one = cnn.constant dense<1.0> : tensor<f32>
  %p = cnn.constant dense<[0, 0, 1, 0, 0, 1]> : tensor<6xi64>
  %q = cnn.pad constant %x, %p, %one : (tensor<1x2x8xf32>, tensor<6xi64>, tensor<f32>) -> tensor<1x2x10xf32>
  %y = cnn.convolution %q, %w {strides = array<i64: 1>, dilations = array<i64: 1>, pads = array<i64: 0, 0>}
      : (tensor<1x2x10xf32>, tensor<4x2x3xf32>) -> tensor<1x4x8xf32>
  return %y : tensor<1x4x8xf32>
}

// CHECK-LABEL: func @channel_pad_stays
// CHECK: cnn.pad
func.func @channel_pad_stays(%x: tensor<1x1x8xf32>) -> tensor<1x4x6xf32> {
  %w = cnn.weight <"w", 1> : tensor<4x2x3xf32>
  %p = cnn.constant dense<[0, 1, 0, 0, 0, 0]> : tensor<6xi64>
  %q = cnn.pad constant %x, %p : (tensor<1x1x8xf32>, tensor<6xi64>) -> tensor<1x2x8xf32>
  %y = cnn.convolution %q, %w {strides = array<i64: 1>, dilations = array<i64: 1>, pads = array<i64: 0, 0>}
      : (tensor<1x2x8xf32>, tensor<4x2x3xf32>) -> tensor<1x4x6xf32>
  return %y : tensor<1x4x6xf32>
}

// CHECK-LABEL: func @average_counts_zeros
// CHECK-NOT: cnn.pad
// CHECK: cnn.pool average %arg0 {count_include_pad = true, {{.*}}pads = array<i64: 1, 1>
func.func @average_counts_zeros(%x: tensor<1x2x8xf32>) -> tensor<1x2x8xf32> {
  %p = cnn.constant dense<[0, 0, 1, 0, 0, 1]> : tensor<6xi64>
  %q = cnn.pad constant %x, %p : (tensor<1x2x8xf32>, tensor<6xi64>) -> tensor<1x2x10xf32>
  %y = cnn.pool average %q {window = array<i64: 3>, strides = array<i64: 1>, dilations = array<i64: 1>,
                            pads = array<i64: 0, 0>} : (tensor<1x2x10xf32>) -> tensor<1x2x8xf32>
  return %y : tensor<1x2x8xf32>
}

// CHECK-LABEL: func @maximum_of_rectified
// CHECK-NOT: cnn.pad
// CHECK: cnn.pool max
func.func @maximum_of_rectified(%x: tensor<1x2x8xf32>) -> tensor<1x2x8xf32> {
  %r = cnn.elementwise "relu"(%x) : (tensor<1x2x8xf32>) -> tensor<1x2x8xf32>
  %p = cnn.constant dense<[0, 0, 1, 0, 0, 1]> : tensor<6xi64>
  %q = cnn.pad constant %r, %p : (tensor<1x2x8xf32>, tensor<6xi64>) -> tensor<1x2x10xf32>
  %y = cnn.pool max %q {window = array<i64: 3>, strides = array<i64: 1>, dilations = array<i64: 1>,
                        pads = array<i64: 0, 0>} : (tensor<1x2x10xf32>) -> tensor<1x2x8xf32>
  return %y : tensor<1x2x8xf32>
}

// A padded zero may win over negative elements.
// CHECK-LABEL: func @maximum_with_zeros_stays
// CHECK: cnn.pad
func.func @maximum_with_zeros_stays(%x: tensor<1x2x8xf32>) -> tensor<1x2x8xf32> {
  %p = cnn.constant dense<[0, 0, 1, 0, 0, 1]> : tensor<6xi64>
  %q = cnn.pad constant %x, %p : (tensor<1x2x8xf32>, tensor<6xi64>) -> tensor<1x2x10xf32>
  %y = cnn.pool max %q {window = array<i64: 3>, strides = array<i64: 1>, dilations = array<i64: 1>,
                        pads = array<i64: 0, 0>} : (tensor<1x2x10xf32>) -> tensor<1x2x8xf32>
  return %y : tensor<1x2x8xf32>
}
