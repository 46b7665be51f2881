// RUN: %convoy-opt %s | %convoy-opt | FileCheck %s

// CHECK-LABEL: func @reduce
// CHECK: cnn.reduce mean %{{.*}} {axes = array<i64: 2, 3>} : (tensor<?x8x7x7xf32>) -> tensor<?x8x1x1xf32>
func.func @reduce(%x: tensor<?x8x7x7xf32>) -> tensor<?x8x1x1xf32> {
  %y = cnn.reduce mean %x {axes = array<i64: 2, 3>} : (tensor<?x8x7x7xf32>) -> tensor<?x8x1x1xf32>
  return %y : tensor<?x8x1x1xf32>
}

// CHECK-LABEL: func @arg_max
// CHECK: cnn.reduce arg_max %{{.*}} {axes = array<i64: 1>, keep_dims = false, select_last = true}
func.func @arg_max(%x: tensor<2x8xf32>) -> tensor<2xi64> {
  %y = cnn.reduce arg_max %x {axes = array<i64: 1>, keep_dims = false, select_last = true}
      : (tensor<2x8xf32>) -> tensor<2xi64>
  return %y : tensor<2xi64>
}

// CHECK-LABEL: func @softmax
// CHECK: cnn.softmax %{{.*}} {axis = 1 : i64, log = true}
func.func @softmax(%x: tensor<2x8xf32>) -> tensor<2x8xf32> {
  %y = cnn.softmax %x {axis = 1, log = true} : (tensor<2x8xf32>) -> tensor<2x8xf32>
  return %y : tensor<2x8xf32>
}

// CHECK-LABEL: func @scan
// CHECK: cnn.scan %{{.*}} {axis = 0 : i64, exclusive = true, reverse = true}
func.func @scan(%x: tensor<2x8xi32>) -> tensor<2x8xi32> {
  %y = cnn.scan %x {axis = 0, exclusive = true, reverse = true} : (tensor<2x8xi32>) -> tensor<2x8xi32>
  return %y : tensor<2x8xi32>
}

// CHECK-LABEL: func @halves
// CHECK: cnn.matmul {{.*}} : (tensor<2x4xbf16>, tensor<4x3xbf16>) -> tensor<2x3xf32>
func.func @halves(%x: tensor<2x4xbf16>, %y: tensor<4x3xbf16>) -> tensor<2x3xf32> {
  %z = cnn.matmul %x, %y : (tensor<2x4xbf16>, tensor<4x3xbf16>) -> tensor<2x3xf32>
  return %z : tensor<2x3xf32>
}
