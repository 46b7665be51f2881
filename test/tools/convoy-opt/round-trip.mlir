// RUN: %convoy-opt %s | %convoy-opt | FileCheck %s

// CHECK-LABEL: func.func @small
// CHECK-SAME:    (%[[INPUT:.*]]: tensor<1x3x4x4xf32> {cnn.name = "input"}
func.func @small(%input: tensor<1x3x4x4xf32> {cnn.name = "input"}) -> tensor<1x3x4x4xf32> {
  // CHECK: return %[[INPUT]]
  return %input : tensor<1x3x4x4xf32>
}
