// RUN: %convoy-opt %s -convoy-network-raise-windows -canonicalize | FileCheck %s

// CHECK-LABEL: func @flattened_average
// CHECK-NEXT: cnn.reduce mean %arg0 {axes = array<i64: 2, 3>, keep_dims = false} : (tensor<?x8x7x7xf32>) -> tensor<?x8xf32>
// CHECK-NEXT: return
func.func @flattened_average(%x: tensor<?x8x7x7xf32>) -> tensor<?x8xf32> {
  %p = cnn.pool average %x {window = array<i64: 7, 7>, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>,
                            pads = array<i64: 0, 0, 0, 0>} : (tensor<?x8x7x7xf32>) -> tensor<?x8x1x1xf32>
  %s = cnn.constant dense<[0, -1]> : tensor<2xi64>
  %y = cnn.reshape %p, %s : (tensor<?x8x1x1xf32>, tensor<2xi64>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// CHECK-LABEL: func @window_below_image_stays
// CHECK: cnn.pool
func.func @window_below_image_stays(%x: tensor<1x8x8x8xf32>) -> tensor<1x8x1x1xf32> {
  %p = cnn.pool average %x {window = array<i64: 7, 7>, strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>,
                            pads = array<i64: 0, 0, 0, 0>} : (tensor<1x8x8x8xf32>) -> tensor<1x8x1x1xf32>
  return %p : tensor<1x8x1x1xf32>
}

// CHECK-LABEL: func @padded_stays
// CHECK: cnn.pool
func.func @padded_stays(%x: tensor<1x8x7xf32>) -> tensor<1x8x2xf32> {
  %p = cnn.pool average %x {window = array<i64: 7>, strides = array<i64: 1>, dilations = array<i64: 1>,
                            pads = array<i64: 0, 1>} : (tensor<1x8x7xf32>) -> tensor<1x8x2xf32>
  return %p : tensor<1x8x2xf32>
}

// CHECK-LABEL: func @other_reshape_stays
// CHECK: cnn.reduce
// CHECK: cnn.reshape
func.func @other_reshape_stays(%x: tensor<2x8x7xf32>) -> tensor<4x4xf32> {
  %p = cnn.reduce mean %x {axes = array<i64: 2>} : (tensor<2x8x7xf32>) -> tensor<2x8x1xf32>
  %s = cnn.constant dense<[4, 4]> : tensor<2xi64>
  %y = cnn.reshape %p, %s : (tensor<2x8x1xf32>, tensor<2xi64>) -> tensor<4x4xf32>
  return %y : tensor<4x4xf32>
}
