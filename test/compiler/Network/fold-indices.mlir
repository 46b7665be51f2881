// RUN: %convoy-opt %s -convoy-network-fold-indices | FileCheck %s

// View(x, x.size(0), -1) of an exporter.
// CHECK-LABEL: func @symbolic_batch
// CHECK-NEXT: %[[SHAPE:.*]] = cnn.constant dense<[0, 48]>
// CHECK-NEXT: cnn.reshape %{{.*}}, %[[SHAPE]] : {{.*}} -> tensor<?x48xf32>
// CHECK-NEXT: return
func.func @symbolic_batch(%x: tensor<?x3x4x4xf32> {cnn.dims = ["N", "", "", ""]}) -> tensor<?x48xf32> {
  %d = cnn.dim %x from 0 to 4 : (tensor<?x3x4x4xf32>) -> tensor<4xi64>
  %zero = cnn.constant dense<0> : tensor<i64>
  %n = cnn.gather slices %d, %zero : (tensor<4xi64>, tensor<i64>) -> tensor<i64>
  %one = cnn.constant dense<1> : tensor<1xi64>
  %v = cnn.reshape %n, %one : (tensor<i64>, tensor<1xi64>) -> tensor<1xi64>
  %m = cnn.constant dense<-1> : tensor<1xi64>
  %s = cnn.concat %v, %m {axis = 0} : (tensor<1xi64>, tensor<1xi64>) -> tensor<2xi64>
  %y = cnn.reshape %x, %s : (tensor<?x3x4x4xf32>, tensor<2xi64>) -> tensor<?x48xf32>
  return %y : tensor<?x48xf32>
}

// Two extents are neither constants nor the input's own: the arithmetic has to stay.
// CHECK-LABEL: func @two_computed_extents
// CHECK: cnn.dim
// CHECK: cnn.concat
// CHECK: cnn.reshape
func.func @two_computed_extents(%x: tensor<?x?xf32> {cnn.dims = ["A", "B"]}) -> tensor<?x?x2xf32> {
  %a = cnn.dim %x from 0 to 1 : (tensor<?x?xf32>) -> tensor<1xi64>
  %two = cnn.constant dense<2> : tensor<1xi64>
  %h = cnn.elementwise "div"(%a, %two) : (tensor<1xi64>, tensor<1xi64>) -> tensor<1xi64>
  %b = cnn.dim %x from 1 to 2 : (tensor<?x?xf32>) -> tensor<1xi64>
  %c = cnn.concat %x, %x {axis = 0} : (tensor<?x?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>
  %s = cnn.concat %b, %a, %two {axis = 0} : (tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<3xi64>
  %y = cnn.reshape %c, %s : (tensor<?x?xf32>, tensor<3xi64>) -> tensor<?x?x2xf32>
  return %y : tensor<?x?x2xf32>
}

// CHECK-LABEL: func @known_indices
// CHECK-NEXT: %[[VALUE:.*]] = cnn.constant dense<[20, 30]> : tensor<2xi64>
// CHECK-NEXT: return %[[VALUE]]
func.func @known_indices(%x: tensor<1x2x10x15xf32>) -> tensor<2xi64> {
  %d = cnn.dim %x from 2 to 4 : (tensor<1x2x10x15xf32>) -> tensor<2xi64>
  %two = cnn.constant dense<2> : tensor<i64>
  %y = cnn.elementwise "mul"(%d, %two) : (tensor<2xi64>, tensor<i64>) -> tensor<2xi64>
  return %y : tensor<2xi64>
}

// CHECK-LABEL: func @data_stays
// CHECK-NEXT: cnn.constant
// CHECK-NEXT: cnn.elementwise "mul"
func.func @data_stays(%x: tensor<2xi64>) -> tensor<2xi64> {
  %two = cnn.constant dense<2> : tensor<i64>
  %y = cnn.elementwise "mul"(%x, %two) : (tensor<2xi64>, tensor<i64>) -> tensor<2xi64>
  return %y : tensor<2xi64>
}
