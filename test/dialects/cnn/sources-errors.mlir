// RUN: %convoy-opt %s -split-input-file -verify-diagnostics

func.func @weight_c1() {
  // expected-error @+1 {{weight_c1: the entry of the weight file has no name}}
  %w = cnn.weight <"", 0> : tensor<4xf32>
  return
}

// -----

func.func @dim_c1(%x: tensor<1x3xf32>) {
  // expected-error @+1 {{dim_c1: dimensions from 1 to 3 do not lie within the rank 2}}
  %d = cnn.dim %x from 1 to 3 : (tensor<1x3xf32>) -> tensor<2xi64>
  return
}

// -----

func.func @range_c1(%a: tensor<i64>, %b: tensor<1xi64>) {
  // expected-error @+1 {{range_c1: operands must be rank-0 tensors of 'i64', but one is 'tensor<1xi64>'}}
  %r = cnn.range %a, %b, %a : (tensor<i64>, tensor<1xi64>, tensor<i64>) -> tensor<?xi64>
  return
}

// -----

func.func @library_call_c1(%x: tensor<4xf32>) {
  // expected-error @+1 {{library_call_c1: there is no function "sort"}}
  %r = cnn.library_call "sort"(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @library_call_c2(%x: tensor<4xf32>) {
  // expected-error @+1 {{library_call_c2: top_k can't have 1 operands}}
  %v, %i = cnn.library_call "top_k"(%x) {options = {axis = 0}} : (tensor<4xf32>) -> (tensor<?xf32>, tensor<?xi64>)
  return
}

// -----

func.func @library_call_c3(%x: tensor<4xf32>) {
  // expected-error @+1 {{library_call_c3: non_zero has 1 results, not 2}}
  %a, %b = cnn.library_call "non_zero"(%x) : (tensor<4xf32>) -> (tensor<1x?xi64>, tensor<1x?xi64>)
  return
}

// -----

func.func @library_call_c4(%x: tensor<4xf32>, %k: tensor<1xi64>) {
  // expected-error @+1 {{library_call_c4: top_k needs the option axis within the rank 1}}
  %v, %i = cnn.library_call "top_k"(%x, %k) {options = {axis = 1}}
      : (tensor<4xf32>, tensor<1xi64>) -> (tensor<?xf32>, tensor<?xi64>)
  return
}
