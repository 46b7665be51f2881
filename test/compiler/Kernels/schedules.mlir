// RUN: %convoy-opt %s --convoy-kernels-choose-schedules=target=x86-64-linux-avx512_skylake | FileCheck %s

// Weights come in the layout that the chosen template reads, in blocks of its channels.
// CHECK-LABEL: kernel.func @convolution
// CHECK-SAME: tensor<32x32x3x3xf32, #cnn.layout<[0, 2, 3, 1], block = {{[0-9]+}} of 0>>
// CHECK-SAME: schedule = #kernel.schedule<conv_{{.*}} {{{.*}}}>
kernel.func @convolution(%x: tensor<1x32x18x18xf32, #cnn.layout<[0, 2, 3, 1]>>, %w: tensor<32x32x3x3xf32>)
    -> tensor<1x32x16x16xf32, #cnn.layout<[0, 2, 3, 1]>> attributes {anchor = 0 : i64} {
  %y = cnn.convolution %x, %w
      {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
      : (tensor<1x32x18x18xf32, #cnn.layout<[0, 2, 3, 1]>>, tensor<32x32x3x3xf32>)
      -> tensor<1x32x16x16xf32, #cnn.layout<[0, 2, 3, 1]>>
  kernel.return %y : tensor<1x32x16x16xf32, #cnn.layout<[0, 2, 3, 1]>>
}

// What a user has written stays.
// CHECK-LABEL: kernel.func @chosen
// CHECK-SAME: schedule = #kernel.schedule<plain>
kernel.func @chosen(%x: tensor<64xf32>) -> tensor<64xf32> attributes {schedule = #kernel.schedule<plain>} {
  %y = cnn.elementwise "relu"(%x) : (tensor<64xf32>) -> tensor<64xf32>
  kernel.return %y : tensor<64xf32>
}

// CHECK-LABEL: func.func @main
// CHECK: %[[W:.*]] = cnn.weight
// CHECK: %[[PACKED:.*]] = cnn.relayout %[[W]]
// CHECK: kernel.call @convolution(%{{.*}}, %[[PACKED]])
func.func @main(%x: tensor<1x32x18x18xf32, #cnn.layout<[0, 2, 3, 1]>>)
    -> tensor<1x32x16x16xf32, #cnn.layout<[0, 2, 3, 1]>> {
  %w = cnn.weight <"w", 1> : tensor<32x32x3x3xf32>
  %y = kernel.call @convolution(%x, %w) {layers = ["conv"]}
      : (tensor<1x32x18x18xf32, #cnn.layout<[0, 2, 3, 1]>>, tensor<32x32x3x3xf32>)
      -> tensor<1x32x16x16xf32, #cnn.layout<[0, 2, 3, 1]>>
  return %y : tensor<1x32x16x16xf32, #cnn.layout<[0, 2, 3, 1]>>
}
