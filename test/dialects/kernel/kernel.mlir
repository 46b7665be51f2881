// RUN: %convoy-opt %s | %convoy-opt | FileCheck %s

// CHECK-LABEL: kernel.func @conv(%{{.*}}: tensor<1x4x8xf32>, %{{.*}}: tensor<2x4x1xf32>) -> tensor<1x2x8xf32>
// CHECK-SAME: attributes {anchor = 0 : i64, schedule = #kernel.schedule<conv_direct {pixels = 14, vectors = 2}>}
kernel.func @conv(%x: tensor<1x4x8xf32>, %w: tensor<2x4x1xf32>) -> tensor<1x2x8xf32>
    attributes {anchor = 0 : i64, schedule = #kernel.schedule<conv_direct {vectors = 2, pixels = 14}>} {
  %y = cnn.convolution %x, %w {strides = array<i64: 1>, dilations = array<i64: 1>, pads = array<i64: 0, 0>}
      : (tensor<1x4x8xf32>, tensor<2x4x1xf32>) -> tensor<1x2x8xf32>
  %z = cnn.elementwise "relu"(%y) : (tensor<1x2x8xf32>) -> tensor<1x2x8xf32>
  // CHECK: kernel.return %{{.*}} : tensor<1x2x8xf32>
  kernel.return %z : tensor<1x2x8xf32>
}

// CHECK-LABEL: func @main
func.func @main(%x: tensor<1x4x8xf32>) -> tensor<1x2x8xf32> {
  // CHECK: %[[W:.*]] = kernel.prepare {
  // CHECK:   kernel.return
  // CHECK: } : tensor<2x4x1xf32>
  %w = kernel.prepare {
    %raw = cnn.weight <"w", 1> : tensor<2x4x1xf32>
    kernel.return %raw : tensor<2x4x1xf32>
  } : tensor<2x4x1xf32>
  // CHECK: kernel.call @conv(%{{.*}}, %[[W]]) {layers = ["conv1", "relu1"]}
  %y = kernel.call @conv(%x, %w) {layers = ["conv1", "relu1"]}
      : (tensor<1x4x8xf32>, tensor<2x4x1xf32>) -> tensor<1x2x8xf32>
  return %y : tensor<1x2x8xf32>
}
