// RUN: %convoy-opt %s | %convoy-opt | FileCheck %s

// CHECK-LABEL: func @broadcast
// CHECK: cnn.elementwise "add"(%{{.*}}, %{{.*}}) : (tensor<?x1x8xf32>, tensor<4x1xf32>) -> tensor<?x4x8xf32>
func.func @broadcast(%x: tensor<?x1x8xf32>, %y: tensor<4x1xf32>) -> tensor<?x4x8xf32> {
  %z = cnn.elementwise "add"(%x, %y) : (tensor<?x1x8xf32>, tensor<4x1xf32>) -> tensor<?x4x8xf32>
  return %z : tensor<?x4x8xf32>
}

// CHECK-LABEL: func @parameters
// CHECK: cnn.elementwise "clip"(%{{.*}}) {parameters = array<f64: 0.000000e+00, 6.000000e+00>}
func.func @parameters(%x: tensor<4xf32>) -> tensor<4xf32> {
  %z = cnn.elementwise "clip"(%x) {parameters = array<f64: 0.0, 6.0>} : (tensor<4xf32>) -> tensor<4xf32>
  return %z : tensor<4xf32>
}

// CHECK-LABEL: func @select
// CHECK: cnn.elementwise "where"
func.func @select(%c: tensor<4xi1>, %x: tensor<4xi64>, %y: tensor<1xi64>) -> tensor<4xi64> {
  %z = cnn.elementwise "where"(%c, %x, %y) : (tensor<4xi1>, tensor<4xi64>, tensor<1xi64>) -> tensor<4xi64>
  return %z : tensor<4xi64>
}

// CHECK-LABEL: func @compare
// CHECK: cnn.elementwise "less"{{.*}} -> tensor<4xi1>
func.func @compare(%x: tensor<4xf16>, %y: tensor<4xf16>) -> tensor<4xi1> {
  %z = cnn.elementwise "less"(%x, %y) : (tensor<4xf16>, tensor<4xf16>) -> tensor<4xi1>
  return %z : tensor<4xi1>
}

// CHECK-LABEL: func @cast
// CHECK: cnn.cast %{{.*}} : (tensor<?xf32>) -> tensor<?xui8>
func.func @cast(%x: tensor<?xf32>) -> tensor<?xui8> {
  %z = cnn.cast %x : (tensor<?xf32>) -> tensor<?xui8>
  return %z : tensor<?xui8>
}
