// RUN: %convoy-opt %s -convoy-network-fold-affine -cse | FileCheck %s

// Batch normalisation as importers write it: x * factor + offset.
// CHECK-LABEL: func @batch_norm
// CHECK-SAME: %[[X:[^:]*]]: tensor<1x2x8x8xf32>
// CHECK-DAG: %[[W:.*]] = cnn.weight <"w", 0x{{0*}}1>
// CHECK-DAG: %[[S:.*]] = cnn.weight <"s"
// CHECK-DAG: %[[T:.*]] = cnn.weight <"t"
// CHECK: %[[FACTOR:.*]] = cnn.reshape %{{.*}}, %{{.*}} -> tensor<4x1x1x1xf32>
// CHECK: %[[SCALED:.*]] = cnn.elementwise "mul"(%[[W]], %[[FACTOR]])
// CHECK: %[[BIAS:.*]] = cnn.reshape %[[T]], %{{.*}} -> tensor<4xf32>
// CHECK: %[[Y:.*]] = cnn.convolution %[[X]], %[[SCALED]], %[[BIAS]] {{.*}}pads = array<i64: 1, 1, 1, 1>
// CHECK-NEXT: return %[[Y]]
func.func @batch_norm(%x: tensor<1x2x8x8xf32>) -> tensor<1x4x8x8xf32> {
  %w = cnn.weight <"w", 1> : tensor<4x2x3x3xf32>
  %s = cnn.weight <"s", 2> : tensor<4x1x1xf32>
  %t = cnn.weight <"t", 3> : tensor<1x4x1x1xf32>
  %y = cnn.convolution %x, %w
      {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>}
      : (tensor<1x2x8x8xf32>, tensor<4x2x3x3xf32>) -> tensor<1x4x8x8xf32>
  %m = cnn.elementwise "mul"(%y, %s) : (tensor<1x4x8x8xf32>, tensor<4x1x1xf32>) -> tensor<1x4x8x8xf32>
  %a = cnn.elementwise "add"(%m, %t) : (tensor<1x4x8x8xf32>, tensor<1x4x1x1xf32>) -> tensor<1x4x8x8xf32>
  return %a : tensor<1x4x8x8xf32>
}

// The bias goes through the division too.
// CHECK-LABEL: func @division_with_bias
// CHECK: %[[WEIGHT:.*]] = cnn.elementwise "div"(%{{.*}}) : (tensor<4x2x3xf32>, tensor<4x1x1xf32>)
// CHECK: %[[BIAS:.*]] = cnn.elementwise "div"(%{{.*}}) : (tensor<4xf32>, tensor<4xf32>)
// CHECK: cnn.convolution %{{.*}}, %[[WEIGHT]], %[[BIAS]]
// CHECK-NEXT: return
func.func @division_with_bias(%x: tensor<?x2x8xf32>) -> tensor<?x4x6xf32> {
  %w = cnn.weight <"w", 1> : tensor<4x2x3xf32>
  %b = cnn.weight <"b", 2> : tensor<4xf32>
  %s = cnn.constant dense<2.0> : tensor<f32>
  %y = cnn.convolution %x, %w, %b {strides = array<i64: 1>, dilations = array<i64: 1>, pads = array<i64: 0, 0>}
      : (tensor<?x2x8xf32>, tensor<4x2x3xf32>, tensor<4xf32>) -> tensor<?x4x6xf32>
  %m = cnn.elementwise "div"(%y, %s) : (tensor<?x4x6xf32>, tensor<f32>) -> tensor<?x4x6xf32>
  return %m : tensor<?x4x6xf32>
}

// CHECK-LABEL: func @read_twice_stays
// CHECK: cnn.convolution
// CHECK-NEXT: cnn.elementwise "mul"
func.func @read_twice_stays(%x: tensor<1x2x8xf32>) -> (tensor<1x4x6xf32>, tensor<1x4x6xf32>) {
  %w = cnn.weight <"w", 1> : tensor<4x2x3xf32>
  %s = cnn.weight <"s", 2> : tensor<4x1xf32>
  %y = cnn.convolution %x, %w {strides = array<i64: 1>, dilations = array<i64: 1>, pads = array<i64: 0, 0>}
      : (tensor<1x2x8xf32>, tensor<4x2x3xf32>) -> tensor<1x4x6xf32>
  %m = cnn.elementwise "mul"(%y, %s) : (tensor<1x4x6xf32>, tensor<4x1xf32>) -> tensor<1x4x6xf32>
  return %y, %m : tensor<1x4x6xf32>, tensor<1x4x6xf32>
}

// CHECK-LABEL: func @factor_along_width_stays
// CHECK: cnn.convolution
// CHECK-NEXT: cnn.elementwise "mul"
func.func @factor_along_width_stays(%x: tensor<1x2x6xf32>) -> tensor<1x4x4xf32> {
  %w = cnn.weight <"w", 1> : tensor<4x2x3xf32>
  %s = cnn.weight <"s", 2> : tensor<4xf32>
  %y = cnn.convolution %x, %w {strides = array<i64: 1>, dilations = array<i64: 1>, pads = array<i64: 0, 0>}
      : (tensor<1x2x6xf32>, tensor<4x2x3xf32>) -> tensor<1x4x4xf32>
  %m = cnn.elementwise "mul"(%y, %s) : (tensor<1x4x4xf32>, tensor<4xf32>) -> tensor<1x4x4xf32>
  return %m : tensor<1x4x4xf32>
}

// CHECK-LABEL: func @factor_of_the_network_stays
// CHECK: cnn.convolution
// CHECK-NEXT: cnn.elementwise "mul"
func.func @factor_of_the_network_stays(%x: tensor<1x2x8xf32>, %s: tensor<4x1xf32>) -> tensor<1x4x6xf32> {
  %w = cnn.weight <"w", 1> : tensor<4x2x3xf32>
  %y = cnn.convolution %x, %w {strides = array<i64: 1>, dilations = array<i64: 1>, pads = array<i64: 0, 0>}
      : (tensor<1x2x8xf32>, tensor<4x2x3xf32>) -> tensor<1x4x6xf32>
  %m = cnn.elementwise "mul"(%y, %s) : (tensor<1x4x6xf32>, tensor<4x1xf32>) -> tensor<1x4x6xf32>
  return %m : tensor<1x4x6xf32>
}
