// RUN: %convoy-opt %s -convoy-kernels-fuse-quantised | FileCheck %s

// Movement and maxima work on the quantised numbers, which need no second quantisation.
// CHECK-LABEL: func @moved
// CHECK-NOT: quantize
// CHECK: cnn.pool max {{.*}} -> tensor<1x4x4x4xi8>
// CHECK: cnn.reshape {{.*}} -> tensor<1x64xi8>
// CHECK-NOT: quantize
// CHECK: return
func.func @moved(%x: tensor<1x4x8x8xi8>) -> tensor<1x64xi8> {
  %s = cnn.constant dense<0.5> : tensor<f32>
  %z = cnn.constant dense<-3> : tensor<i8>
  %shape = cnn.constant dense<[1, 64]> : tensor<2xi64>
  %f = cnn.dequantize %x, %s, %z : (tensor<1x4x8x8xi8>, tensor<f32>, tensor<i8>) -> tensor<1x4x8x8xf32>
  %p = cnn.pool max %f {window = array<i64: 2, 2>, strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>,
      pads = array<i64: 0, 0, 0, 0>} : (tensor<1x4x8x8xf32>) -> tensor<1x4x4x4xf32>
  %r = cnn.reshape %p, %shape : (tensor<1x4x4x4xf32>, tensor<2xi64>) -> tensor<1x64xf32>
  %q = cnn.quantize %r, %s, %z : (tensor<1x64xf32>, tensor<f32>, tensor<i8>) -> tensor<1x64xi8>
  return %q : tensor<1x64xi8>
}

// Operands of a concat are brought to its scale, if they have another one.
// CHECK-LABEL: func @joined
// CHECK: %[[F:.*]] = cnn.dequantize %arg1
// CHECK: %[[Q:.*]] = cnn.quantize %[[F]]
// CHECK: cnn.concat %arg0, %[[Q]] {{.*}} -> tensor<1x8x8x8xi8>
func.func @joined(%x: tensor<1x4x8x8xi8>, %y: tensor<1x4x8x8xi8>) -> tensor<1x8x8x8xi8> {
  %s = cnn.constant dense<0.5> : tensor<f32>
  %t = cnn.constant dense<0.25> : tensor<f32>
  %z = cnn.constant dense<-3> : tensor<i8>
  %a = cnn.dequantize %x, %s, %z : (tensor<1x4x8x8xi8>, tensor<f32>, tensor<i8>) -> tensor<1x4x8x8xf32>
  %b = cnn.dequantize %y, %t, %z : (tensor<1x4x8x8xi8>, tensor<f32>, tensor<i8>) -> tensor<1x4x8x8xf32>
  %c = cnn.concat %a, %b {axis = 1 : i64} : (tensor<1x4x8x8xf32>, tensor<1x4x8x8xf32>) -> tensor<1x8x8x8xf32>
  %q = cnn.quantize %c, %s, %z : (tensor<1x8x8x8xf32>, tensor<f32>, tensor<i8>) -> tensor<1x8x8x8xi8>
  return %q : tensor<1x8x8x8xi8>
}

// A mean is a sum of integers; 64 elements of zero point 3 are 192.
// CHECK-LABEL: func @mean
// CHECK-DAG: %[[ALL:.*]] = cnn.constant dense<192> : tensor<i32>
// CHECK: %[[SUM:.*]] = cnn.reduce sum {{.*}} : (tensor<1x4x8x8xi32>) -> tensor<1x4x1x1xi32>
// CHECK: %[[C:.*]] = cnn.elementwise "sub"(%[[SUM]], %[[ALL]])
// CHECK: cnn.requantize %[[C]]
func.func @mean(%x: tensor<1x4x8x8xui8>) -> tensor<1x4x1x1xui8> {
  %s = cnn.constant dense<0.5> : tensor<f32>
  %z = cnn.constant dense<3> : tensor<ui8>
  %f = cnn.dequantize %x, %s, %z : (tensor<1x4x8x8xui8>, tensor<f32>, tensor<ui8>) -> tensor<1x4x8x8xf32>
  %m = cnn.reduce mean %f {axes = array<i64: 2, 3>} : (tensor<1x4x8x8xf32>) -> tensor<1x4x1x1xf32>
  %q = cnn.quantize %m, %s, %z : (tensor<1x4x1x1xf32>, tensor<f32>, tensor<ui8>) -> tensor<1x4x1x1xui8>
  return %q : tensor<1x4x1x1xui8>
}

// The zero point is added before rounding.
// CHECK-LABEL: func @average
// CHECK-DAG: %[[ONE:.*]] = cnn.constant dense<1.000000e+00> : tensor<f32>
// CHECK-DAG: %[[NONE:.*]] = cnn.constant dense<0> : tensor<ui8>
// CHECK: %[[P:.*]] = cnn.pool average {{.*}} narrow_sum = true
// CHECK: %[[D:.*]] = cnn.elementwise "div"(%[[P]],
// CHECK: %[[A:.*]] = cnn.elementwise "add"(%[[D]],
// CHECK: cnn.quantize %[[A]], %[[ONE]], %[[NONE]]
func.func @average(%x: tensor<1x4x8x8xui8>) -> tensor<1x4x4x4xui8> {
  %s = cnn.constant dense<0.5> : tensor<f32>
  %z = cnn.constant dense<3> : tensor<ui8>
  %f = cnn.dequantize %x, %s, %z : (tensor<1x4x8x8xui8>, tensor<f32>, tensor<ui8>) -> tensor<1x4x8x8xf32>
  %p = cnn.pool average %f {window = array<i64: 2, 2>, strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>,
      pads = array<i64: 0, 0, 0, 0>} : (tensor<1x4x8x8xf32>) -> tensor<1x4x4x4xf32>
  %q = cnn.quantize %p, %s, %z : (tensor<1x4x4x4xf32>, tensor<f32>, tensor<ui8>) -> tensor<1x4x4x4xui8>
  return %q : tensor<1x4x4x4xui8>
}

