// RUN: %convoy-opt %s | %convoy-opt | FileCheck %s

// CHECK-LABEL: func @nhwc
// CHECK-SAME: tensor<1x3x8x8xf32, #cnn.layout<[0, 2, 3, 1]>>
func.func @nhwc(%x: tensor<1x3x8x8xf32, #cnn.layout<[0, 2, 3, 1]>>) {
  return
}

// CHECK-LABEL: func @surrounded
// CHECK-SAME: #cnn.layout<[0, 2, 3, 1], before = [0, 0, 1, 1], after = [0, 13, 1, 1], fill = zero>
func.func @surrounded(%x: tensor<1x3x8x8xf32, #cnn.layout<[0, 2, 3, 1], before = [0, 0, 1, 1], after = [0, 13, 1, 1],
                                              fill = zero>>) {
  return
}

// CHECK-LABEL: func @blocked
// CHECK-SAME: #cnn.layout<[0, 1, 2, 3], block = 16 of 1, fill = lowest, shared>
func.func @blocked(%x: tensor<1x3x8x8xf32, #cnn.layout<[0, 1, 2, 3], block = 16 of 1, fill = lowest, shared>>) {
  return
}

// CHECK-LABEL: func @relayout
// CHECK: cnn.relayout %{{.*}} : (tensor<2x3xf32>) -> tensor<2x3xf32, #cnn.layout<[1, 0]>>
func.func @relayout(%x: tensor<2x3xf32>) -> tensor<2x3xf32, #cnn.layout<[1, 0]>> {
  %r = cnn.relayout %x : (tensor<2x3xf32>) -> tensor<2x3xf32, #cnn.layout<[1, 0]>>
  return %r : tensor<2x3xf32, #cnn.layout<[1, 0]>>
}

// CHECK-LABEL: func @zero_point
// CHECK-SAME: #cnn.layout<[0, 2, 3, 1], before = [0, 0, 1, 1], after = [0, 1, 1, 1], fill = -128>
func.func @zero_point(%x: tensor<1x3x8x8xi8, #cnn.layout<[0, 2, 3, 1], before = [0, 0, 1, 1], after = [0, 1, 1, 1],
                                             fill = -128>>) {
  return
}
