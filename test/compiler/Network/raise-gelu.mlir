// RUN: %convoy-opt %s -convoy-network-raise-activations | FileCheck %s

// x * 0.5 * (1 + erf(x / sqrt 2)), as PyTorch exports it.
// CHECK-LABEL: func @erf
// CHECK: cnn.elementwise "gelu"
// CHECK-NEXT: return
func.func @erf(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %root = cnn.constant dense<1.41421354> : tensor<f32>
  %one = cnn.constant dense<1.0> : tensor<f32>
  %half = cnn.constant dense<0.5> : tensor<f32>
  %d = cnn.elementwise "div"(%x, %root) : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %e = cnn.elementwise "erf"(%d) : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %a = cnn.elementwise "add"(%e, %one) : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %m = cnn.elementwise "mul"(%x, %a) : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %y = cnn.elementwise "mul"(%m, %half) : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// CHECK-LABEL: func @half_first
// CHECK: cnn.elementwise "gelu"
// CHECK-NEXT: return
func.func @half_first(%x: tensor<8xf32>) -> tensor<8xf32> {
  %root = cnn.constant dense<0.70710678> : tensor<f32>
  %one = cnn.constant dense<1.0> : tensor<f32>
  %half = cnn.constant dense<0.5> : tensor<f32>
  %d = cnn.elementwise "mul"(%x, %root) : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %e = cnn.elementwise "erf"(%d) : (tensor<8xf32>) -> tensor<8xf32>
  %a = cnn.elementwise "add"(%one, %e) : (tensor<f32>, tensor<8xf32>) -> tensor<8xf32>
  %h = cnn.elementwise "mul"(%half, %x) : (tensor<f32>, tensor<8xf32>) -> tensor<8xf32>
  %y = cnn.elementwise "mul"(%h, %a) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %y : tensor<8xf32>
}

// CHECK-LABEL: func @tanh
// CHECK: cnn.elementwise "gelu_tanh"
// CHECK-NEXT: return
func.func @tanh(%x: tensor<8xf32>) -> tensor<8xf32> {
  %c = cnn.constant dense<0.044715> : tensor<f32>
  %k = cnn.constant dense<0.79788456> : tensor<f32>
  %one = cnn.constant dense<1.0> : tensor<f32>
  %half = cnn.constant dense<0.5> : tensor<f32>
  %three = cnn.constant dense<3.0> : tensor<f32>
  %p = cnn.elementwise "pow"(%x, %three) : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %q = cnn.elementwise "mul"(%p, %c) : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %s = cnn.elementwise "add"(%x, %q) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %i = cnn.elementwise "mul"(%s, %k) : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %t = cnn.elementwise "tanh"(%i) : (tensor<8xf32>) -> tensor<8xf32>
  %a = cnn.elementwise "add"(%t, %one) : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %h = cnn.elementwise "mul"(%x, %half) : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %y = cnn.elementwise "mul"(%h, %a) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %y : tensor<8xf32>
}

// Without the factor 1/2 it is another function.
// CHECK-LABEL: func @twice_gelu_stays
// CHECK: cnn.elementwise "erf"
func.func @twice_gelu_stays(%x: tensor<8xf32>) -> tensor<8xf32> {
  %root = cnn.constant dense<0.70710678> : tensor<f32>
  %one = cnn.constant dense<1.0> : tensor<f32>
  %d = cnn.elementwise "mul"(%x, %root) : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %e = cnn.elementwise "erf"(%d) : (tensor<8xf32>) -> tensor<8xf32>
  %a = cnn.elementwise "add"(%one, %e) : (tensor<f32>, tensor<8xf32>) -> tensor<8xf32>
  %y = cnn.elementwise "mul"(%x, %a) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %y : tensor<8xf32>
}
