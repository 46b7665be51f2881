// RUN: %convoy-opt %s -convoy-kernels-fuse-quantised | FileCheck %s

// Scale, zero point and bias of a convolution become those of integers; the bias has the scale of the sums.
// CHECK-LABEL: func @convolution
// CHECK-SAME: (%[[X:[^:]*]]: tensor<1x4x8x8xui8>
// CHECK-DAG: %[[W:.*]] = cnn.weight <"w"
// CHECK-DAG: %[[B:.*]] = cnn.weight <"b"
// CHECK: cnn.reduce sum {{.*}} {axes = array<i64: 1, 2, 3>, keep_dims = false} : (tensor<6x4x3x3xi32>) -> tensor<6xi32>
// CHECK: %[[BIAS:.*]] = cnn.elementwise "sub"(%[[B]],
// CHECK: %[[SUM:.*]] = cnn.convolution %[[X]], %[[W]], %[[BIAS]] {{.*}}pad_value = 7{{.*}} -> tensor<1x6x8x8xi32>
// CHECK: %[[Q:.*]] = cnn.requantize %[[SUM]], {{.*}} : (tensor<1x6x8x8xi32>, tensor<6x1x1xf32>, tensor<ui8>) -> tensor<1x6x8x8xui8>
// CHECK: return %[[Q]]
func.func @convolution(%x: tensor<1x4x8x8xui8>) -> tensor<1x6x8x8xui8> {
  %w = cnn.weight <"w", 0x1> : tensor<6x4x3x3xi8>
  %b = cnn.weight <"b", 0x2> : tensor<6xi32>
  %sx = cnn.constant dense<0.5> : tensor<f32>
  %sw = cnn.constant dense<[[[[0.1]]], [[[0.2]]], [[[0.3]]], [[[0.4]]], [[[0.5]]], [[[0.6]]]]> : tensor<6x1x1x1xf32>
  %sb = cnn.constant dense<[0.05, 0.1, 0.15, 0.2, 0.25, 0.3]> : tensor<6xf32>
  %sy = cnn.constant dense<0.25> : tensor<f32>
  %zx = cnn.constant dense<7> : tensor<ui8>
  %zw = cnn.constant dense<0> : tensor<i8>
  %zb = cnn.constant dense<0> : tensor<i32>
  %fx = cnn.dequantize %x, %sx, %zx : (tensor<1x4x8x8xui8>, tensor<f32>, tensor<ui8>) -> tensor<1x4x8x8xf32>
  %fw = cnn.dequantize %w, %sw, %zw : (tensor<6x4x3x3xi8>, tensor<6x1x1x1xf32>, tensor<i8>) -> tensor<6x4x3x3xf32>
  %fb = cnn.dequantize %b, %sb, %zb : (tensor<6xi32>, tensor<6xf32>, tensor<i32>) -> tensor<6xf32>
  %y = cnn.convolution %fx, %fw, %fb {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>}
      : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>, tensor<6xf32>) -> tensor<1x6x8x8xf32>
  %q = cnn.quantize %y, %sy, %zx : (tensor<1x6x8x8xf32>, tensor<f32>, tensor<ui8>) -> tensor<1x6x8x8xui8>
  return %q : tensor<1x6x8x8xui8>
}

