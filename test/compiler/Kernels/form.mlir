// RUN: %convoy-opt %s --split-input-file --convoy-kernels-form | FileCheck %s

// CHECK-LABEL: func.func @epilogue
// CHECK: %[[R:.*]] = kernel.call @[[K:convolution_[0-9]+]](%{{.*}}, %{{.*}})
// CHECK-NEXT: return %[[R]]
func.func @epilogue(%x: tensor<1x3x8x8xf32>) -> tensor<1x16x6x6xf32> {
  %w = cnn.weight <"w", 1> : tensor<16x3x3x3xf32>
  %c = cnn.convolution %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x3x8x8xf32>, tensor<16x3x3x3xf32>) -> tensor<1x16x6x6xf32>
  %r = cnn.elementwise "relu"(%c) : (tensor<1x16x6x6xf32>) -> tensor<1x16x6x6xf32>
  return %r : tensor<1x16x6x6xf32>
}

// -----

// What somebody else reads too must be stored before the relu.
// CHECK-LABEL: func.func @two_readers
// CHECK: kernel.call @convolution_{{[0-9]+}}
// CHECK: kernel.call @elementwise_{{[0-9]+}}
func.func @two_readers(%x: tensor<1x3x8x8xf32>) -> (tensor<1x16x6x6xf32>, tensor<1x16x6x6xf32>) {
  %w = cnn.weight <"w", 1> : tensor<16x3x3x3xf32>
  %c = cnn.convolution %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x3x8x8xf32>, tensor<16x3x3x3xf32>) -> tensor<1x16x6x6xf32>
  %r = cnn.elementwise "relu"(%c) : (tensor<1x16x6x6xf32>) -> tensor<1x16x6x6xf32>
  return %r, %c : tensor<1x16x6x6xf32>, tensor<1x16x6x6xf32>
}

// -----

// A chain in front of a reduction is computed as the reduction reads it.
// CHECK-LABEL: func.func @prologue
// CHECK: %[[R:.*]] = kernel.call @reduce_{{[0-9]+}}(%arg0)
// CHECK-NEXT: return %[[R]]
func.func @prologue(%x: tensor<2x16x6x6xf32>) -> tensor<2x16x1x1xf32> {
  %s = cnn.elementwise "mul"(%x, %x) : (tensor<2x16x6x6xf32>, tensor<2x16x6x6xf32>) -> tensor<2x16x6x6xf32>
  %m = cnn.reduce mean %s {axes = array<i64: 2, 3>} : (tensor<2x16x6x6xf32>) -> tensor<2x16x1x1xf32>
  return %m : tensor<2x16x1x1xf32>
}

// -----

// A result that is broadcast by its reader is not computed again for each of the reader's elements.
// CHECK-LABEL: func.func @broadcast
// CHECK: kernel.call @elementwise_{{[0-9]+}}(%arg1)
// CHECK: kernel.call @elementwise_{{[0-9]+}}(%arg0
func.func @broadcast(%x: tensor<2x16x6x6xf32>, %s: tensor<2x16x1x1xf32>) -> tensor<2x16x6x6xf32> {
  %g = cnn.elementwise "sigmoid"(%s) : (tensor<2x16x1x1xf32>) -> tensor<2x16x1x1xf32>
  %m = cnn.elementwise "mul"(%x, %g) : (tensor<2x16x6x6xf32>, tensor<2x16x1x1xf32>) -> tensor<2x16x6x6xf32>
  return %m : tensor<2x16x6x6xf32>
}

// -----

// CHECK-LABEL: func.func @weights_and_views
// CHECK: %[[S:.*]] = cnn.elementwise "mul"
// CHECK: cnn.transpose
// CHECK: kernel.call @convolution_{{[0-9]+}}(%{{.*}}, %[[S]])
func.func @weights_and_views(%x: tensor<1x8x8x3xf32>) -> tensor<1x16x6x6xf32> {
  %w = cnn.weight <"w", 1> : tensor<16x3x3x3xf32>
  %s = cnn.weight <"s", 2> : tensor<16x1x1x1xf32>
  %f = cnn.elementwise "mul"(%w, %s) : (tensor<16x3x3x3xf32>, tensor<16x1x1x1xf32>) -> tensor<16x3x3x3xf32>
  %t = cnn.transpose %x [0, 3, 1, 2] : (tensor<1x8x8x3xf32>) -> tensor<1x3x8x8xf32>
  %c = cnn.convolution %t, %f {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x3x8x8xf32>, tensor<16x3x3x3xf32>) -> tensor<1x16x6x6xf32>
  return %c : tensor<1x16x6x6xf32>
}

// -----

// The extents of symbolic arguments go with the kernel.
// CHECK-LABEL: kernel.func @elementwise
// CHECK-SAME: kernel.dims = affine_map<()[s0] -> (1, 8, s0, s0)>
func.func @symbolic(%x: tensor<1x8x?x?xf32> {cnn.dims = ["", "", "n", "n"]}) -> tensor<1x8x?x?xf32> {
  %r = cnn.elementwise "relu"(%x) : (tensor<1x8x?x?xf32>) -> tensor<1x8x?x?xf32>
  return %r : tensor<1x8x?x?xf32>
}

