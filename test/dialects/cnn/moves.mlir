// RUN: %convoy-opt %s | %convoy-opt | FileCheck %s

// CHECK-LABEL: func @reshape
// CHECK: cnn.reshape %{{.*}}, %{{.*}} {allow_zero = true} : (tensor<2x6xf32>, tensor<3xi64>) -> tensor<?x?x?xf32>
func.func @reshape(%x: tensor<2x6xf32>, %s: tensor<3xi64>) -> tensor<?x?x?xf32> {
  %y = cnn.reshape %x, %s {allow_zero = true} : (tensor<2x6xf32>, tensor<3xi64>) -> tensor<?x?x?xf32>
  return %y : tensor<?x?x?xf32>
}

// CHECK-LABEL: func @expand
// CHECK: cnn.expand
func.func @expand(%x: tensor<1x3xf32>) -> tensor<2x4x3xf32> {
  %s = cnn.constant dense<[2, 4, 1]> : tensor<3xi64>
  %y = cnn.expand %x, %s : (tensor<1x3xf32>, tensor<3xi64>) -> tensor<2x4x3xf32>
  return %y : tensor<2x4x3xf32>
}

// CHECK-LABEL: func @transpose
// CHECK: cnn.transpose %{{.*}} [0, 2, 3, 1]
func.func @transpose(%x: tensor<1x3x4x5xf32>) -> tensor<1x4x5x3xf32> {
  %y = cnn.transpose %x [0, 2, 3, 1] : (tensor<1x3x4x5xf32>) -> tensor<1x4x5x3xf32>
  return %y : tensor<1x4x5x3xf32>
}

// Elements 8, 5, 2 of ten.
// CHECK-LABEL: func @slice
// CHECK: cnn.slice %{{.*}}, %{{.*}}, %{{.*}} {axes = array<i64: 0>, steps = array<i64: -3>}
func.func @slice(%x: tensor<10xf32>) -> tensor<3xf32> {
  %s = cnn.constant dense<-2> : tensor<1xi64>
  %e = cnn.constant dense<-9223372036854775807> : tensor<1xi64>
  %y = cnn.slice %x, %s, %e {axes = array<i64: 0>, steps = array<i64: -3>}
      : (tensor<10xf32>, tensor<1xi64>, tensor<1xi64>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// CHECK-LABEL: func @pad
// CHECK: cnn.pad constant %{{.*}}, %{{.*}}, %{{.*}} :
func.func @pad(%x: tensor<3x4xf32>, %v: tensor<f32>) -> tensor<3x6xf32> {
  %p = cnn.constant dense<[1, 2, -1, 0]> : tensor<4xi64>
  %y = cnn.pad constant %x, %p, %v : (tensor<3x4xf32>, tensor<4xi64>, tensor<f32>) -> tensor<3x6xf32>
  return %y : tensor<3x6xf32>
}

// CHECK-LABEL: func @concat
// CHECK: cnn.concat %{{.*}}, %{{.*}} {axis = 1 : i64}
func.func @concat(%x: tensor<?x4xf32>, %y: tensor<?x3xf32>) -> tensor<?x7xf32> {
  %z = cnn.concat %x, %y {axis = 1} : (tensor<?x4xf32>, tensor<?x3xf32>) -> tensor<?x7xf32>
  return %z : tensor<?x7xf32>
}

// CHECK-LABEL: func @resize
// CHECK: cnn.resize linear align_corners round_prefer_floor %{{.*}}, %{{.*}} {axes = array<i64: 2, 3>}
// CHECK: cnn.resize nearest asymmetric floor %{{.*}} {axes = array<i64: 2>, scales = array<f64: 1.500000e+00>}
func.func @resize(%x: tensor<1x2x4x5xf32>) -> tensor<1x2x6x5xf32> {
  %s = cnn.constant dense<[8, 10]> : tensor<2xi64>
  %y = cnn.resize linear align_corners round_prefer_floor %x, %s {axes = array<i64: 2, 3>}
      : (tensor<1x2x4x5xf32>, tensor<2xi64>) -> tensor<1x2x8x10xf32>
  %z = cnn.resize nearest asymmetric floor %x {axes = array<i64: 2>, scales = array<f64: 1.5>}
      : (tensor<1x2x4x5xf32>) -> tensor<1x2x6x5xf32>
  return %z : tensor<1x2x6x5xf32>
}

// CHECK-LABEL: func @gather
// CHECK: cnn.gather slices
// CHECK: cnn.gather elements
// CHECK: cnn.gather nd
func.func @gather(%x: tensor<4x5xf32>, %i: tensor<2x3xi64>, %n: tensor<7x1xi64>)
    -> (tensor<4x2x3xf32>, tensor<2x3xf32>, tensor<7x5xf32>) {
  %a = cnn.gather slices %x, %i {axis = 1} : (tensor<4x5xf32>, tensor<2x3xi64>) -> tensor<4x2x3xf32>
  %b = cnn.gather elements %x, %i {axis = 1} : (tensor<4x5xf32>, tensor<2x3xi64>) -> tensor<2x3xf32>
  %c = cnn.gather nd %x, %n : (tensor<4x5xf32>, tensor<7x1xi64>) -> tensor<7x5xf32>
  return %a, %b, %c : tensor<4x2x3xf32>, tensor<2x3xf32>, tensor<7x5xf32>
}

// CHECK-LABEL: func @scatter
// CHECK: cnn.scatter add %{{.*}}, %{{.*}}, %{{.*}} {nd = true}
func.func @scatter(%x: tensor<4x5xf32>, %i: tensor<7x1xi64>, %u: tensor<7x5xf32>) -> tensor<4x5xf32> {
  %y = cnn.scatter add %x, %i, %u {nd = true}
      : (tensor<4x5xf32>, tensor<7x1xi64>, tensor<7x5xf32>) -> tensor<4x5xf32>
  return %y : tensor<4x5xf32>
}