// A float bias and relu behind a product with a transposed weight; the zero point -128 is what relu cuts at.
// CHECK-LABEL: func @linear
// CHECK: %[[SUM:.*]] = cnn.matmul {{.*}} {transpose_rhs = true} : (tensor<2x5xi8>, tensor<3x5xi8>) -> tensor<2x3xi32>
// CHECK: %[[B:.*]] = cnn.quantize {{.*}} : (tensor<3xf32>, tensor<3xf32>, tensor<i32>) -> tensor<3xi32>
// CHECK: cnn.elementwise "add"(%[[SUM]], {{.*}}) : (tensor<2x3xi32>, tensor<3xi32>) -> tensor<2x3xi32>
// CHECK: %[[Q:.*]] = cnn.requantize
// CHECK-NEXT: return %[[Q]]
func.func @linear(%x: tensor<2x5xi8>) -> tensor<2x3xi8> {
  %w = cnn.weight <"w", 0x1> : tensor<3x5xi8>
  %b = cnn.weight <"b", 0x2> : tensor<3xf32>
  %s = cnn.constant dense<0.5> : tensor<f32>
  %zx = cnn.constant dense<-128> : tensor<i8>
  %zw = cnn.constant dense<0> : tensor<i8>
  %fx = cnn.dequantize %x, %s, %zx : (tensor<2x5xi8>, tensor<f32>, tensor<i8>) -> tensor<2x5xf32>
  %fw = cnn.dequantize %w, %s, %zw : (tensor<3x5xi8>, tensor<f32>, tensor<i8>) -> tensor<3x5xf32>
  %y = cnn.matmul %fx, %fw {transpose_rhs = true} : (tensor<2x5xf32>, tensor<3x5xf32>) -> tensor<2x3xf32>
  %a = cnn.elementwise "add"(%y, %b) : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  %r = cnn.elementwise "relu"(%a) : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %q = cnn.quantize %r, %s, %zx : (tensor<2x3xf32>, tensor<f32>, tensor<i8>) -> tensor<2x3xi8>
  return %q : tensor<2x3xi8>
}

