// RUN: %convoy-opt %s -convoy-network-fold-affine -cse | FileCheck %s

// CHECK-LABEL: func @scale_behind_bias
// CHECK: %[[WEIGHT:.*]] = cnn.elementwise "mul"(%{{.*}}) : (tensor<8x4xf32>, tensor<4xf32>) -> tensor<8x4xf32>
// CHECK: %[[PRODUCT:.*]] = cnn.matmul %{{.*}}, %[[WEIGHT]]
// CHECK: %[[BIAS:.*]] = cnn.elementwise "mul"(%{{.*}}) : (tensor<4xf32>, tensor<4xf32>)
// CHECK: cnn.elementwise "add"(%[[PRODUCT]], %[[BIAS]])
// CHECK-NEXT: return
func.func @scale_behind_bias(%x: tensor<?x3x8xf32>) -> tensor<?x3x4xf32> {
  %w = cnn.weight <"w", 1> : tensor<8x4xf32>
  %b = cnn.weight <"b", 2> : tensor<4xf32>
  %s = cnn.weight <"s", 3> : tensor<4xf32>
  %p = cnn.matmul %x, %w : (tensor<?x3x8xf32>, tensor<8x4xf32>) -> tensor<?x3x4xf32>
  %a = cnn.elementwise "add"(%p, %b) : (tensor<?x3x4xf32>, tensor<4xf32>) -> tensor<?x3x4xf32>
  %m = cnn.elementwise "mul"(%s, %a) : (tensor<4xf32>, tensor<?x3x4xf32>) -> tensor<?x3x4xf32>
  return %m : tensor<?x3x4xf32>
}

// CHECK-LABEL: func @transposed_weights
// CHECK: cnn.elementwise "mul"(%{{.*}}) : (tensor<4x8xf32>, tensor<4x1xf32>) -> tensor<4x8xf32>
// CHECK: cnn.matmul {{.*}} {transpose_rhs = true}
// CHECK-NEXT: return
func.func @transposed_weights(%x: tensor<3x8xf32>) -> tensor<3x4xf32> {
  %w = cnn.weight <"w", 1> : tensor<4x8xf32>
  %s = cnn.weight <"s", 3> : tensor<1x4xf32>
  %p = cnn.matmul %x, %w {transpose_rhs = true} : (tensor<3x8xf32>, tensor<4x8xf32>) -> tensor<3x4xf32>
  %m = cnn.elementwise "mul"(%p, %s) : (tensor<3x4xf32>, tensor<1x4xf32>) -> tensor<3x4xf32>
  return %m : tensor<3x4xf32>
}

// CHECK-LABEL: func @factor_per_row_stays
// CHECK: cnn.matmul
// CHECK-NEXT: cnn.elementwise "mul"
func.func @factor_per_row_stays(%x: tensor<3x8xf32>) -> tensor<3x4xf32> {
  %w = cnn.weight <"w", 1> : tensor<8x4xf32>
  %s = cnn.weight <"s", 3> : tensor<3x1xf32>
  %p = cnn.matmul %x, %w : (tensor<3x8xf32>, tensor<8x4xf32>) -> tensor<3x4xf32>
  %m = cnn.elementwise "mul"(%p, %s) : (tensor<3x4xf32>, tensor<3x1xf32>) -> tensor<3x4xf32>
  return %m : tensor<3x4xf32>
}

// CHECK-LABEL: func @two_scales
// CHECK: %[[BOTH:.*]] = cnn.elementwise "mul"(%{{.*}}) : (tensor<4xf32>, tensor<3x1xf32>) -> tensor<3x4xf32>
// CHECK-NEXT: cnn.elementwise "mul"(%{{.*}}, %[[BOTH]])
// CHECK-NEXT: return
func.func @two_scales(%x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %a = cnn.weight <"a", 1> : tensor<4xf32>
  %b = cnn.weight <"b", 3> : tensor<3x1xf32>
  %p = cnn.elementwise "mul"(%x, %a) : (tensor<3x4xf32>, tensor<4xf32>) -> tensor<3x4xf32>
  %m = cnn.elementwise "mul"(%b, %p) : (tensor<3x1xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
  return %m : tensor<3x4xf32>
}

// Batch normalisation and a scale layer behind it, as Caffe has them.
// CHECK-LABEL: func @scale_offset_twice
// CHECK-DAG: %[[SCALE:.*]] = cnn.elementwise "mul"(%[[A:.*]], %[[C:.*]]) : (tensor<4xf32>, tensor<4xf32>)
// CHECK-DAG: %[[SHIFT:.*]] = cnn.elementwise "mul"(%[[B:.*]], %[[C]])
// CHECK-DAG: %[[BOTH:.*]] = cnn.elementwise "add"(%[[SHIFT]], %{{.*}})
// CHECK-DAG: %[[M:.*]] = cnn.elementwise "mul"(%arg0, %[[SCALE]])
// CHECK: %[[Y:.*]] = cnn.elementwise "add"(%[[M]], %[[BOTH]])
// CHECK-NEXT: return %[[Y]]
func.func @scale_offset_twice(%x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %a = cnn.weight <"a", 1> : tensor<4xf32>
  %b = cnn.weight <"b", 2> : tensor<4xf32>
  %c = cnn.weight <"c", 3> : tensor<4xf32>
  %d = cnn.weight <"d", 4> : tensor<4xf32>
  %m = cnn.elementwise "mul"(%x, %a) : (tensor<3x4xf32>, tensor<4xf32>) -> tensor<3x4xf32>
  %n = cnn.elementwise "add"(%m, %b) : (tensor<3x4xf32>, tensor<4xf32>) -> tensor<3x4xf32>
  %o = cnn.elementwise "mul"(%n, %c) : (tensor<3x4xf32>, tensor<4xf32>) -> tensor<3x4xf32>
  %p = cnn.elementwise "add"(%o, %d) : (tensor<3x4xf32>, tensor<4xf32>) -> tensor<3x4xf32>
  return %p : tensor<3x4xf32>
}