// Each reader of a quantised tensor dequantises for itself; others' float values stay as they are.
// CHECK-LABEL: func @two_readers
// CHECK-COUNT-2: cnn.dequantize %arg0
func.func @two_readers(%x: tensor<4xui8>) -> (tensor<4xf32>, tensor<4xf32>) {
  %s = cnn.constant dense<0.5> : tensor<f32>
  %z = cnn.constant dense<3> : tensor<ui8>
  %f = cnn.dequantize %x, %s, %z : (tensor<4xui8>, tensor<f32>, tensor<ui8>) -> tensor<4xf32>
  %a = cnn.elementwise "exp"(%f) : (tensor<4xf32>) -> tensor<4xf32>
  %b = cnn.elementwise "neg"(%f) : (tensor<4xf32>) -> tensor<4xf32>
  return %a, %b : tensor<4xf32>, tensor<4xf32>
}

// What somebody else reads as floats is not moved as integers.
// CHECK-LABEL: func @read_by_others
// CHECK: cnn.reshape {{.*}} -> tensor<2x2xf32>
// CHECK: cnn.quantize
func.func @read_by_others(%x: tensor<4xf32>) -> (tensor<2x2xi8>, tensor<2x2xf32>) {
  %s = cnn.constant dense<0.5> : tensor<f32>
  %z = cnn.constant dense<3> : tensor<i8>
  %shape = cnn.constant dense<[2, 2]> : tensor<2xi64>
  %r = cnn.reshape %x, %shape : (tensor<4xf32>, tensor<2xi64>) -> tensor<2x2xf32>
  %q = cnn.quantize %r, %s, %z : (tensor<2x2xf32>, tensor<f32>, tensor<i8>) -> tensor<2x2xi8>
  return %q, %r : tensor<2x2xi8>, tensor<2x2xf32>
}

// Probabilities in steps of 1/255: as many whole ones as floor(1 / 0.00392156886) says.
// CHECK-LABEL: func @softmax
// CHECK-DAG: cnn.constant dense<2.540000e+02> : tensor<f32>
// CHECK: cnn.softmax
// CHECK: cnn.elementwise "mul"
// CHECK: cnn.quantize
func.func @softmax(%x: tensor<1x4xui8>) -> tensor<1x4xui8> {
  %s = cnn.constant dense<0.00392156886> : tensor<f32>
  %z = cnn.constant dense<0> : tensor<ui8>
  %f = cnn.dequantize %x, %s, %z : (tensor<1x4xui8>, tensor<f32>, tensor<ui8>) -> tensor<1x4xf32>
  %p = cnn.softmax %f {axis = 1 : i64} : (tensor<1x4xf32>) -> tensor<1x4xf32>
  %q = cnn.quantize %p, %s, %z : (tensor<1x4xf32>, tensor<f32>, tensor<ui8>) -> tensor<1x4xui8>
  return %q : tensor<1x4xui8>
}

// A scale that is an input may be negative, and turn the order of numbers.
// CHECK-LABEL: func @scale_that_is_not_known
// CHECK: cnn.pool max {{.*}} -> tensor<1x4x4x4xf32>
// CHECK: cnn.elementwise "relu"
// CHECK: cnn.quantize
func.func @scale_that_is_not_known(%x: tensor<1x4x8x8xi8>, %s: tensor<f32>) -> (tensor<1x4x4x4xi8>, tensor<1x4x8x8xi8>) {
  %t = cnn.constant dense<0.5> : tensor<f32>
  %z = cnn.constant dense<-3> : tensor<i8>
  %f = cnn.dequantize %x, %t, %z : (tensor<1x4x8x8xi8>, tensor<f32>, tensor<i8>) -> tensor<1x4x8x8xf32>
  %p = cnn.pool max %f {window = array<i64: 2, 2>, strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>,
      pads = array<i64: 0, 0, 0, 0>} : (tensor<1x4x8x8xf32>) -> tensor<1x4x4x4xf32>
  %q = cnn.quantize %p, %s, %z : (tensor<1x4x4x4xf32>, tensor<f32>, tensor<i8>) -> tensor<1x4x4x4xi8>
  %g = cnn.dequantize %x, %s, %z : (tensor<1x4x8x8xi8>, tensor<f32>, tensor<i8>) -> tensor<1x4x8x8xf32>
  %r = cnn.elementwise "relu"(%g) : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %h = cnn.quantize %r, %s, %z : (tensor<1x4x8x8xf32>, tensor<f32>, tensor<i8>) -> tensor<1x4x8x8xi8>
  return %q, %h : tensor<1x4x4x4xi8>, tensor<1x4x8x8xi8>
}

// Integers that are no sums of products keep the two steps of rounding.
// CHECK-LABEL: func @other_integers
// CHECK: cnn.dequantize
// CHECK: cnn.quantize
func.func @other_integers(%x: tensor<4xi32>) -> tensor<4xi8> {
  %s = cnn.constant dense<0.5> : tensor<f32>
  %t = cnn.constant dense<0.3> : tensor<f32>
  %n = cnn.constant dense<0> : tensor<i32>
  %z = cnn.constant dense<3> : tensor<i8>
  %f = cnn.dequantize %x, %s, %n : (tensor<4xi32>, tensor<f32>, tensor<i32>) -> tensor<4xf32>
  %q = cnn.quantize %f, %t, %z : (tensor<4xf32>, tensor<f32>, tensor<i8>) -> tensor<4xi8>
  return %q : tensor<4xi8>
}
