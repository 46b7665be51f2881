// RUN: %convoy-opt %s -convoy-network-raise-activations | FileCheck %s

// CHECK-LABEL: func @swish
// CHECK-NEXT: cnn.elementwise "swish"(%{{.*}}) {parameters = array<f64: 1.000000e+00>}
// CHECK-NEXT: return
func.func @swish(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %s = cnn.elementwise "sigmoid"(%x) : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %y = cnn.elementwise "mul"(%s, %x) : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// CHECK-LABEL: func @gate_of_another_value_stays
// CHECK: cnn.elementwise "sigmoid"
// CHECK-NEXT: cnn.elementwise "mul"
func.func @gate_of_another_value_stays(%x: tensor<8xf32>, %z: tensor<8xf32>) -> tensor<8xf32> {
  %s = cnn.elementwise "sigmoid"(%x) : (tensor<8xf32>) -> tensor<8xf32>
  %y = cnn.elementwise "mul"(%s, %z) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %y : tensor<8xf32>
}

// CHECK-LABEL: func @gate_read_twice_stays
// CHECK: cnn.elementwise "sigmoid"
// CHECK-NEXT: cnn.elementwise "mul"
func.func @gate_read_twice_stays(%x: tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>) {
  %s = cnn.elementwise "sigmoid"(%x) : (tensor<8xf32>) -> tensor<8xf32>
  %y = cnn.elementwise "mul"(%s, %x) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %s, %y : tensor<8xf32>, tensor<8xf32>
}

// CHECK-LABEL: func @hard_swish
// CHECK: cnn.elementwise "hard_swish"(%{{.*}})
// CHECK-NEXT: return
func.func @hard_swish(%x: tensor<8xf32>) -> tensor<8xf32> {
  %three = cnn.constant dense<3.0> : tensor<f32>
  %six = cnn.constant dense<6.0> : tensor<f32>
  %a = cnn.elementwise "add"(%x, %three) : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %c = cnn.elementwise "clip"(%a) {parameters = array<f64: 0.0, 6.0>} : (tensor<8xf32>) -> tensor<8xf32>
  %m = cnn.elementwise "mul"(%x, %c) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %y = cnn.elementwise "div"(%m, %six) : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  return %y : tensor<8xf32>
}

// CHECK-LABEL: func @hard_sigmoid
// CHECK: cnn.elementwise "hard_sigmoid"(%{{.*}}) {parameters = array<f64: 0.1666{{.*}}, 5.000000e-01>}
// CHECK-NEXT: return
func.func @hard_sigmoid(%x: tensor<8xf32>) -> tensor<8xf32> {
  %three = cnn.constant dense<3.0> : tensor<f32>
  %sixth = cnn.constant dense<0.16666667> : tensor<f32>
  %a = cnn.elementwise "add"(%three, %x) : (tensor<f32>, tensor<8xf32>) -> tensor<8xf32>
  %c = cnn.elementwise "clip"(%a) {parameters = array<f64: 0.0, 6.0>} : (tensor<8xf32>) -> tensor<8xf32>
  %y = cnn.elementwise "mul"(%c, %sixth) : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  return %y : tensor<8xf32>
}

// CHECK-LABEL: func @clip_to_five_stays
// CHECK: cnn.elementwise "clip"
func.func @clip_to_five_stays(%x: tensor<8xf32>) -> tensor<8xf32> {
  %three = cnn.constant dense<3.0> : tensor<f32>
  %six = cnn.constant dense<6.0> : tensor<f32>
  %a = cnn.elementwise "add"(%x, %three) : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %c = cnn.elementwise "clip"(%a) {parameters = array<f64: 0.0, 5.0>} : (tensor<8xf32>) -> tensor<8xf32>
  %y = cnn.elementwise "div"(%c, %six) : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  return %y : tensor<8xf32>
}

// CHECK-LABEL: func @mish
// CHECK-NEXT: cnn.elementwise "mish"
// CHECK-NEXT: return
func.func @mish(%x: tensor<8xf32>) -> tensor<8xf32> {
  %one = cnn.constant dense<1.0> : tensor<f32>
  %e = cnn.elementwise "exp"(%x) : (tensor<8xf32>) -> tensor<8xf32>
  %a = cnn.elementwise "add"(%e, %one) : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %l = cnn.elementwise "log"(%a) : (tensor<8xf32>) -> tensor<8xf32>
  %t = cnn.elementwise "tanh"(%l) : (tensor<8xf32>) -> tensor<8xf32>
  %y = cnn.elementwise "mul"(%x, %t) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %y : tensor<8xf32>
}
