// RUN: %convoy-opt %s -split-input-file -verify-diagnostics

func.func @reshape_c1(%x: tensor<2x6xf32>) {
  %s = cnn.constant dense<[3, 5]> : tensor<2xi64>
  // expected-error @+1 {{reshape_c1: the shapes [2, 6] and [3, 5] have different numbers of elements}}
  %y = cnn.reshape %x, %s : (tensor<2x6xf32>, tensor<2xi64>) -> tensor<3x5xf32>
  return
}

// -----

func.func @reshape_c1_inferred(%x: tensor<2x6xf32>) {
  %s = cnn.constant dense<[5, -1]> : tensor<2xi64>
  // expected-error @+1 {{reshape_c1: the elements of [2, 6] are no multiple of those of [5]}}
  %y = cnn.reshape %x, %s : (tensor<2x6xf32>, tensor<2xi64>) -> tensor<5x?xf32>
  return
}

// -----

func.func @reshape_c3_twice(%x: tensor<2x6xf32>) {
  %s = cnn.constant dense<[-1, 2, -1]> : tensor<3xi64>
  // expected-error @+1 {{reshape_c3: -1 stands at positions 0 and 2, but only one dimension can be inferred}}
  %y = cnn.reshape %x, %s : (tensor<2x6xf32>, tensor<3xi64>) -> tensor<?x2x?xf32>
  return
}

// -----

func.func @reshape_c3_zero(%x: tensor<2x6xf32>) {
  %s = cnn.constant dense<[2, 6, 0]> : tensor<3xi64>
  // expected-error @+1 {{reshape_c3: 0 at position 2 stands for a dimension that the input of rank 2 does not have}}
  %y = cnn.reshape %x, %s : (tensor<2x6xf32>, tensor<3xi64>) -> tensor<2x6x1xf32>
  return
}

// -----

func.func @expand_c1(%x: tensor<3xf32>) {
  %s = cnn.constant dense<[2, 4]> : tensor<2xi64>
  // expected-error @+1 {{expand_c1: the input [3] does not broadcast to [2, 4]}}
  %y = cnn.expand %x, %s : (tensor<3xf32>, tensor<2xi64>) -> tensor<2x4xf32>
  return
}

// -----

func.func @shape_c2_negative(%x: tensor<1xf32>) {
  %s = cnn.constant dense<[2, -4]> : tensor<2xi64>
  // expected-error @+1 {{shape_c2: dimension 1 of result 0 would be -4, which is no possible extent}}
  %y = cnn.expand %x, %s : (tensor<1xf32>, tensor<2xi64>) -> tensor<2x4xf32>
  return
}

// -----

func.func @shape_c2_large(%x: tensor<1xf32>) {
  %s = cnn.constant dense<[2147483647, 2147483647, 4]> : tensor<3xi64>
  // expected-error @+1 {{shape_c2: result 0 of shape [2147483647, 2147483647, 4] is too large}}
  %y = cnn.expand %x, %s : (tensor<1xf32>, tensor<3xi64>) -> tensor<?x?x?xf32>
  return
}

// -----

func.func @transpose_c1(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{transpose_c1: axis 1 stands twice}}
  %y = cnn.transpose %x [1, 1] : (tensor<2x3xf32>) -> tensor<3x3xf32>
  return
}
