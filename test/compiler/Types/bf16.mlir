// RUN: %convoy compile %s -o %t.mlir --dtype=bf16 --stop-after=network --target=x86-64-linux-avx512_zen4 --quiet
// RUN: FileCheck %s --input-file=%t.mlir

// What layers read is rounded, and what is stored, for all of its readers. What stays in registers between a convolution
// and a sum is not, nor is the result of the network.
// CHECK-DAG: %[[ODD:.+]] = cnn.weight <"odd"
// CHECK-DAG: %[[DEPTHWISE:.+]] = cnn.weight <"depthwise"
// CHECK-DAG: %[[DENSE:.+]] = cnn.weight <"dense"
// An odd number of inputs has no instruction: neither the input nor the weight is rounded, its result is.
// CHECK: %[[FIRST:.+]] = cnn.convolution %arg0, %[[ODD]] {{.*}}-> tensor<1x16x32x32xf32>
// CHECK: %[[RELU:.+]] = cnn.elementwise "relu"(%[[FIRST]])
// CHECK: %[[HALF:.+]] = cnn.cast %[[RELU]] : {{.*}}-> tensor<1x16x32x32xbf16>
// CHECK: %[[ROUNDED:.+]] = cnn.cast %[[HALF]]
// CHECK: %[[NARROW:.+]] = cnn.cast %[[DENSE]] : {{.*}}-> tensor<16x16x3x3xbf16>
// CHECK: %[[WEIGHT:.+]] = cnn.cast %[[NARROW]]
// CHECK: %[[SECOND:.+]] = cnn.convolution %[[ROUNDED]], %[[WEIGHT]]
// CHECK: %[[SUM:.+]] = cnn.elementwise "add"(%[[SECOND]], %[[ROUNDED]])
// A small image that a depthwise layer alone reads stays as it is, and so does that layer.
// CHECK: %[[THIRD:.+]] = cnn.convolution %[[SUM]], %[[DEPTHWISE]]
// CHECK-NOT: bf16
// CHECK: return %[[THIRD]]
func.func @main(%x: tensor<1x3x32x32xf32> {cnn.name = "x"}) -> (tensor<1x16x32x32xf32> {cnn.name = "y"}) {
  %odd = cnn.weight <"odd", 1> : tensor<16x3x3x3xf32>
  %dense = cnn.weight <"dense", 2> : tensor<16x16x3x3xf32>
  %depthwise = cnn.weight <"depthwise", 3> : tensor<16x1x3x3xf32>
  %first = cnn.convolution %x, %odd {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>}
      : (tensor<1x3x32x32xf32>, tensor<16x3x3x3xf32>) -> tensor<1x16x32x32xf32>
  %relu = cnn.elementwise "relu"(%first) : (tensor<1x16x32x32xf32>) -> tensor<1x16x32x32xf32>
  %second = cnn.convolution %relu, %dense {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>}
      : (tensor<1x16x32x32xf32>, tensor<16x16x3x3xf32>) -> tensor<1x16x32x32xf32>
  %sum = cnn.elementwise "add"(%second, %relu) : (tensor<1x16x32x32xf32>, tensor<1x16x32x32xf32>) -> tensor<1x16x32x32xf32>
  %third = cnn.convolution %sum, %depthwise {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, groups = 16 : i64}
      : (tensor<1x16x32x32xf32>, tensor<16x1x3x3xf32>) -> tensor<1x16x32x32xf32>
  return %third : tensor<1x16x32x32xf32>
}
