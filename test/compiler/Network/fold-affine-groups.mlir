// RUN: %convoy-opt %s -convoy-network-fold-affine -cse | FileCheck %s

// Output channel o of a transposed convolution in groups is column o mod 3 of the weights of its group.
// CHECK-LABEL: func @transposed_groups
// CHECK: %[[SEEN:.*]] = cnn.reshape %{{.*}} -> tensor<2x2x3x5xf32>
// CHECK: %[[FACTOR:.*]] = cnn.reshape %{{.*}} -> tensor<2x1x3x1xf32>
// CHECK: %[[SCALED:.*]] = cnn.elementwise "mul"(%[[SEEN]], %[[FACTOR]])
// CHECK: %[[WEIGHT:.*]] = cnn.reshape %[[SCALED]], %{{.*}} -> tensor<4x3x5xf32>
// CHECK: cnn.convolution %{{.*}}, %[[WEIGHT]]
// CHECK-NEXT: return
func.func @transposed_groups(%x: tensor<1x4x8xf32>) -> tensor<1x6x12xf32> {
  %w = cnn.weight <"w", 1> : tensor<4x3x5xf32>
  %s = cnn.weight <"s", 2> : tensor<6x1xf32>
  %y = cnn.convolution %x, %w {strides = array<i64: 1>, dilations = array<i64: 1>, pads = array<i64: 0, 0>, groups = 2,
                               transposed = true} : (tensor<1x4x8xf32>, tensor<4x3x5xf32>) -> tensor<1x6x12xf32>
  %m = cnn.elementwise "mul"(%s, %y) : (tensor<6x1xf32>, tensor<1x6x12xf32>) -> tensor<1x6x12xf32>
  return %m : tensor<1x6x12xf32>
}

// CHECK-LABEL: func @scale_before_groups
// CHECK: %[[SEEN:.*]] = cnn.reshape %{{.*}} -> tensor<2x3x2x5xf32>
// CHECK: %[[FACTOR:.*]] = cnn.reshape %{{.*}} -> tensor<2x1x2x1xf32>
// CHECK: %[[SCALED:.*]] = cnn.elementwise "mul"(%[[SEEN]], %[[FACTOR]])
// CHECK: %[[WEIGHT:.*]] = cnn.reshape %[[SCALED]], %{{.*}} -> tensor<6x2x5xf32>
// CHECK: cnn.convolution %{{.*}}, %[[WEIGHT]]
// CHECK-NEXT: return
func.func @scale_before_groups(%x: tensor<1x4x8xf32>) -> tensor<1x6x8xf32> {
  %w = cnn.weight <"w", 1> : tensor<6x2x5xf32>
  %s = cnn.weight <"s", 2> : tensor<4x1xf32>
  %m = cnn.elementwise "mul"(%x, %s) : (tensor<1x4x8xf32>, tensor<4x1xf32>) -> tensor<1x4x8xf32>
  %y = cnn.convolution %m, %w {strides = array<i64: 1>, dilations = array<i64: 1>, pads = array<i64: 2, 2>, groups = 2}
      : (tensor<1x4x8xf32>, tensor<6x2x5xf32>) -> tensor<1x6x8xf32>
  return %y : tensor<1x6x8xf32>
}

// CHECK-LABEL: func @offset_before
// CHECK: %[[SHIFTED:.*]] = cnn.elementwise "mul"(%{{.*}}) : (tensor<6x4x5xf32>, tensor<1x4x1xf32>)
// CHECK: %[[SUM:.*]] = cnn.reduce sum %[[SHIFTED]] {axes = array<i64: 1, 2>, keep_dims = false}
// CHECK: %[[BIAS:.*]] = cnn.elementwise "sub"(%{{.*}}, %[[SUM]])
// CHECK: cnn.convolution %{{.*}}, %{{.*}}, %[[BIAS]]
// CHECK-NEXT: return
func.func @offset_before(%x: tensor<1x4x8xf32>) -> tensor<1x6x4xf32> {
  %w = cnn.weight <"w", 1> : tensor<6x4x5xf32>
  %b = cnn.weight <"b", 1> : tensor<6xf32>
  %s = cnn.weight <"s", 2> : tensor<4x1xf32>
  %m = cnn.elementwise "sub"(%x, %s) : (tensor<1x4x8xf32>, tensor<4x1xf32>) -> tensor<1x4x8xf32>
  %y = cnn.convolution %m, %w, %b {strides = array<i64: 1>, dilations = array<i64: 1>, pads = array<i64: 0, 0>}
      : (tensor<1x4x8xf32>, tensor<6x4x5xf32>, tensor<6xf32>) -> tensor<1x6x4xf32>
  return %y : tensor<1x6x4xf32>
}

// Padding is zero after the offset, so that the offset is not one number per output channel.
// CHECK-LABEL: func @offset_before_padding_stays
// CHECK: cnn.elementwise "add"
// CHECK-NEXT: cnn.convolution
func.func @offset_before_padding_stays(%x: tensor<1x4x8xf32>) -> tensor<1x6x8xf32> {
  %w = cnn.weight <"w", 1> : tensor<6x4x5xf32>
  %s = cnn.weight <"s", 2> : tensor<4x1xf32>
  %m = cnn.elementwise "add"(%x, %s) : (tensor<1x4x8xf32>, tensor<4x1xf32>) -> tensor<1x4x8xf32>
  %y = cnn.convolution %m, %w {strides = array<i64: 1>, dilations = array<i64: 1>, pads = array<i64: 2, 2>}
      : (tensor<1x4x8xf32>, tensor<6x4x5xf32>) -> tensor<1x6x8xf32>
  return %y : tensor<1x6x8xf32>
}

// DenseNet: the activation between keeps the normalisation where it is.
// CHECK-LABEL: func @activation_between_stays
// CHECK: cnn.elementwise "mul"
// CHECK-NEXT: cnn.elementwise "relu"
// CHECK-NEXT: cnn.convolution
func.func @activation_between_stays(%x: tensor<1x4x8xf32>) -> tensor<1x6x8xf32> {
  %w = cnn.weight <"w", 1> : tensor<6x4x1xf32>
  %s = cnn.weight <"s", 2> : tensor<4x1xf32>
  %m = cnn.elementwise "mul"(%x, %s) : (tensor<1x4x8xf32>, tensor<4x1xf32>) -> tensor<1x4x8xf32>
  %r = cnn.elementwise "relu"(%m) : (tensor<1x4x8xf32>) -> tensor<1x4x8xf32>
  %y = cnn.convolution %r, %w {strides = array<i64: 1>, dilations = array<i64: 1>, pads = array<i64: 0, 0>}
      : (tensor<1x4x8xf32>, tensor<6x4x1xf32>) -> tensor<1x6x8xf32>
  return %y : tensor<1x6x8xf32>
}
