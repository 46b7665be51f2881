// RUN: %convoy-opt %s | %convoy-opt | FileCheck %s

// CHECK-LABEL: func @convolution
// CHECK: cnn.convolution %{{.*}}, %{{.*}}, %{{.*}} {dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 2, 2>}
// CHECK-SAME: -> tensor<?x16x112x112xf32>
func.func @convolution(%x: tensor<?x3x224x224xf32>, %w: tensor<16x3x3x3xf32>, %b: tensor<16xf32>)
    -> tensor<?x16x112x112xf32> {
  %y = cnn.convolution %x, %w, %b
      {strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>}
      : (tensor<?x3x224x224xf32>, tensor<16x3x3x3xf32>, tensor<16xf32>) -> tensor<?x16x112x112xf32>
  return %y : tensor<?x16x112x112xf32>
}

// CHECK-LABEL: func @transposed
// CHECK: groups = 2 : i64, output_padding = array<i64: 1>, {{.*}}transposed = true
func.func @transposed(%x: tensor<1x4x8xf32>, %w: tensor<4x3x3xf32>) -> tensor<1x6x16xf32> {
  %y = cnn.convolution %x, %w {strides = array<i64: 2>, dilations = array<i64: 1>, pads = array<i64: 1, 1>,
                               groups = 2, transposed = true, output_padding = array<i64: 1>}
      : (tensor<1x4x8xf32>, tensor<4x3x3xf32>) -> tensor<1x6x16xf32>
  return %y : tensor<1x6x16xf32>
}

// CHECK-LABEL: func @pool
// CHECK: cnn.pool max %{{.*}} {ceil_mode = true, dilations = array<i64: 1, 1>
// CHECK-SAME: -> tensor<1x8x6x6xf32>
func.func @pool(%x: tensor<1x8x12x12xf32>) -> tensor<1x8x6x6xf32> {
  %y = cnn.pool max %x {window = array<i64: 3, 3>, strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>,
                        pads = array<i64: 0, 0, 0, 0>, ceil_mode = true}
      : (tensor<1x8x12x12xf32>) -> tensor<1x8x6x6xf32>
  return %y : tensor<1x8x6x6xf32>
}

// A second window would begin at 2, behind the image.
// CHECK-LABEL: func @ceil_mode_drops_window
// CHECK: -> tensor<1x1x1xf32>
func.func @ceil_mode_drops_window(%x: tensor<1x1x2xf32>) -> tensor<1x1x1xf32> {
  %y = cnn.pool average %x {window = array<i64: 1>, strides = array<i64: 2>, dilations = array<i64: 1>,
                            pads = array<i64: 0, 0>, ceil_mode = true} : (tensor<1x1x2xf32>) -> tensor<1x1x1xf32>
  return %y : tensor<1x1x1xf32>
}

// CHECK-LABEL: func @matmul
// CHECK: cnn.matmul %{{.*}}, %{{.*}} {transpose_rhs = true}
func.func @matmul(%x: tensor<?x1x5x4xf32>, %y: tensor<7x6x4xf32>) -> tensor<?x7x5x6xf32> {
  %z = cnn.matmul %x, %y {transpose_rhs = true} : (tensor<?x1x5x4xf32>, tensor<7x6x4xf32>) -> tensor<?x7x5x6xf32>
  return %z : tensor<?x7x5x6xf32>
}

// CHECK-LABEL: func @halves
// CHECK: cnn.convolution {{.*}} : (tensor<1x4x8xbf16>, tensor<6x4x3xbf16>, tensor<6xf32>) -> tensor<1x6x6xf32>
// CHECK: cnn.convolution {{.*}} : (tensor<1x4x8xbf16>, tensor<6x4x3xf32>) -> tensor<1x6x6xf32>
func.func @halves(%x: tensor<1x4x8xbf16>, %w: tensor<6x4x3xbf16>, %b: tensor<6xf32>, %v: tensor<6x4x3xf32>)
    -> (tensor<1x6x6xf32>, tensor<1x6x6xf32>) {
  %y = cnn.convolution %x, %w, %b {strides = array<i64: 1>, dilations = array<i64: 1>, pads = array<i64: 0, 0>}
      : (tensor<1x4x8xbf16>, tensor<6x4x3xbf16>, tensor<6xf32>) -> tensor<1x6x6xf32>
  %z = cnn.convolution %x, %v {strides = array<i64: 1>, dilations = array<i64: 1>, pads = array<i64: 0, 0>}
      : (tensor<1x4x8xbf16>, tensor<6x4x3xf32>) -> tensor<1x6x6xf32>
  return %y, %z : tensor<1x6x6xf32>, tensor<1x6x6xf32>
}