// -----

// Scales and zero points stay operands, so that layers which differ in them share a kernel; what the convolution gives
// is stored with 8 bits and widened by the kernel that adds to it.
// CHECK-LABEL: kernel.func @convolution_0
// CHECK-SAME: %[[S:[^:]*]]: tensor<8x1x1xf32>
// CHECK: cnn.convolution
// CHECK-NEXT: %[[Q:.*]] = cnn.requantize
// CHECK-NEXT: kernel.return %[[Q]] : tensor<1x8x4x4xui8>
// CHECK-LABEL: kernel.func @convolution_1
// CHECK: cnn.requantize
// CHECK-NOT: kernel.return
// CHECK: cnn.elementwise "add"
// CHECK-NEXT: cnn.quantize
// CHECK-NEXT: kernel.return {{.*}} : tensor<1x8x4x4xui8>
// CHECK-LABEL: func.func @residual
func.func @residual(%x: tensor<1x8x4x4xui8>) -> tensor<1x8x4x4xui8> {
  %w = cnn.weight <"w", 1> : tensor<8x8x1x1xi8>
  %v = cnn.weight <"v", 2> : tensor<8x8x1x1xi8>
  %s = cnn.weight <"s", 3> : tensor<8x1x1xf32>
  %t = cnn.constant dense<0.5> : tensor<f32>
  %z = cnn.constant dense<3> : tensor<ui8>
  %a = cnn.convolution %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x8x4x4xui8>, tensor<8x8x1x1xi8>) -> tensor<1x8x4x4xi32>
  %qa = cnn.requantize %a, %s, %z : (tensor<1x8x4x4xi32>, tensor<8x1x1xf32>, tensor<ui8>) -> tensor<1x8x4x4xui8>
  %fa = cnn.dequantize %qa, %t, %z : (tensor<1x8x4x4xui8>, tensor<f32>, tensor<ui8>) -> tensor<1x8x4x4xf32>
  %b = cnn.convolution %x, %v {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x8x4x4xui8>, tensor<8x8x1x1xi8>) -> tensor<1x8x4x4xi32>
  %qb = cnn.requantize %b, %s, %z : (tensor<1x8x4x4xi32>, tensor<8x1x1xf32>, tensor<ui8>) -> tensor<1x8x4x4xui8>
  %fb = cnn.dequantize %qb, %t, %z : (tensor<1x8x4x4xui8>, tensor<f32>, tensor<ui8>) -> tensor<1x8x4x4xf32>
  %sum = cnn.elementwise "add"(%fa, %fb) : (tensor<1x8x4x4xf32>, tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32>
  %q = cnn.quantize %sum, %t, %z : (tensor<1x8x4x4xf32>, tensor<f32>, tensor<ui8>) -> tensor<1x8x4x4xui8>
  return %q : tensor<1x8x4x4xui8>
}

// -----

// Quantised numbers that a chain reads twice (x * sigmoid(x)) are not stored, if nobody else reads them.
// CHECK-LABEL: kernel.func @convolution
// CHECK: cnn.convolution
// CHECK-NEXT: cnn.requantize
// CHECK: cnn.elementwise "sigmoid"
// CHECK: cnn.elementwise "mul"
// CHECK: cnn.quantize
// CHECK-NEXT: kernel.return
// CHECK-LABEL: func.func @read_twice
func.func @read_twice(%x: tensor<1x8x4x4xui8>) -> tensor<1x8x4x4xui8> {
  %w = cnn.weight <"w", 1> : tensor<8x8x1x1xi8>
  %s = cnn.weight <"s", 3> : tensor<8x1x1xf32>
  %t = cnn.constant dense<0.5> : tensor<f32>
  %z = cnn.constant dense<3> : tensor<ui8>
  %a = cnn.convolution %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x8x4x4xui8>, tensor<8x8x1x1xi8>) -> tensor<1x8x4x4xi32>
  %qa = cnn.requantize %a, %s, %z : (tensor<1x8x4x4xi32>, tensor<8x1x1xf32>, tensor<ui8>) -> tensor<1x8x4x4xui8>
  %f = cnn.dequantize %qa, %t, %z : (tensor<1x8x4x4xui8>, tensor<f32>, tensor<ui8>) -> tensor<1x8x4x4xf32>
  %g = cnn.dequantize %qa, %t, %z : (tensor<1x8x4x4xui8>, tensor<f32>, tensor<ui8>) -> tensor<1x8x4x4xf32>
  %h = cnn.elementwise "sigmoid"(%f) : (tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32>
  %m = cnn.elementwise "mul"(%g, %h) : (tensor<1x8x4x4xf32>, tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32>
  %q = cnn.quantize %m, %t, %z : (tensor<1x8x4x4xf32>, tensor<f32>, tensor<ui8>) -> tensor<1x8x4x4xui8>
  return %q : tensor<1x8x4x4xui8>
}
