// RUN: %convoy-opt %s --convoy-kernels-fuse-halves | FileCheck %s

// What was widened for a convolution is read as it is; sums and the bias stay f32.
// CHECK-LABEL: @convolution
// CHECK-SAME: (%[[X:.+]]: tensor<1x4x8x8xbf16>, %[[W:.+]]: tensor<6x4x3x3xbf16>, %[[B:.+]]: tensor<6xf32>)
// CHECK: cnn.convolution %[[X]], %[[W]], %[[B]]
// CHECK-SAME: (tensor<1x4x8x8xbf16>, tensor<6x4x3x3xbf16>, tensor<6xf32>) -> tensor<1x6x6x6xf32>
func.func @convolution(%x: tensor<1x4x8x8xbf16>, %w: tensor<6x4x3x3xbf16>, %b: tensor<6xf32>) -> tensor<1x6x6x6xf32> {
  %wide = cnn.cast %x : (tensor<1x4x8x8xbf16>) -> tensor<1x4x8x8xf32>
  %weight = cnn.cast %w : (tensor<6x4x3x3xbf16>) -> tensor<6x4x3x3xf32>
  %y = cnn.convolution %wide, %weight, %b {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
      : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>, tensor<6xf32>) -> tensor<1x6x6x6xf32>
  return %y : tensor<1x6x6x6xf32>
}

// A transposed convolution has no instruction for halves: it keeps the cast.
// CHECK-LABEL: @transposed
// CHECK: cnn.cast
// CHECK: cnn.convolution {{.*}} (tensor<1x4x8x8xf32>, tensor<4x6x3x3xf32>) -> tensor<1x6x10x10xf32>
func.func @transposed(%x: tensor<1x4x8x8xbf16>, %w: tensor<4x6x3x3xf32>) -> tensor<1x6x10x10xf32> {
  %wide = cnn.cast %x : (tensor<1x4x8x8xbf16>) -> tensor<1x4x8x8xf32>
  %y = cnn.convolution %wide, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, transposed = true}
      : (tensor<1x4x8x8xf32>, tensor<4x6x3x3xf32>) -> tensor<1x6x10x10xf32>
  return %y : tensor<1x6x10x10xf32>
}

// A product reads halves if both factors are some.
// CHECK-LABEL: @products
// CHECK: cnn.matmul {{.*}} : (tensor<2x4xbf16>, tensor<4x8xbf16>) -> tensor<2x8xf32>
// CHECK: cnn.matmul {{.*}} : (tensor<2x4xf32>, tensor<4x8xf32>) -> tensor<2x8xf32>
func.func @products(%x: tensor<2x4xbf16>, %w: tensor<4x8xbf16>, %v: tensor<4x8xf32>) -> (tensor<2x8xf32>, tensor<2x8xf32>) {
  %wide = cnn.cast %x : (tensor<2x4xbf16>) -> tensor<2x4xf32>
  %weight = cnn.cast %w : (tensor<4x8xbf16>) -> tensor<4x8xf32>
  %y = cnn.matmul %wide, %weight : (tensor<2x4xf32>, tensor<4x8xf32>) -> tensor<2x8xf32>
  %z = cnn.matmul %wide, %v : (tensor<2x4xf32>, tensor<4x8xf32>) -> tensor<2x8xf32>
  return %y, %z : tensor<2x8xf32>, tensor<2x8xf32>
}

// Views move halves, if all of their operands are.
// CHECK-LABEL: @views
// CHECK: %[[ALL:.+]] = cnn.concat {{.*}} : (tensor<1x4xbf16>, tensor<1x4xbf16>) -> tensor<1x8xbf16>
// CHECK: cnn.cast %[[ALL]]
// CHECK: cnn.concat {{.*}} : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x8xf32>
func.func @views(%x: tensor<1x4xbf16>, %y: tensor<1x4xf32>) -> (tensor<1x8xf32>, tensor<1x8xf32>) {
  %wide = cnn.cast %x : (tensor<1x4xbf16>) -> tensor<1x4xf32>
  %all = cnn.concat %wide, %wide {axis = 1 : i64} : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x8xf32>
  %some = cnn.concat %wide, %y {axis = 1 : i64} : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x8xf32>
  return %all, %some : tensor<1x8xf32>, tensor<1x8xf32>
}

// Each reader widens for itself.
// CHECK-LABEL: @readers
// CHECK-COUNT-2: cnn.cast
// CHECK-NOT: cnn.cast
func.func @readers(%x: tensor<1x4x8x8xbf16>) -> (tensor<1x4x8x8xf32>, tensor<1x4x8x8xf32>) {
  %wide = cnn.cast %x : (tensor<1x4x8x8xbf16>) -> tensor<1x4x8x8xf32>
  %y = cnn.elementwise "relu"(%wide) : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %z = cnn.elementwise "add"(%wide, %wide) : (tensor<1x4x8x8xf32>, tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  return %y, %z : tensor<1x4x8x8xf32>, tensor<1x4x8x8xf32>
}
