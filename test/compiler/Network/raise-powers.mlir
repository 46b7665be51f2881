// RUN: %convoy-opt %s -convoy-network-raise-activations | FileCheck %s

// CHECK-LABEL: func @square
// CHECK: cnn.elementwise "mul"(%[[X:.*]], %[[X]])
// CHECK-NEXT: return
func.func @square(%x: tensor<?xf32>) -> tensor<?xf32> {
  %two = cnn.constant dense<2.0> : tensor<f32>
  %y = cnn.elementwise "pow"(%x, %two) : (tensor<?xf32>, tensor<f32>) -> tensor<?xf32>
  return %y : tensor<?xf32>
}

// CHECK-LABEL: func @root
// CHECK: cnn.elementwise "sqrt"
// CHECK-NEXT: return
func.func @root(%x: tensor<?xf32>) -> tensor<?xf32> {
  %half = cnn.constant dense<0.5> : tensor<f32>
  %y = cnn.elementwise "pow"(%x, %half) : (tensor<?xf32>, tensor<f32>) -> tensor<?xf32>
  return %y : tensor<?xf32>
}

// CHECK-LABEL: func @other_exponent_stays
// CHECK: cnn.elementwise "pow"
func.func @other_exponent_stays(%x: tensor<?xf32>) -> tensor<?xf32> {
  %e = cnn.constant dense<2.5> : tensor<f32>
  %y = cnn.elementwise "pow"(%x, %e) : (tensor<?xf32>, tensor<f32>) -> tensor<?xf32>
  return %y : tensor<?xf32>
}

// The constant has the larger shape.
// CHECK-LABEL: func @broadcast_stays
// CHECK: cnn.elementwise "pow"
func.func @broadcast_stays(%x: tensor<8xf32>) -> tensor<1x8xf32> {
  %two = cnn.constant dense<2.0> : tensor<1x1xf32>
  %y = cnn.elementwise "pow"(%x, %two) : (tensor<8xf32>, tensor<1x1xf32>) -> tensor<1x8xf32>
  return %y : tensor<1x8xf32>
}

// CHECK-LABEL: func @neutral
// CHECK-SAME: (%[[X:.*]]: tensor<8xf32>)
// CHECK: return %[[X]]
func.func @neutral(%x: tensor<8xf32>) -> tensor<8xf32> {
  %one = cnn.constant dense<1.0> : tensor<f32>
  %zero = cnn.constant dense<0.0> : tensor<f32>
  %a = cnn.elementwise "mul"(%one, %x) : (tensor<f32>, tensor<8xf32>) -> tensor<8xf32>
  %b = cnn.elementwise "div"(%a, %one) : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %c = cnn.elementwise "sub"(%b, %zero) : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  return %c : tensor<8xf32>
}

// CHECK-LABEL: func @reciprocal_stays
// CHECK: cnn.elementwise "div"
func.func @reciprocal_stays(%x: tensor<8xf32>) -> tensor<8xf32> {
  %one = cnn.constant dense<1.0> : tensor<f32>
  %b = cnn.elementwise "div"(%one, %x) : (tensor<f32>, tensor<8xf32>) -> tensor<8xf32>
  return %b : tensor<8xf32>
}
