// RUN: %convoy-opt %s --convoy-kernels-choose-schedules=target=x86-64-linux-avx512_skylake | FileCheck %s

// Weights that a run computes are written as the convolution reads them, and what they are made of is laid out alike.
// CHECK-LABEL: kernel.func @gate
// CHECK-SAME: %{{.*}}: tensor<8x32x1x1xf32, #cnn.layout<[2, 3, 1, 0], before = [0, 0, 0, 0], after = [8, 0, 0, 0]>>, %{{.*}}: tensor<1x32x1x1xf32>
// CHECK-SAME: -> tensor<8x32x1x1xf32, #cnn.layout<[2, 3, 1, 0], before = [0, 0, 0, 0], after = [8, 0, 0, 0]>>
kernel.func @gate(%w: tensor<8x32x1x1xf32>, %s: tensor<1x32x1x1xf32>) -> tensor<8x32x1x1xf32> {
  %y = cnn.elementwise "mul"(%w, %s) : (tensor<8x32x1x1xf32>, tensor<1x32x1x1xf32>) -> tensor<8x32x1x1xf32>
  kernel.return %y : tensor<8x32x1x1xf32>
}

// CHECK-LABEL: kernel.func @convolution
// CHECK-SAME: tensor<8x32x1x1xf32, #cnn.layout<[2, 3, 1, 0], before = [0, 0, 0, 0], after = [8, 0, 0, 0]>>
kernel.func @convolution(%x: tensor<1x32x16x16xf32, #cnn.layout<[0, 2, 3, 1]>>, %w: tensor<8x32x1x1xf32>)
    -> tensor<1x8x16x16xf32, #cnn.layout<[0, 2, 3, 1]>> attributes {anchor = 0 : i64} {
  %y = cnn.convolution %x, %w
      {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
      : (tensor<1x32x16x16xf32, #cnn.layout<[0, 2, 3, 1]>>, tensor<8x32x1x1xf32>)
      -> tensor<1x8x16x16xf32, #cnn.layout<[0, 2, 3, 1]>>
  kernel.return %y : tensor<1x8x16x16xf32, #cnn.layout<[0, 2, 3, 1]>>
}

// What two kernels read stays as it is.
// CHECK-LABEL: kernel.func @shared_gate
// CHECK-SAME: -> tensor<8x32x1x1xf32> attributes
kernel.func @shared_gate(%w: tensor<8x32x1x1xf32>, %s: tensor<1x32x1x1xf32>) -> tensor<8x32x1x1xf32> {
  %y = cnn.elementwise "add"(%w, %s) : (tensor<8x32x1x1xf32>, tensor<1x32x1x1xf32>) -> tensor<8x32x1x1xf32>
  kernel.return %y : tensor<8x32x1x1xf32>
}

// CHECK-LABEL: kernel.func @other_convolution
// CHECK-SAME: %{{.*}}: tensor<8x32x1x1xf32>)
kernel.func @other_convolution(%x: tensor<1x32x12x12xf32, #cnn.layout<[0, 2, 3, 1]>>, %w: tensor<8x32x1x1xf32>)
    -> tensor<1x8x12x12xf32, #cnn.layout<[0, 2, 3, 1]>> attributes {anchor = 0 : i64} {
  %y = cnn.convolution %x, %w
      {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
      : (tensor<1x32x12x12xf32, #cnn.layout<[0, 2, 3, 1]>>, tensor<8x32x1x1xf32>)
      -> tensor<1x8x12x12xf32, #cnn.layout<[0, 2, 3, 1]>>
  kernel.return %y : tensor<1x8x12x12xf32, #cnn.layout<[0, 2, 3, 1]>>
}

func.func @main(%x: tensor<1x32x16x16xf32, #cnn.layout<[0, 2, 3, 1]>>, %z: tensor<1x32x12x12xf32, #cnn.layout<[0, 2, 3, 1]>>, %s: tensor<1x32x1x1xf32>)
    -> (tensor<1x8x16x16xf32, #cnn.layout<[0, 2, 3, 1]>>, tensor<1x8x12x12xf32, #cnn.layout<[0, 2, 3, 1]>>, tensor<8x32x1x1xf32>) {
  %w = cnn.weight <"w", 1> : tensor<8x32x1x1xf32>
  %g = kernel.call @gate(%w, %s) {layers = ["gate"]} : (tensor<8x32x1x1xf32>, tensor<1x32x1x1xf32>) -> tensor<8x32x1x1xf32>
  %y = kernel.call @convolution(%x, %g) {layers = ["conv"]} : (tensor<1x32x16x16xf32, #cnn.layout<[0, 2, 3, 1]>>, tensor<8x32x1x1xf32>) -> tensor<1x8x16x16xf32, #cnn.layout<[0, 2, 3, 1]>>
  %h = kernel.call @shared_gate(%w, %s) {layers = ["gate"]} : (tensor<8x32x1x1xf32>, tensor<1x32x1x1xf32>) -> tensor<8x32x1x1xf32>
  %v = kernel.call @other_convolution(%z, %h) {layers = ["conv"]} : (tensor<1x32x12x12xf32, #cnn.layout<[0, 2, 3, 1]>>, tensor<8x32x1x1xf32>) -> tensor<1x8x12x12xf32, #cnn.layout<[0, 2, 3, 1]>>
  return %y, %v, %h : tensor<1x8x16x16xf32, #cnn.layout<[0, 2, 3, 1]>>, tensor<1x8x12x12xf32, #cnn.layout<[0, 2, 3, 1]>>, tensor<8x32x1x1xf32>
}
