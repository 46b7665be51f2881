// RUN: %convoy-opt %s -split-input-file -verify-diagnostics

func.func @convolution_c1(%x: tensor<1x4x8x8xf32>, %w: tensor<6x2x3xf32>) {
  // expected-error @+1 {{convolution_c1: the input has rank 4 and the weight rank 3}}
  %y = cnn.convolution %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, groups = 2}
      : (tensor<1x4x8x8xf32>, tensor<6x2x3xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

func.func @convolution_c2(%x: tensor<1x4x8x8xf32>, %w: tensor<6x2x3x3xf32>) {
  // expected-error @+1 {{convolution_c2: has 1 strides for 2 spatial dimensions}}
  %y = cnn.convolution %x, %w {strides = array<i64: 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, groups = 2}
      : (tensor<1x4x8x8xf32>, tensor<6x2x3x3xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

func.func @convolution_c2_zero(%x: tensor<1x4x8x8xf32>, %w: tensor<6x2x3x3xf32>) {
  // expected-error @+1 {{convolution_c2: dilations must be positive and below 2^31, but one is 0}}
  %y = cnn.convolution %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 0>, pads = array<i64: 0, 0, 0, 0>, groups = 2}
      : (tensor<1x4x8x8xf32>, tensor<6x2x3x3xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

func.func @convolution_c3(%x: tensor<1x4x8x8xf32>, %w: tensor<6x2x3x3xf32>) {
  // expected-error @+1 {{convolution_c3: has 2 pads}}
  %y = cnn.convolution %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0>, groups = 2}
      : (tensor<1x4x8x8xf32>, tensor<6x2x3x3xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

func.func @convolution_c3_negative(%x: tensor<1x4x8x8xf32>, %w: tensor<6x2x3x3xf32>) {
  // expected-error @+1 {{convolution_c3: pads must not be negative, nor 2^31 or more, but one is -1; cnn.pad or cnn.slice crops}}
  %y = cnn.convolution %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, -1, 0, 0>, groups = 2}
      : (tensor<1x4x8x8xf32>, tensor<6x2x3x3xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

func.func @convolution_c4(%x: tensor<1x4x8x8xf32>, %w: tensor<6x4x3x3xf32>) {
  // expected-error @+1 {{convolution_c4: the input has [4] channels, but the weight [6, 4, 3, 3] with 2 groups wants [8]}}
  %y = cnn.convolution %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, groups = 2}
      : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

func.func @convolution_c5(%x: tensor<1x4x8x8xf32>, %w: tensor<5x2x3x3xf32>) {
  // expected-error @+1 {{convolution_c5: 2 groups do not divide 5 channels}}
  %y = cnn.convolution %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, groups = 2}
      : (tensor<1x4x8x8xf32>, tensor<5x2x3x3xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

func.func @convolution_c6(%x: tensor<1x4x8x8xf32>, %w: tensor<6x2x3x3xf32>, %b: tensor<4xf32>) {
  // expected-error @+1 {{convolution_c6: the bias [4] must have one element for each of [6] output channels}}
  %y = cnn.convolution %x, %w, %b {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, groups = 2}
      : (tensor<1x4x8x8xf32>, tensor<6x2x3x3xf32>, tensor<4xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

func.func @convolution_c7(%x: tensor<1x4x8x8xf32>, %w: tensor<6x2x3x3xf32>) {
  // expected-error @+1 {{convolution_c7: the dilated window of extent [9] does not fit into spatial dimension 0 of extent [8] with 0 elements}}
  %y = cnn.convolution %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 4, 1>, pads = array<i64: 0, 0, 0, 0>, groups = 2}
      : (tensor<1x4x8x8xf32>, tensor<6x2x3x3xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

func.func @convolution_c8(%x: tensor<1x4x8x8xf32>, %w: tensor<6x2x3x3xf32>) {
  // expected-error @+1 {{convolution_c8: output_padding belongs to a transposed convolution}}
  %y = cnn.convolution %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, groups = 2, output_padding = array<i64: 1, 1>}
      : (tensor<1x4x8x8xf32>, tensor<6x2x3x3xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

func.func @convolution_c9(%x: tensor<1x4x8x8xf32>, %w: tensor<6x2x3x3xf16>) {
  // expected-error @+1 {{convolution_c9: input, weight, bias and result must have one element type}}
  %y = cnn.convolution %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, groups = 2}
      : (tensor<1x4x8x8xf32>, tensor<6x2x3x3xf16>) -> tensor<1x6x6x6xf32>
  return
}

// -----

func.func @result(%x: tensor<1x4x8x8xf32>, %w: tensor<6x2x3x3xf32>) {
  // expected-error @+1 {{shape_c1: result 0 is 'tensor<1x6x7x6xf32>', but the shape that follows from the operands is [1, 6, 6, 6]}}
  %y = cnn.convolution %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, groups = 2}
      : (tensor<1x4x8x8xf32>, tensor<6x2x3x3xf32>) -> tensor<1x6x7x6xf32>
  return
}

// -----

func.func @convolution_c9_weight_of_bytes(%x: tensor<1x4x8x8xui8>, %w: tensor<6x4x3x3xui8>) {
  // expected-error @+1 {{convolution_c9: input, weight, bias and result must have one element type, or be ui8 or i8, i8, i32 and i32}}
  %y = cnn.convolution %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
      : (tensor<1x4x8x8xui8>, tensor<6x4x3x3xui8>) -> tensor<1x6x6x6xi32>
  return
}

// -----

func.func @convolution_c9_bias(%x: tensor<1x4x8x8xui8>, %w: tensor<6x4x3x3xi8>, %b: tensor<6xf32>) {
  // expected-error @+1 {{convolution_c9: input, weight, bias and result must have one element type}}
  %y = cnn.convolution %x, %w, %b {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
      : (tensor<1x4x8x8xui8>, tensor<6x4x3x3xi8>, tensor<6xf32>) -> tensor<1x6x6x6xi32>
  return
}

// -----

func.func @convolution_c10(%x: tensor<1x4x8x8xi8>, %w: tensor<6x4x3x3xi8>) {
  // expected-error @+1 {{convolution_c10: pad_value 200 needs an 8-bit input that has this number}}
  %y = cnn.convolution %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>,
      pad_value = 200} : (tensor<1x4x8x8xi8>, tensor<6x4x3x3xi8>) -> tensor<1x6x8x8xi32>
  return
}

// -----

func.func @convolution_c10_float(%x: tensor<1x4x8x8xf32>, %w: tensor<6x4x3x3xf32>) {
  // expected-error @+1 {{convolution_c10: pad_value 1 needs an 8-bit input}}
  %y = cnn.convolution %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>,
      pad_value = 1} : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x8x8xf32>
  return
}

// -----

// What a transposed convolution multiplies is its input alone: no tap lies in the padding.
func.func @convolution_c10_transposed(%x: tensor<1x4x8x8xui8>, %w: tensor<4x6x3x3xi8>) {
  // expected-error @+1 {{convolution_c10: pad_value 7 needs an 8-bit input that has this number, and no transposed convolution}}
  %y = cnn.convolution %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>,
      transposed = true, pad_value = 7} : (tensor<1x4x8x8xui8>, tensor<4x6x3x3xi8>) -> tensor<1x6x8x8xi32>
  return
}

// -----

func.func @convolution_c10_negative(%x: tensor<1x4x8x8xui8>, %w: tensor<6x4x3x3xi8>) {
  // expected-error @+1 {{convolution_c10: pad_value -1 needs an 8-bit input that has this number}}
  %y = cnn.convolution %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>,
      pad_value = -1} : (tensor<1x4x8x8xui8>, tensor<6x4x3x3xi8>) -> tensor<1x6x8x8xi32>
  return
}

// -----

func.func @convolution_c9_halves_bias(%x: tensor<1x4x8x8xbf16>, %w: tensor<6x4x3x3xbf16>, %b: tensor<6xbf16>) {
  // expected-error @+1 {{convolution_c9: input, weight, bias and result must have one element type, or be ui8 or i8, i8, i32 and i32, or bf16, bf16 or f32, f32 and f32}}
  %y = cnn.convolution %x, %w, %b {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
      : (tensor<1x4x8x8xbf16>, tensor<6x4x3x3xbf16>, tensor<6xbf16>) -> tensor<1x6x6x6xf32>
  return
}

// -----

func.func @convolution_c9_halves_weight(%x: tensor<1x4x8x8xf32>, %w: tensor<6x4x3x3xbf16>) {
  // expected-error @+1 {{convolution_c9: input, weight, bias and result must have one element type}}
  %y = cnn.convolution %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
      : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xbf16>) -> tensor<1x6x6x6xf32>
  return
}

// -----

func.func @convolution_c9_halves_result(%x: tensor<1x4x8x8xbf16>, %w: tensor<6x4x3x3xf32>) {
  // expected-error @+1 {{convolution_c9: input, weight, bias and result must have one element type}}
  %y = cnn.convolution %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
      : (tensor<1x4x8x8xbf16>, tensor<6x4x3x3xf32>) -> tensor<1x6x6x6xbf16>
  return
}