// Centred integers, the weight unsigned with the middle as its zero point.
// CHECK-LABEL: func @centred
// CHECK: cnn.convolution {{.*}} : (tensor<1x4x8x8xui8>, tensor<6x4x1x1xi8>, tensor<6xi32>) -> tensor<1x6x8x8xi32>
func.func @centred(%x: tensor<1x4x8x8xui8>) -> tensor<1x6x8x8xi32> {
  %w = cnn.weight <"w", 0x1> : tensor<6x4x1x1xui8>
  %zx = cnn.constant dense<7> : tensor<i32>
  %zw = cnn.constant dense<128> : tensor<i32>
  %ix = cnn.cast %x : (tensor<1x4x8x8xui8>) -> tensor<1x4x8x8xi32>
  %cx = cnn.elementwise "sub"(%ix, %zx) : (tensor<1x4x8x8xi32>, tensor<i32>) -> tensor<1x4x8x8xi32>
  %iw = cnn.cast %w : (tensor<6x4x1x1xui8>) -> tensor<6x4x1x1xi32>
  %cw = cnn.elementwise "sub"(%iw, %zw) : (tensor<6x4x1x1xi32>, tensor<i32>) -> tensor<6x4x1x1xi32>
  %y = cnn.convolution %cx, %cw {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
      : (tensor<1x4x8x8xi32>, tensor<6x4x1x1xi32>) -> tensor<1x6x8x8xi32>
  return %y : tensor<1x6x8x8xi32>
}

// Padding can't hold a zero point that is known only when the network runs.
// CHECK-LABEL: func @unknown_zero_point
// CHECK: cnn.convolution {{.*}} -> tensor<1x6x8x8xf32>
func.func @unknown_zero_point(%x: tensor<1x4x8x8xui8>, %zx: tensor<ui8>) -> tensor<1x6x8x8xf32> {
  %w = cnn.weight <"w", 0x1> : tensor<6x4x3x3xi8>
  %s = cnn.constant dense<0.5> : tensor<f32>
  %zw = cnn.constant dense<0> : tensor<i8>
  %fx = cnn.dequantize %x, %s, %zx : (tensor<1x4x8x8xui8>, tensor<f32>, tensor<ui8>) -> tensor<1x4x8x8xf32>
  %fw = cnn.dequantize %w, %s, %zw : (tensor<6x4x3x3xi8>, tensor<f32>, tensor<i8>) -> tensor<6x4x3x3xf32>
  %y = cnn.convolution %fx, %fw {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>}
      : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x8x8xf32>
  return %y : tensor<1x6x8x8xf32>
}

// CHECK-LABEL: func @weight_with_zero_point
// CHECK: cnn.matmul {{.*}} -> tensor<2x3xf32>
func.func @weight_with_zero_point(%x: tensor<2x5xi8>) -> tensor<2x3xf32> {
  %w = cnn.weight <"w", 0x1> : tensor<5x3xi8>
  %s = cnn.constant dense<0.5> : tensor<f32>
  %z = cnn.constant dense<1> : tensor<i8>
  %fx = cnn.dequantize %x, %s, %z : (tensor<2x5xi8>, tensor<f32>, tensor<i8>) -> tensor<2x5xf32>
  %fw = cnn.dequantize %w, %s, %z : (tensor<5x3xi8>, tensor<f32>, tensor<i8>) -> tensor<5x3xf32>
  %y = cnn.matmul %fx, %fw : (tensor<2x5xf32>, tensor<5x3xf32>) -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// One number for all channels as the bias.
// CHECK-LABEL: func @scalar_bias
// CHECK: %[[B:.*]] = cnn.expand {{.*}} -> tensor<3x1x1xf32>
// CHECK: cnn.quantize %[[B]], {{.*}} -> tensor<3x1x1xi32>
// CHECK: cnn.convolution {{.*}} : (tensor<1x2x4x4xi8>, tensor<3x2x1x1xi8>, tensor<3xi32>) -> tensor<1x3x4x4xi32>
// CHECK: cnn.requantize
func.func @scalar_bias(%x: tensor<1x2x4x4xi8>) -> tensor<1x3x4x4xi8> {
  %w = cnn.weight <"w", 0x1> : tensor<3x2x1x1xi8>
  %b = cnn.constant dense<0.75> : tensor<f32>
  %s = cnn.constant dense<0.5> : tensor<f32>
  %z = cnn.constant dense<0> : tensor<i8>
  %fx = cnn.dequantize %x, %s, %z : (tensor<1x2x4x4xi8>, tensor<f32>, tensor<i8>) -> tensor<1x2x4x4xf32>
  %fw = cnn.dequantize %w, %s, %z : (tensor<3x2x1x1xi8>, tensor<f32>, tensor<i8>) -> tensor<3x2x1x1xf32>
  %y = cnn.convolution %fx, %fw {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
      : (tensor<1x2x4x4xf32>, tensor<3x2x1x1xf32>) -> tensor<1x3x4x4xf32>
  %a = cnn.elementwise "add"(%y, %b) : (tensor<1x3x4x4xf32>, tensor<f32>) -> tensor<1x3x4x4xf32>
  %q = cnn.quantize %a, %s, %z : (tensor<1x3x4x4xf32>, tensor<f32>, tensor<i8>) -> tensor<1x3x4x4xi8>
  return %q : tensor<1x3x4x4xi8>
}

// Output channels are the second dimension of a transposed convolution's weights.
// CHECK-LABEL: func @transposed
// CHECK-NOT: cnn.reduce
// CHECK: %[[SUM:.*]] = cnn.convolution %{{.*}} {{.*}}transposed = true} : (tensor<1x4x8x8xui8>, tensor<4x6x4x4xi8>) -> tensor<1x6x16x16xi32>
// CHECK: cnn.requantize %[[SUM]], {{.*}} : (tensor<1x6x16x16xi32>, tensor<6x1x1xf32>, tensor<ui8>) -> tensor<1x6x16x16xui8>
func.func @transposed(%x: tensor<1x4x8x8xui8>) -> tensor<1x6x16x16xui8> {
  %w = cnn.weight <"w", 0x1> : tensor<4x6x4x4xi8>
  %sx = cnn.constant dense<0.5> : tensor<f32>
  %sw = cnn.constant dense<[[[0.1]], [[0.2]], [[0.3]], [[0.4]], [[0.5]], [[0.6]]]> : tensor<6x1x1xf32>
  %zx = cnn.constant dense<0> : tensor<ui8>
  %zw = cnn.constant dense<0> : tensor<i8>
  %fx = cnn.dequantize %x, %sx, %zx : (tensor<1x4x8x8xui8>, tensor<f32>, tensor<ui8>) -> tensor<1x4x8x8xf32>
  %fw = cnn.dequantize %w, %sw, %zw : (tensor<4x6x4x4xi8>, tensor<6x1x1xf32>, tensor<i8>) -> tensor<4x6x4x4xf32>
  %y = cnn.convolution %fx, %fw {strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, groups = 1, transposed = true}
      : (tensor<1x4x8x8xf32>, tensor<4x6x4x4xf32>) -> tensor<1x6x16x16xf32>
  %q = cnn.quantize %y, %sx, %zx : (tensor<1x6x16x16xf32>, tensor<f32>, tensor<ui8>) -> tensor<1x6x16x16xui8>
  return %q : tensor<1x6x16x16xui8>
}

// Neighbouring results sum different taps of the window: a zero point adds no one number per channel.
// CHECK-LABEL: func @transposed_with_zero_point
// CHECK: cnn.convolution {{.*}} : (tensor<1x4x8x8xf32>, tensor<4x6x4x4xf32>) -> tensor<1x6x16x16xf32>
func.func @transposed_with_zero_point(%x: tensor<1x4x8x8xui8>) -> tensor<1x6x16x16xui8> {
  %w = cnn.weight <"w", 0x1> : tensor<4x6x4x4xi8>
  %sx = cnn.constant dense<0.5> : tensor<f32>
  %sw = cnn.constant dense<[[[0.1]], [[0.2]], [[0.3]], [[0.4]], [[0.5]], [[0.6]]]> : tensor<6x1x1xf32>
  %zx = cnn.constant dense<3> : tensor<ui8>
  %zw = cnn.constant dense<0> : tensor<i8>
  %fx = cnn.dequantize %x, %sx, %zx : (tensor<1x4x8x8xui8>, tensor<f32>, tensor<ui8>) -> tensor<1x4x8x8xf32>
  %fw = cnn.dequantize %w, %sw, %zw : (tensor<4x6x4x4xi8>, tensor<6x1x1xf32>, tensor<i8>) -> tensor<4x6x4x4xf32>
  %y = cnn.convolution %fx, %fw {strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, groups = 1, transposed = true}
      : (tensor<1x4x8x8xf32>, tensor<4x6x4x4xf32>) -> tensor<1x6x16x16xf32>
  %q = cnn.quantize %y, %sx, %zx : (tensor<1x6x16x16xf32>, tensor<f32>, tensor<ui8>) -> tensor<1x6x16x16xui8>
  return %q : tensor<1x6x16x16xui8>
}

// Nor is there one scale per output channel where groups share those of the weights.
// CHECK-LABEL: func @transposed_groups
// CHECK: cnn.convolution {{.*}} : (tensor<1x4x8x8xf32>, tensor<4x3x4x4xf32>) -> tensor<1x6x16x16xf32>
func.func @transposed_groups(%x: tensor<1x4x8x8xui8>) -> tensor<1x6x16x16xui8> {
  %w = cnn.weight <"w", 0x1> : tensor<4x3x4x4xi8>
  %sx = cnn.constant dense<0.5> : tensor<f32>
  %sw = cnn.constant dense<[[[0.1]], [[0.2]], [[0.3]]]> : tensor<3x1x1xf32>
  %zx = cnn.constant dense<0> : tensor<ui8>
  %zw = cnn.constant dense<0> : tensor<i8>
  %fx = cnn.dequantize %x, %sx, %zx : (tensor<1x4x8x8xui8>, tensor<f32>, tensor<ui8>) -> tensor<1x4x8x8xf32>
  %fw = cnn.dequantize %w, %sw, %zw : (tensor<4x3x4x4xi8>, tensor<3x1x1xf32>, tensor<i8>) -> tensor<4x3x4x4xf32>
  %y = cnn.convolution %fx, %fw {strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, groups = 2, transposed = true}
      : (tensor<1x4x8x8xf32>, tensor<4x3x4x4xf32>) -> tensor<1x6x16x16xf32>
  %q = cnn.quantize %y, %sx, %zx : (tensor<1x6x16x16xf32>, tensor<f32>, tensor<ui8>) -> tensor<1x6x16x16xui8>
  return %q : tensor<1x6x16x16xui8>
}
