// RUN: %convoy-opt %s -split-input-file -verify-diagnostics

func.func @matmul_c1(%x: tensor<4xf32>, %y: tensor<4x3xf32>) {
  // expected-error @+1 {{matmul_c1: operands have ranks 1 and 2; both must be at least 2}}
  %z = cnn.matmul %x, %y : (tensor<4xf32>, tensor<4x3xf32>) -> tensor<3xf32>
  return
}

// -----

func.func @matmul_c2(%x: tensor<2x4xf32>, %y: tensor<5x3xf32>) {
  // expected-error @+1 {{matmul_c2: the operands [2, 4] and [5, 3] are to be summed over [4] and [5] elements}}
  %z = cnn.matmul %x, %y : (tensor<2x4xf32>, tensor<5x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @matmul_c3(%x: tensor<2x5x4xf32>, %y: tensor<3x4x3xf32>) {
  // expected-error @+1 {{matmul_c3: leading dimensions of [2, 5, 4] and [3, 4, 3] do not broadcast}}
  %z = cnn.matmul %x, %y : (tensor<2x5x4xf32>, tensor<3x4x3xf32>) -> tensor<3x5x3xf32>
  return
}

// -----

func.func @matmul_c4(%x: tensor<2x4xf32>, %y: tensor<4x3xf16>) {
  // expected-error @+1 {{matmul_c4: operands and result must have one element type}}
  %z = cnn.matmul %x, %y : (tensor<2x4xf32>, tensor<4x3xf16>) -> tensor<2x3xf32>
  return
}

// -----

func.func @reduce_c1(%x: tensor<2x4xf32>) {
  // expected-error @+1 {{reduce_c1: axis 2 is outside of the rank 2}}
  %y = cnn.reduce sum %x {axes = array<i64: 2>} : (tensor<2x4xf32>) -> tensor<2x1xf32>
  return
}

// -----

func.func @reduce_c1_order(%x: tensor<2x4xf32>) {
  // expected-error @+1 {{reduce_c1: axes must ascend}}
  %y = cnn.reduce sum %x {axes = array<i64: 1, 0>} : (tensor<2x4xf32>) -> tensor<1x1xf32>
  return
}

// -----

func.func @reduce_c2(%x: tensor<2x4xf32>) {
  // expected-error @+1 {{reduce_c2: arg_max has one axis and an i64 result, not 2 axes and 'i64'}}
  %y = cnn.reduce arg_max %x {axes = array<i64: 0, 1>} : (tensor<2x4xf32>) -> tensor<1x1xi64>
  return
}

// -----

func.func @reduce_c3(%x: tensor<2x4xf32>) {
  // expected-error @+1 {{reduce_c3: the result's element type 'f16' is not the input's}}
  %y = cnn.reduce sum %x {axes = array<i64: 0>} : (tensor<2x4xf32>) -> tensor<1x4xf16>
  return
}

// -----

func.func @softmax_c1(%x: tensor<2x4xf32>) {
  // expected-error @+1 {{softmax_c1: axis -1 is outside of the rank 2}}
  %y = cnn.softmax %x {axis = -1} : (tensor<2x4xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @softmax_c2(%x: tensor<2x4xi32>) {
  // expected-error @+1 {{softmax_c2: input and result must have one floating point type, not 'i32' and 'i32'}}
  %y = cnn.softmax %x {axis = 1} : (tensor<2x4xi32>) -> tensor<2x4xi32>
  return
}

// -----

func.func @scan_c1(%x: tensor<2x4xf32>) {
  // expected-error @+1 {{scan_c1: axis 2 is outside of the rank 2}}
  %y = cnn.scan %x {axis = 2} : (tensor<2x4xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @scan_c2(%x: tensor<2x4xf32>) {
  // expected-error @+1 {{scan_c2: input and result must have one element type}}
  %y = cnn.scan %x {axis = 1} : (tensor<2x4xf32>) -> tensor<2x4xi32>
  return
}

// -----

func.func @matmul_c4_bytes(%x: tensor<2x4xi8>, %y: tensor<4x3xui8>) {
  // expected-error @+1 {{matmul_c4: operands and result must have one element type, or be ui8 or i8, i8 and i32}}
  %z = cnn.matmul %x, %y : (tensor<2x4xi8>, tensor<4x3xui8>) -> tensor<2x3xi32>
  return
}

// -----

// Unlike a convolution's weight, no operand of f32 meets halves.
func.func @matmul_c4_halves(%x: tensor<2x4xbf16>, %y: tensor<4x3xf32>) {
  // expected-error @+1 {{matmul_c4: operands and result must have one element type, or be ui8 or i8, i8 and i32, or bf16, bf16 and f32}}
  %z = cnn.matmul %x, %y : (tensor<2x4xbf16>, tensor<4x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @matmul_c4_halves_result(%x: tensor<2x4xbf16>, %y: tensor<4x3xbf16>) {
  // expected-error @+1 {{matmul_c4: operands and result must have one element type}}
  %z = cnn.matmul %x, %y : (tensor<2x4xbf16>, tensor<4x3xbf16>) -> tensor<2x3xf16>
  return
}
