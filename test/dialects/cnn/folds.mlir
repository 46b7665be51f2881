// RUN: %convoy-opt %s -canonicalize | FileCheck %s

// CHECK-LABEL: func @identities
// CHECK-SAME: (%[[X:.*]]: tensor<2x3xf32>)
// CHECK-NEXT: return %[[X]]
func.func @identities(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %s = cnn.constant dense<[2, 3]> : tensor<2xi64>
  %zeros = cnn.constant dense<0> : tensor<4xi64>
  %a = cnn.reshape %x, %s : (tensor<2x3xf32>, tensor<2xi64>) -> tensor<2x3xf32>
  %b = cnn.transpose %a [0, 1] : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %c = cnn.cast %b : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %d = cnn.concat %c {axis = 0} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %e = cnn.expand %d, %s : (tensor<2x3xf32>, tensor<2xi64>) -> tensor<2x3xf32>
  %f = cnn.pad constant %e, %zeros : (tensor<2x3xf32>, tensor<4xi64>) -> tensor<2x3xf32>
  %g = cnn.elementwise "identity"(%f) : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %h = cnn.reduce sum %g {axes = array<i64>} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %h : tensor<2x3xf32>
}

// A dynamic extent may change though the type does not.
// CHECK-LABEL: func @dynamic_reshape_stays
// CHECK: cnn.reshape
func.func @dynamic_reshape_stays(%x: tensor<?x?xf32>, %s: tensor<2xi64>) -> tensor<?x?xf32> {
  %a = cnn.reshape %x, %s : (tensor<?x?xf32>, tensor<2xi64>) -> tensor<?x?xf32>
  return %a : tensor<?x?xf32>
}

// CHECK-LABEL: func @slice_backwards_stays
// CHECK: cnn.slice
func.func @slice_backwards_stays(%x: tensor<4xf32>) -> tensor<4xf32> {
  %s = cnn.constant dense<-1> : tensor<1xi64>
  %e = cnn.constant dense<-9223372036854775807> : tensor<1xi64>
  %y = cnn.slice %x, %s, %e {axes = array<i64: 0>, steps = array<i64: -1>}
      : (tensor<4xf32>, tensor<1xi64>, tensor<1xi64>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// CHECK-LABEL: func @transposes_join
// CHECK-NEXT: cnn.transpose %{{.*}} [1, 2, 0]
// CHECK-NEXT: return
func.func @transposes_join(%x: tensor<2x3x4xf32>) -> tensor<3x4x2xf32> {
  %a = cnn.transpose %x [2, 0, 1] : (tensor<2x3x4xf32>) -> tensor<4x2x3xf32>
  %b = cnn.transpose %a [2, 0, 1] : (tensor<4x2x3xf32>) -> tensor<3x4x2xf32>
  return %b : tensor<3x4x2xf32>
}

// CHECK-LABEL: func @reshapes_join
// CHECK: %[[SHAPE:.*]] = cnn.constant dense<[4, 6]>
// CHECK-NEXT: cnn.reshape %{{.*}}, %[[SHAPE]] : (tensor<2x3x4xf32>, tensor<2xi64>) -> tensor<4x6xf32>
// CHECK-NEXT: return
func.func @reshapes_join(%x: tensor<2x3x4xf32>, %s: tensor<2xi64>) -> tensor<4x6xf32> {
  %a = cnn.reshape %x, %s : (tensor<2x3x4xf32>, tensor<2xi64>) -> tensor<6x4xf32>
  %t = cnn.constant dense<[4, -1]> : tensor<2xi64>
  %b = cnn.reshape %a, %t : (tensor<6x4xf32>, tensor<2xi64>) -> tensor<4x6xf32>
  return %b : tensor<4x6xf32>
}

// The outer 0 means the inner extent.
// CHECK-LABEL: func @copied_extent_keeps_inner
// CHECK-COUNT-2: cnn.reshape
func.func @copied_extent_keeps_inner(%x: tensor<?x4xf32>) -> tensor<?x2x2xf32> {
  %s = cnn.constant dense<[-1, 4]> : tensor<2xi64>
  %t = cnn.constant dense<[0, 2, 2]> : tensor<3xi64>
  %a = cnn.reshape %x, %s : (tensor<?x4xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %b = cnn.reshape %a, %t : (tensor<?x4xf32>, tensor<3xi64>) -> tensor<?x2x2xf32>
  return %b : tensor<?x2x2xf32>
}

// CHECK-LABEL: func @quantised_again
// CHECK-NEXT: return %arg0
func.func @quantised_again(%x: tensor<1x4xi8>, %s: tensor<f32>, %z: tensor<i8>) -> tensor<1x4xi8> {
  %f = cnn.dequantize %x, %s, %z : (tensor<1x4xi8>, tensor<f32>, tensor<i8>) -> tensor<1x4xf32>
  %q = cnn.quantize %f, %s, %z : (tensor<1x4xf32>, tensor<f32>, tensor<i8>) -> tensor<1x4xi8>
  return %q : tensor<1x4xi8>
}

// CHECK-LABEL: func @quantised_otherwise
// CHECK: cnn.quantize
func.func @quantised_otherwise(%x: tensor<1x4xi8>, %s: tensor<f32>, %t: tensor<f32>, %z: tensor<i8>) -> tensor<1x4xi8> {
  %f = cnn.dequantize %x, %s, %z : (tensor<1x4xi8>, tensor<f32>, tensor<i8>) -> tensor<1x4xf32>
  %q = cnn.quantize %f, %t, %z : (tensor<1x4xf32>, tensor<f32>, tensor<i8>) -> tensor<1x4xi8>
  return %q : tensor<1x4xi8>
}
