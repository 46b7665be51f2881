// RUN: %convoy-opt %s -split-input-file -verify-diagnostics

func.func @elementwise_c1(%x: tensor<4xf32>) {
  // expected-error @+1 {{elementwise_c1: there is no function "plus"}}
  %z = cnn.elementwise "plus"(%x, %x) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @elementwise_c2(%x: tensor<4xf32>) {
  // expected-error @+1 {{elementwise_c2: relu has 1 operands, not 2}}
  %z = cnn.elementwise "relu"(%x, %x) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @elementwise_c3(%x: tensor<4xf32>) {
  // expected-error @+1 {{elementwise_c3: clip has 2 parameters, not 0}}
  %z = cnn.elementwise "clip"(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @elementwise_c4(%x: tensor<4x3xf32>, %y: tensor<4xf32>) {
  // expected-error @+1 {{elementwise_c4: shapes [4, 3] and [4] do not broadcast}}
  %z = cnn.elementwise "add"(%x, %y) : (tensor<4x3xf32>, tensor<4xf32>) -> tensor<4x3xf32>
  return
}

// -----

func.func @elementwise_c5_operands(%x: tensor<4xf32>, %y: tensor<4xi32>) {
  // expected-error @+1 {{elementwise_c5: add: operands must have one element type, but has ('f32', 'i32') -> 'f32'; cnn.cast converts}}
  %z = cnn.elementwise "add"(%x, %y) : (tensor<4xf32>, tensor<4xi32>) -> tensor<4xf32>
  return
}

// -----

func.func @elementwise_c5_result(%x: tensor<4xf32>) {
  // expected-error @+1 {{elementwise_c5: less: the result must be i1}}
  %z = cnn.elementwise "less"(%x, %x) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @elementwise_c5_float(%x: tensor<4xi32>) {
  // expected-error @+1 {{elementwise_c5: sigmoid: wants floating point numbers}}
  %z = cnn.elementwise "sigmoid"(%x) : (tensor<4xi32>) -> tensor<4xi32>
  return
}

// -----

func.func @elementwise_c5_select(%x: tensor<4xi32>) {
  // expected-error @+1 {{elementwise_c5: where: the first operand must be i1}}
  %z = cnn.elementwise "where"(%x, %x, %x) : (tensor<4xi32>, tensor<4xi32>, tensor<4xi32>) -> tensor<4xi32>
  return
}
