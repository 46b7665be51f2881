// RUN: %convoy-opt %s -convoy-network-fold-constants | FileCheck %s

// CHECK-LABEL: func @broadcast
// CHECK: cnn.constant dense<{{\[\[}}0.0{{0+}}e+00, -1.0{{0+}}e+00], [2.0{{0+}}e+00, 1.0{{0+}}e+00]]>
// CHECK-NEXT: return
func.func @broadcast() -> tensor<2x2xf32> {
  %a = cnn.constant dense<[[1.0], [3.0]]> : tensor<2x1xf32>
  %b = cnn.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %y = cnn.elementwise "sub"(%a, %b) : (tensor<2x1xf32>, tensor<2xf32>) -> tensor<2x2xf32>
  return %y : tensor<2x2xf32>
}

// CHECK-LABEL: func @cast_and_root
// CHECK: cnn.constant dense<8.0{{0+}}e+00> : tensor<f32>
// CHECK-NEXT: return
func.func @cast_and_root() -> tensor<f32> {
  %a = cnn.constant dense<64> : tensor<i64>
  %b = cnn.cast %a : (tensor<i64>) -> tensor<f32>
  %y = cnn.elementwise "sqrt"(%b) : (tensor<f32>) -> tensor<f32>
  return %y : tensor<f32>
}

// CHECK-LABEL: func @reshape
// CHECK: cnn.constant dense<{{.*}}> : tensor<2x1xf32>
// CHECK-NEXT: return
func.func @reshape() -> tensor<2x1xf32> {
  %a = cnn.constant dense<[1.0, 3.0]> : tensor<2xf32>
  %s = cnn.constant dense<[2, 1]> : tensor<2xi64>
  %y = cnn.reshape %a, %s : (tensor<2xf32>, tensor<2xi64>) -> tensor<2x1xf32>
  return %y : tensor<2x1xf32>
}

// CHECK-LABEL: func @weights_stay
// CHECK: cnn.elementwise "mul"
func.func @weights_stay() -> tensor<2xf32> {
  %a = cnn.weight <"a", 1> : tensor<2xf32>
  %b = cnn.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %y = cnn.elementwise "mul"(%a, %b) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return %y : tensor<2xf32>
}

// CHECK-LABEL: func @large_results_stay
// CHECK: cnn.elementwise "mul"
func.func @large_results_stay() -> tensor<100xf32> {
  %a = cnn.constant dense<3.0> : tensor<100xf32>
  %y = cnn.elementwise "mul"(%a, %a) : (tensor<100xf32>, tensor<100xf32>) -> tensor<100xf32>
  return %y : tensor<100xf32>
}
