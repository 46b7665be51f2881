// RUN: %convoy-opt %s --convoy-kernels-form -split-input-file -verify-diagnostics

// Kernels count elements in 32 bits.
func.func @result(%x: tensor<1x65536x1xf32>, %y: tensor<1x1x32768xf32>) -> tensor<1x65536x32768xf32> {
  // expected-error @+1 {{a tensor of shape [1, 65536, 32768] has 2147483648 elements; kernels take fewer than 2^31}}
  %z = cnn.elementwise "add"(%x, %y) : (tensor<1x65536x1xf32>, tensor<1x1x32768xf32>) -> tensor<1x65536x32768xf32>
  return %z : tensor<1x65536x32768xf32>
}

// -----

// expected-error @+1 {{a tensor of shape [65536, 32768] has 2147483648 elements}}
func.func @input(%x: tensor<65536x32768xf32>) -> tensor<65536x1xf32> {
  %s = cnn.reduce "sum" %x {axes = array<i64: 1>, keep_dims = true} : (tensor<65536x32768xf32>) -> tensor<65536x1xf32>
  return %s : tensor<65536x1xf32>
}

// -----

func.func @just_small_enough(%x: tensor<65536x1xf32>, %y: tensor<1x32767xf32>) -> tensor<65536x32767xf32> {
  %z = cnn.elementwise "add"(%x, %y) : (tensor<65536x1xf32>, tensor<1x32767xf32>) -> tensor<65536x32767xf32>
  return %z : tensor<65536x32767xf32>
}
