// RUN: %convoy-opt %s -split-input-file -verify-diagnostics

func.func @gather_c1(%x: tensor<4x5xf32>, %i: tensor<2xi64>) {
  // expected-error @+1 {{gather_c1: axis 2 is outside of the rank 2}}
  %a = cnn.gather slices %x, %i {axis = 2} : (tensor<4x5xf32>, tensor<2xi64>) -> tensor<4x2xf32>
  return
}

// -----

func.func @gather_c2(%x: tensor<4x5xf32>, %i: tensor<2xf32>) {
  // expected-error @+1 {{gather_c2: indices must be i32 or i64, not 'f32'}}
  %a = cnn.gather slices %x, %i : (tensor<4x5xf32>, tensor<2xf32>) -> tensor<2x5xf32>
  return
}

// -----

func.func @gather_c3_elements(%x: tensor<4x5xf32>, %i: tensor<2xi64>) {
  // expected-error @+1 {{gather_c3: indices [2] must have the rank of the input [4, 5]}}
  %a = cnn.gather elements %x, %i : (tensor<4x5xf32>, tensor<2xi64>) -> tensor<2xf32>
  return
}

// -----

func.func @gather_c3_nd(%x: tensor<4x5xf32>, %i: tensor<2x3xi64>) {
  // expected-error @+1 {{gather_c3: indices [2, 3] with 0 batch dimensions do not address [4, 5]}}
  %a = cnn.gather nd %x, %i : (tensor<4x5xf32>, tensor<2x3xi64>) -> tensor<2xf32>
  return
}

// -----

func.func @gather_c4(%x: tensor<4x5xf32>) {
  %i = cnn.constant dense<[0, -5]> : tensor<2xi64>
  // expected-error @+1 {{gather_c4: the index -5 is outside of dimension 0 of extent 4}}
  %a = cnn.gather slices %x, %i : (tensor<4x5xf32>, tensor<2xi64>) -> tensor<2x5xf32>
  return
}

// -----

func.func @scatter_c1(%x: tensor<4xf32>, %i: tensor<2xi64>, %u: tensor<2xf32>) {
  // expected-error @+1 {{scatter_c1: axis 1 is outside of the rank 1}}
  %a = cnn.scatter set %x, %i, %u {axis = 1} : (tensor<4xf32>, tensor<2xi64>, tensor<2xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @scatter_c2(%x: tensor<4xf32>, %i: tensor<2xi8>, %u: tensor<2xf32>) {
  // expected-error @+1 {{scatter_c2: indices must be i32 or i64, not 'i8'}}
  %a = cnn.scatter set %x, %i, %u : (tensor<4xf32>, tensor<2xi8>, tensor<2xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @scatter_c3(%x: tensor<4xf32>, %i: tensor<2xi64>, %u: tensor<3xf32>) {
  // expected-error @+1 {{scatter_c3: updates [3] do not fit the indices [2] into [4]}}
  %a = cnn.scatter set %x, %i, %u : (tensor<4xf32>, tensor<2xi64>, tensor<3xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @resize_c1(%x: tensor<1x1x4xf32>) {
  // expected-error @+1 {{resize_c1: has 0 scales for 1 axes; either scales or sizes must say the result's extents}}
  %a = cnn.resize nearest asymmetric floor %x {axes = array<i64: 2>} : (tensor<1x1x4xf32>) -> tensor<1x1x8xf32>
  return
}

// -----

func.func @resize_c2(%x: tensor<1x1x4xf32>) {
  // expected-error @+1 {{resize_c2: leaves 0 elements of dimension 2}}
  %a = cnn.resize nearest asymmetric floor %x {axes = array<i64: 2>, scales = array<f64: 0.125>}
      : (tensor<1x1x4xf32>) -> tensor<1x1x0xf32>
  return
}
