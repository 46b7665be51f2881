// RUN: %convoy-opt %s --convoy-kernels-form --convoy-kernels-assign-layouts --convoy-kernels-choose-schedules=target=x86-64-linux-avx-avx2-f16c-fma-sse41-avx512-avx512_skylake | FileCheck %s
// RUN: %convoy-opt %s --convoy-kernels-form --convoy-kernels-assign-layouts "--convoy-kernels-choose-schedules=target=x86-64-linux-avx-avx2-f16c-fma-sse41-avx512-avx512_skylake winograd=2" | FileCheck %s --check-prefix=SMALL
// RUN: %convoy-opt %s --convoy-kernels-form --convoy-kernels-assign-layouts "--convoy-kernels-choose-schedules=target=x86-64-linux-avx-avx2-f16c-fma-sse41-avx512-avx512_skylake winograd=0" | FileCheck %s --check-prefix=OFF

// A 3x3 convolution with many channels multiplies less by Winograd; the user may limit or forbid it, for it rounds more.
// CHECK: kernel.func @convolution_0{{.*}}conv_winograd {outputs = 4
// SMALL: kernel.func @convolution_0
// SMALL-NOT: outputs = 4
// SMALL: func.func @main
// OFF: kernel.func @convolution_0{{.*}}conv_direct
func.func @main(%x: tensor<1x64x56x56xf32>) -> tensor<1x64x28x28xf32> {
  %w = cnn.weight <"w", 1> : tensor<64x64x3x3xf32>
  %c = cnn.convolution %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>} : (tensor<1x64x56x56xf32>, tensor<64x64x3x3xf32>) -> tensor<1x64x56x56xf32>
  %p = cnn.pool max %c {window = array<i64: 2, 2>, strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x64x56x56xf32>) -> tensor<1x64x28x28xf32>
  return %p : tensor<1x64x28x28xf32>
}
