// RUN: %convoy-opt %s | %convoy-opt | FileCheck %s

// CHECK-LABEL: func @weight
// CHECK: cnn.weight <"conv.weight", 0xfedcba9876543210> : tensor<16x3x3x3xf32>
func.func @weight() -> tensor<16x3x3x3xf32> {
  %w = cnn.weight <"conv.weight", 0xfedcba9876543210> : tensor<16x3x3x3xf32>
  return %w : tensor<16x3x3x3xf32>
}

// CHECK-LABEL: func @constant
// CHECK: cnn.constant dense<[1, -1]> : tensor<2xi64>
func.func @constant() -> tensor<2xi64> {
  %c = cnn.constant dense<[1, -1]> : tensor<2xi64>
  return %c : tensor<2xi64>
}

// CHECK-LABEL: func @dim
// CHECK: cnn.dim %{{.*}} from 2 to 4 : (tensor<1x3x?x?xf32>) -> tensor<2xi64>
func.func @dim(%x: tensor<1x3x?x?xf32>) -> tensor<2xi64> {
  %d = cnn.dim %x from 2 to 4 : (tensor<1x3x?x?xf32>) -> tensor<2xi64>
  return %d : tensor<2xi64>
}

// CHECK-LABEL: func @range
// CHECK: cnn.range %{{.*}}, %{{.*}}, %{{.*}} : (tensor<i64>, tensor<i64>, tensor<i64>) -> tensor<?xi64>
func.func @range(%a: tensor<i64>, %b: tensor<i64>, %c: tensor<i64>) -> tensor<?xi64> {
  %r = cnn.range %a, %b, %c : (tensor<i64>, tensor<i64>, tensor<i64>) -> tensor<?xi64>
  return %r : tensor<?xi64>
}

// CHECK-LABEL: func @library
// CHECK: cnn.library_call "top_k"(%{{.*}}, %{{.*}}) {options = {axis = 1 : i64}}
func.func @library(%x: tensor<1x10xf32>, %k: tensor<1xi64>) -> (tensor<1x?xf32>, tensor<1x?xi64>) {
  %v, %i = cnn.library_call "top_k"(%x, %k) {options = {axis = 1}}
      : (tensor<1x10xf32>, tensor<1xi64>) -> (tensor<1x?xf32>, tensor<1x?xi64>)
  return %v, %i : tensor<1x?xf32>, tensor<1x?xi64>
}
