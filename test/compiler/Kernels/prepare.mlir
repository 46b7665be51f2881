// RUN: %convoy-opt %s --convoy-kernels-form --convoy-kernels-hoist-prepare | FileCheck %s

// What depends on weights alone is computed once; index arithmetic is not touched.
// CHECK-LABEL: func.func @main
// CHECK: %[[P:.*]] = kernel.prepare {
// CHECK: %[[W:.*]] = cnn.weight <"w"
// CHECK: %[[F:.*]] = cnn.elementwise "mul"(%[[W]],
// CHECK: kernel.return %[[F]]
// CHECK: %[[S:.*]] = cnn.constant dense<[2, 8]>
// CHECK: cnn.reshape %arg0, %[[S]]
// CHECK: kernel.call @matmul_0(%{{.*}}, %[[P]])
func.func @main(%x: tensor<16xf32>) -> tensor<2x4xf32> {
  %shape = cnn.constant dense<[2, 8]> : tensor<2xi64>
  %w = cnn.weight <"w", 1> : tensor<8x4xf32>
  %s = cnn.weight <"s", 2> : tensor<4xf32>
  %f = cnn.elementwise "mul"(%w, %s) : (tensor<8x4xf32>, tensor<4xf32>) -> tensor<8x4xf32>
  %r = cnn.reshape %x, %shape : (tensor<16xf32>, tensor<2xi64>) -> tensor<2x8xf32>
  %m = cnn.matmul %r, %f : (tensor<2x8xf32>, tensor<8x4xf32>) -> tensor<2x4xf32>
  return %m : tensor<2x4xf32>
}
