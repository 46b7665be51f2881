// RUN: %convoy-opt %s | %convoy-opt | FileCheck %s

// CHECK-LABEL: func @per_channel
// CHECK: cnn.convolution {{.*}} pad_value = 3 {{.*}} -> tensor<?x6x8x8xi32>
// CHECK: cnn.requantize {{.*}} -> tensor<?x6x8x8xui8>
func.func @per_channel(%x: tensor<?x4x8x8xui8>, %w: tensor<6x4x3x3xi8>, %b: tensor<6xi32>, %s: tensor<6x1x1xf32>,
                       %z: tensor<ui8>) -> tensor<?x6x8x8xui8> {
  %y = cnn.convolution %x, %w, %b {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>,
      pad_value = 3} : (tensor<?x4x8x8xui8>, tensor<6x4x3x3xi8>, tensor<6xi32>) -> tensor<?x6x8x8xi32>
  %q = cnn.requantize %y, %s, %z : (tensor<?x6x8x8xi32>, tensor<6x1x1xf32>, tensor<ui8>) -> tensor<?x6x8x8xui8>
  return %q : tensor<?x6x8x8xui8>
}

// CHECK-LABEL: func @product
// CHECK: cnn.matmul {{.*}} : (tensor<2x4xi8>, tensor<4x3xi8>) -> tensor<2x3xi32>
// CHECK: cnn.dequantize {{.*}} -> tensor<2x3xf32>
// CHECK: cnn.quantize {{.*}} -> tensor<2x3xi16>
func.func @product(%x: tensor<2x4xi8>, %y: tensor<4x3xi8>, %s: tensor<3xf32>, %z: tensor<i32>, %t: tensor<f32>,
                   %u: tensor<i16>) -> tensor<2x3xi16> {
  %a = cnn.matmul %x, %y : (tensor<2x4xi8>, tensor<4x3xi8>) -> tensor<2x3xi32>
  %b = cnn.dequantize %a, %s, %z : (tensor<2x3xi32>, tensor<3xf32>, tensor<i32>) -> tensor<2x3xf32>
  %c = cnn.quantize %b, %t, %u : (tensor<2x3xf32>, tensor<f32>, tensor<i16>) -> tensor<2x3xi16>
  return %c : tensor<2x3xi16>
}
