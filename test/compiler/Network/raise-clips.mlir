// RUN: %convoy-opt %s -convoy-network-raise-activations | FileCheck %s

// CHECK-LABEL: func @relu6_from_min_max
// CHECK: cnn.elementwise "clip"(%{{.*}}) {parameters = array<f64: 0.000000e+00, 6.000000e+00>}
// CHECK-NEXT: return
func.func @relu6_from_min_max(%x: tensor<8xf32>) -> tensor<8xf32> {
  %zero = cnn.constant dense<0.0> : tensor<f32>
  %six = cnn.constant dense<6.0> : tensor<f32>
  %m = cnn.elementwise "max"(%zero, %x) : (tensor<f32>, tensor<8xf32>) -> tensor<8xf32>
  %y = cnn.elementwise "min"(%m, %six) : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  return %y : tensor<8xf32>
}

// CHECK-LABEL: func @max_zero_is_relu
// CHECK: cnn.elementwise "relu"
// CHECK-NEXT: return
func.func @max_zero_is_relu(%x: tensor<8xf32>) -> tensor<8xf32> {
  %zero = cnn.constant dense<0.0> : tensor<f32>
  %y = cnn.elementwise "max"(%x, %zero) : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  return %y : tensor<8xf32>
}

// CHECK-LABEL: func @max_of_tensors_stays
// CHECK: cnn.elementwise "max"
func.func @max_of_tensors_stays(%x: tensor<8xf32>, %z: tensor<8xf32>) -> tensor<8xf32> {
  %y = cnn.elementwise "max"(%x, %z) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %y : tensor<8xf32>
}

// Bounds of integers are exact as they are.
// CHECK-LABEL: func @integers_stay
// CHECK: cnn.elementwise "max"
func.func @integers_stay(%x: tensor<8xi64>) -> tensor<8xi64> {
  %zero = cnn.constant dense<0> : tensor<i64>
  %y = cnn.elementwise "max"(%x, %zero) : (tensor<8xi64>, tensor<i64>) -> tensor<8xi64>
  return %y : tensor<8xi64>
}

// CHECK-LABEL: func @leaky_relu
// CHECK: cnn.elementwise "leaky_relu"(%{{.*}}) {parameters = array<f64: 1.250000e-01>}
// CHECK-NEXT: return
func.func @leaky_relu(%x: tensor<8xf32>) -> tensor<8xf32> {
  %a = cnn.constant dense<0.125> : tensor<f32>
  %s = cnn.elementwise "mul"(%x, %a) : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %y = cnn.elementwise "max"(%x, %s) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %y : tensor<8xf32>
}

// With a factor above 1 the maximum is the other branch.
// CHECK-LABEL: func @steep_max_stays
// CHECK: cnn.elementwise "max"
func.func @steep_max_stays(%x: tensor<8xf32>) -> tensor<8xf32> {
  %a = cnn.constant dense<2.0> : tensor<f32>
  %s = cnn.elementwise "mul"(%x, %a) : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %y = cnn.elementwise "max"(%x, %s) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %y : tensor<8xf32>
}
