// RUN: %convoy-opt %s -split-input-file -verify-diagnostics

func.func @slice_c1(%x: tensor<10xf32>, %s: tensor<1xi64>) {
  // expected-error @+1 {{slice_c1: axis 1 is outside of the rank 1}}
  %y = cnn.slice %x, %s, %s {axes = array<i64: 1>, steps = array<i64: 1>}
      : (tensor<10xf32>, tensor<1xi64>, tensor<1xi64>) -> tensor<?xf32>
  return
}

// -----

func.func @slice_c2(%x: tensor<10xf32>, %s: tensor<1xi64>) {
  // expected-error @+1 {{slice_c2: a step of 0 is impossible}}
  %y = cnn.slice %x, %s, %s {axes = array<i64: 0>, steps = array<i64: 0>}
      : (tensor<10xf32>, tensor<1xi64>, tensor<1xi64>) -> tensor<?xf32>
  return
}

// -----

func.func @slice_c2_count(%x: tensor<10xf32>, %s: tensor<2xi64>) {
  // expected-error @+1 {{slice_c2: has 1 axes, but 2 starts, 2 ends and 1 steps}}
  %y = cnn.slice %x, %s, %s {axes = array<i64: 0>, steps = array<i64: 1>}
      : (tensor<10xf32>, tensor<2xi64>, tensor<2xi64>) -> tensor<?xf32>
  return
}

// -----

func.func @pad_c1(%x: tensor<3x4xf32>) {
  %p = cnn.constant dense<[1, 2]> : tensor<2xi64>
  // expected-error @+1 {{pad_c1: has 2 pads, but must have a begin and an end for each of 2 dimensions}}
  %y = cnn.pad constant %x, %p : (tensor<3x4xf32>, tensor<2xi64>) -> tensor<?x?xf32>
  return
}

// -----

func.func @pad_c3(%x: tensor<4xf32>) {
  %p = cnn.constant dense<[4, 0]> : tensor<2xi64>
  // expected-error @+1 {{pad_c3: reflection reaches [4] elements into dimension 0 of extent [4]}}
  %y = cnn.pad reflect %x, %p : (tensor<4xf32>, tensor<2xi64>) -> tensor<8xf32>
  return
}

// -----

func.func @pad_c4(%x: tensor<4xf32>, %v: tensor<f32>) {
  %p = cnn.constant dense<[1, 0]> : tensor<2xi64>
  // expected-error @+1 {{pad_c4: the value belongs to mode constant}}
  %y = cnn.pad edge %x, %p, %v : (tensor<4xf32>, tensor<2xi64>, tensor<f32>) -> tensor<5xf32>
  return
}

// -----

func.func @pad_c5(%x: tensor<4xf32>) {
  %p = cnn.constant dense<[-3, -2]> : tensor<2xi64>
  // expected-error @+1 {{pad_c5: cropping leaves nothing of dimension 0 of extent [4]}}
  %y = cnn.pad constant %x, %p : (tensor<4xf32>, tensor<2xi64>) -> tensor<?xf32>
  return
}

// -----

func.func @concat_c1(%x: tensor<4xf32>) {
  // expected-error @+1 {{concat_c1: axis 1 is outside of the rank 1}}
  %y = cnn.concat %x, %x {axis = 1} : (tensor<4xf32>, tensor<4xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @concat_c2(%x: tensor<4x2xf32>, %y: tensor<4x3xf32>) {
  // expected-error @+1 {{concat_c2: the operand [4, 3] and [4, 2] may differ in dimension 0 alone}}
  %z = cnn.concat %x, %y {axis = 0} : (tensor<4x2xf32>, tensor<4x3xf32>) -> tensor<8x2xf32>
  return
}

// -----

func.func @concat_c3(%x: tensor<4xf32>, %y: tensor<4xf16>) {
  // expected-error @+1 {{concat_c3: an operand is 'tensor<4xf16>', but the result has elements 'f32'}}
  %z = cnn.concat %x, %y {axis = 0} : (tensor<4xf32>, tensor<4xf16>) -> tensor<8xf32>
  return
}

// -----

func.func @concat_c4() {
  // expected-error @+1 {{concat_c4: has no operands}}
  %z = "cnn.concat"() {axis = 0 : i64} : () -> tensor<8xf32>
  return
}
