// RUN: %convoy-opt %s -split-input-file -verify-diagnostics

func.func @quantize_c1(%x: tensor<1x4xf32>, %s: tensor<3xf32>, %z: tensor<ui8>) {
  // expected-error @+1 {{quantize_c1: scale and zero point must broadcast to [1, 4], but one has the shape [3]}}
  %q = cnn.quantize %x, %s, %z : (tensor<1x4xf32>, tensor<3xf32>, tensor<ui8>) -> tensor<1x4xui8>
  return
}

// -----

func.func @quantize_c1_grows(%x: tensor<1x4xf32>, %s: tensor<2x4xf32>, %z: tensor<ui8>) {
  // expected-error @+1 {{quantize_c1: scale and zero point must broadcast to [1, 4], but one has the shape [2, 4]}}
  %q = cnn.quantize %x, %s, %z : (tensor<1x4xf32>, tensor<2x4xf32>, tensor<ui8>) -> tensor<1x4xui8>
  return
}

// -----

func.func @quantize_c2(%x: tensor<1x4xf32>, %s: tensor<f16>, %z: tensor<ui8>) {
  // expected-error @+1 {{quantize_c2: input and scale must have one floating point type}}
  %q = cnn.quantize %x, %s, %z : (tensor<1x4xf32>, tensor<f16>, tensor<ui8>) -> tensor<1x4xui8>
  return
}

// -----

func.func @quantize_c3(%x: tensor<1x4xf32>, %s: tensor<f32>, %z: tensor<i8>) {
  // expected-error @+1 {{quantize_c3: zero point and result must have one type of integers}}
  %q = cnn.quantize %x, %s, %z : (tensor<1x4xf32>, tensor<f32>, tensor<i8>) -> tensor<1x4xui8>
  return
}

// -----

func.func @quantize_c3_wide(%x: tensor<1x4xf32>, %s: tensor<f32>, %z: tensor<i64>) {
  // expected-error @+1 {{quantize_c3: zero point and result must have one type of integers of at most 32 bits}}
  %q = cnn.quantize %x, %s, %z : (tensor<1x4xf32>, tensor<f32>, tensor<i64>) -> tensor<1x4xi64>
  return
}

// -----

func.func @dequantize_c1(%x: tensor<1x4xi8>, %s: tensor<f32>, %z: tensor<1x1x4xi8>) {
  // expected-error @+1 {{dequantize_c1: scale and zero point must broadcast to [1, 4]}}
  %q = cnn.dequantize %x, %s, %z : (tensor<1x4xi8>, tensor<f32>, tensor<1x1x4xi8>) -> tensor<1x4xf32>
  return
}

// -----

func.func @dequantize_c2(%x: tensor<1x4xui8>, %s: tensor<f32>, %z: tensor<i8>) {
  // expected-error @+1 {{dequantize_c2: input and zero point must have one type of integers}}
  %q = cnn.dequantize %x, %s, %z : (tensor<1x4xui8>, tensor<f32>, tensor<i8>) -> tensor<1x4xf32>
  return
}

// -----

func.func @dequantize_c3(%x: tensor<1x4xi8>, %s: tensor<f32>, %z: tensor<i8>) {
  // expected-error @+1 {{dequantize_c3: scale and result must have one floating point type}}
  %q = cnn.dequantize %x, %s, %z : (tensor<1x4xi8>, tensor<f32>, tensor<i8>) -> tensor<1x4xf16>
  return
}

// -----

func.func @requantize_c1(%x: tensor<1x4xi32>, %s: tensor<5xf32>, %z: tensor<i8>) {
  // expected-error @+1 {{requantize_c1: scale and zero point must broadcast to [1, 4]}}
  %q = cnn.requantize %x, %s, %z : (tensor<1x4xi32>, tensor<5xf32>, tensor<i8>) -> tensor<1x4xi8>
  return
}

// -----

func.func @requantize_c2(%x: tensor<1x4xi16>, %s: tensor<f32>, %z: tensor<i8>) {
  // expected-error @+1 {{requantize_c2: the input must be i32 and the scale f32}}
  %q = cnn.requantize %x, %s, %z : (tensor<1x4xi16>, tensor<f32>, tensor<i8>) -> tensor<1x4xi8>
  return
}

// -----

func.func @requantize_c3(%x: tensor<1x4xi32>, %s: tensor<f32>, %z: tensor<i8>) {
  // expected-error @+1 {{requantize_c3: zero point and result must both be ui8 or both be i8}}
  %q = cnn.requantize %x, %s, %z : (tensor<1x4xi32>, tensor<f32>, tensor<i8>) -> tensor<1x4xui8>
  return
}
