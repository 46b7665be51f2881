// RUN: %convoy-opt %s --split-input-file --convoy-kernels-form --convoy-kernels-assign-layouts | FileCheck %s

// A value lies channels-last, padded to whole vectors, with the zeros that the next convolution reads around it; the
// output is the caller's, dense.
// CHECK-LABEL: func.func @halo
// CHECK: kernel.call @relayout{{.*}} -> tensor<1x8x8x8xf32, #cnn.layout<[0, 2, 3, 1]>>
// CHECK: kernel.call @convolution_0{{.*}} -> tensor<1x24x8x8xf32, #cnn.layout<[0, 2, 3, 1], before = [0, 0, 1, 1], after = [0, 8, 1, 1], fill = zero>>
// CHECK: kernel.call @convolution_1{{.*}} -> tensor<1x16x8x8xf32, #cnn.layout<[0, 2, 3, 1]>>
// CHECK: %[[D:.*]] = kernel.call @relayout{{.*}} -> tensor<1x16x8x8xf32>
// CHECK: return %[[D]]
func.func @halo(%x: tensor<1x8x8x8xf32>) -> tensor<1x16x8x8xf32> {
  %w = cnn.weight <"w", 1> : tensor<24x8x1x1xf32>
  %v = cnn.weight <"v", 2> : tensor<16x24x3x3xf32>
  %a = cnn.convolution %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x8x8x8xf32>, tensor<24x8x1x1xf32>) -> tensor<1x24x8x8xf32>
  %b = cnn.convolution %a, %v {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>} : (tensor<1x24x8x8xf32>, tensor<16x24x3x3xf32>) -> tensor<1x16x8x8xf32>
  return %b : tensor<1x16x8x8xf32>
}

// -----

// Few channels lie last too, unpadded: beside the innermost axis there can be no halo of zeros.
// CHECK-LABEL: func.func @few
// CHECK: kernel.call @relayout{{.*}} -> tensor<1x3x8x8xf32, #cnn.layout<[0, 2, 3, 1], before = [0, 0, 1, 1], after = [0, 0, 1, 1], fill = zero>>
func.func @few(%x: tensor<1x3x8x8xf32>) -> tensor<1x16x8x8xf32> {
  %w = cnn.weight <"w", 1> : tensor<16x3x3x3xf32>
  %c = cnn.convolution %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>} : (tensor<1x3x8x8xf32>, tensor<16x3x3x3xf32>) -> tensor<1x16x8x8xf32>
  return %c : tensor<1x16x8x8xf32>
}

// -----

// Operands of a concat are written inside its result; padding between them belongs to nobody else.
// CHECK-LABEL: func.func @concat
// CHECK: %[[A:.*]] = kernel.call @pool_0{{.*}} -> tensor<1x8x4x4xf32, #cnn.layout<[0, 2, 3, 1], after = [0, 24, 0, 0], shared>>
// CHECK: %[[B:.*]] = kernel.call @pool_1{{.*}} -> tensor<1x8x4x4xf32, #cnn.layout<[0, 2, 3, 1], before = [0, 8, 0, 0], after = [0, 16, 0, 0], shared>>
// CHECK: %[[C:.*]] = kernel.call @pool_2{{.*}} -> tensor<1x8x4x4xf32, #cnn.layout<[0, 2, 3, 1], before = [0, 16, 0, 0], after = [0, 8, 0, 0], shared>>
// CHECK: cnn.concat %[[A]], %[[B]], %[[C]] {{.*}} -> tensor<1x24x4x4xf32, #cnn.layout<[0, 2, 3, 1], after = [0, 8, 0, 0]>>
func.func @concat(%x: tensor<1x8x8x8xf32>) -> tensor<1x24x2x2xf32> {
  %a = cnn.pool max %x {window = array<i64: 2, 2>, strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x8x8x8xf32>) -> tensor<1x8x4x4xf32>
  %b = cnn.pool average %x {window = array<i64: 2, 2>, strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x8x8x8xf32>) -> tensor<1x8x4x4xf32>
  %c = cnn.pool lp %x {window = array<i64: 2, 2>, strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x8x8x8xf32>) -> tensor<1x8x4x4xf32>
  %k = cnn.concat %a, %b, %c {axis = 1 : i64} : (tensor<1x8x4x4xf32>, tensor<1x8x4x4xf32>, tensor<1x8x4x4xf32>) -> tensor<1x24x4x4xf32>
  %p = cnn.pool max %k {window = array<i64: 2, 2>, strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x24x4x4xf32>) -> tensor<1x24x2x2xf32>
  return %p : tensor<1x24x2x2xf32>
}

// -----

// What is the caller's can't lie inside another tensor: it is copied.
// CHECK-LABEL: func.func @concat_of_input
// CHECK: %[[R:.*]] = kernel.call @elementwise{{.*}} -> tensor<1x8xf32, #cnn.layout<[0, 1], before = [0, 8], shared>>
// CHECK: %[[X:.*]] = kernel.call @relayout_{{[0-9]+}}(%arg0){{.*}} -> tensor<1x8xf32, #cnn.layout<[0, 1], after = [0, 8], shared>>
// CHECK: cnn.concat %[[X]], %[[R]]
func.func @concat_of_input(%x: tensor<1x8xf32>) -> tensor<1x16xf32> {
  %r = cnn.elementwise "relu"(%x) : (tensor<1x8xf32>) -> tensor<1x8xf32>
  %k = cnn.concat %x, %r {axis = 1 : i64} : (tensor<1x8xf32>, tensor<1x8xf32>) -> tensor<1x16xf32>
  %s = cnn.elementwise "exp"(%k) : (tensor<1x16xf32>) -> tensor<1x16xf32>
  return %s : tensor<1x16xf32>
}

// -----

// A slice of channels is a view; a transpose is another order of the same bytes.
// CHECK-LABEL: func.func @views
// CHECK: cnn.slice {{.*}} -> tensor<1x8x4x4xf32, #cnn.layout<[0, 2, 3, 1], before = [0, 8, 0, 0], shared>>
// CHECK: cnn.transpose {{.*}} -> tensor<1x4x4x8xf32, #cnn.layout<[0, 1, 2, 3], before = [0, 0, 0, 8], shared>>
// CHECK: kernel.call @softmax
func.func @views(%x: tensor<1x16x8x8xf32>) -> tensor<1x4x4x8xf32> {
  %starts = cnn.constant dense<8> : tensor<1xi64>
  %ends = cnn.constant dense<16> : tensor<1xi64>
  %a = cnn.pool max %x {window = array<i64: 2, 2>, strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x16x8x8xf32>) -> tensor<1x16x4x4xf32>
  %s = cnn.slice %a, %starts, %ends {axes = array<i64: 1>, steps = array<i64: 1>} : (tensor<1x16x4x4xf32>, tensor<1xi64>, tensor<1xi64>) -> tensor<1x8x4x4xf32>
  %t = cnn.transpose %s [0, 2, 3, 1] : (tensor<1x8x4x4xf32>) -> tensor<1x4x4x8xf32>
  %m = cnn.softmax %t {axis = 3 : i64} : (tensor<1x4x4x8xf32>) -> tensor<1x4x4x8xf32>
  return %m : tensor<1x4x4x8xf32>
}

// -----

// Pooled features are flattened without a copy; an image that is flattened is copied to rows first.
// CHECK-LABEL: func.func @flatten
// CHECK: %[[P:.*]] = kernel.call @reduce_1
// CHECK-NEXT: cnn.reshape %[[P]]
// CHECK: %[[D:.*]] = kernel.call @relayout{{.*}} -> tensor<1x16x8x8xf32>
// CHECK-NEXT: cnn.reshape %[[D]]
func.func @flatten(%x: tensor<1x16x16x16xf32>) -> (tensor<1x16xf32>, tensor<1x1024xf32>) {
  %shape = cnn.constant dense<[1, -1]> : tensor<2xi64>
  %a = cnn.pool max %x {window = array<i64: 2, 2>, strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x16x16x16xf32>) -> tensor<1x16x8x8xf32>
  %m = cnn.reduce mean %a {axes = array<i64: 2, 3>} : (tensor<1x16x8x8xf32>) -> tensor<1x16x1x1xf32>
  %f = cnn.reshape %m, %shape : (tensor<1x16x1x1xf32>, tensor<2xi64>) -> tensor<1x16xf32>
  %e = cnn.elementwise "relu"(%f) : (tensor<1x16xf32>) -> tensor<1x16xf32>
  %g = cnn.reshape %a, %shape : (tensor<1x16x8x8xf32>, tensor<2xi64>) -> tensor<1x1024xf32>
  %h = cnn.elementwise "relu"(%g) : (tensor<1x1024xf32>) -> tensor<1x1024xf32>
  return %e, %h : tensor<1x16xf32>, tensor<1x1024xf32>
}

// -----

// A copy that carries a halo pads the channels to whole vectors too.
// CHECK-LABEL: func.func @copied_halo
// CHECK: kernel.call @relayout{{.*}} -> tensor<1x20x8x8xf32, #cnn.layout<[0, 2, 3, 1], before = [0, 0, 1, 1], after = [0, 12, 1, 1], fill = zero>>
func.func @copied_halo(%x: tensor<1x20x8x8xf32>) -> tensor<1x16x8x8xf32> {
  %w = cnn.weight <"w", 1> : tensor<16x20x3x3xf32>
  %c = cnn.convolution %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>} : (tensor<1x20x8x8xf32>, tensor<16x20x3x3xf32>) -> tensor<1x16x8x8xf32>
  return %c : tensor<1x16x8x8xf32>
}

// -----

// An enlarged image that goes out is written as the caller wants it; one that is read on lies channels-last.
// CHECK-LABEL: func.func @resized
// CHECK: kernel.call @relayout{{.*}} -> tensor<1x20x4x4xf32, #cnn.layout<[0, 2, 3, 1]>>
// CHECK: %[[A:.*]] = kernel.call @resize_0{{.*}} -> tensor<1x20x8x8xf32, #cnn.layout<[0, 2, 3, 1], after = [0, 12, 0, 0]>>
// CHECK: %[[B:.*]] = kernel.call @resize_1(%[[A]]){{.*}} -> tensor<1x20x16x16xf32>
// CHECK-NEXT: return %[[B]]
func.func @resized(%x: tensor<1x20x4x4xf32>) -> tensor<1x20x16x16xf32> {
  %s = cnn.constant dense<8> : tensor<2xi64>
  %t = cnn.constant dense<16> : tensor<2xi64>
  %a = cnn.resize linear half_pixel floor %x, %s {axes = array<i64: 2, 3>} : (tensor<1x20x4x4xf32>, tensor<2xi64>) -> tensor<1x20x8x8xf32>
  %b = cnn.resize linear half_pixel floor %a, %t {axes = array<i64: 2, 3>} : (tensor<1x20x8x8xf32>, tensor<2xi64>) -> tensor<1x20x16x16xf32>
  return %b : tensor<1x20x16x16xf32>
}

// -----

// Around a quantised image lies its zero point; few channels are rounded up to fours.
// CHECK-LABEL: func.func @zero_point
// CHECK: kernel.call @pool_0{{.*}} -> tensor<1x3x4x4xui8, #cnn.layout<[0, 2, 3, 1], before = [0, 0, 1, 1], after = [0, 1, 1, 1], fill = 7>>
// CHECK: kernel.call @convolution_1{{.*}} -> tensor<1x8x4x4xi32
func.func @zero_point(%x: tensor<1x3x8x8xui8>) -> tensor<1x8x4x4xi32> {
  %w = cnn.weight <"w", 1> : tensor<8x3x3x3xi8>
  %a = cnn.pool max %x {window = array<i64: 2, 2>, strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x3x8x8xui8>) -> tensor<1x3x4x4xui8>
  %c = cnn.convolution %a, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, pad_value = 7} : (tensor<1x3x4x4xui8>, tensor<8x3x3x3xi8>) -> tensor<1x8x4x4xi32>
  return %c : tensor<1x8x4x4xi32>
}

// -----

// A reader that wants other surroundings than the one before it gets a copy.
// CHECK-LABEL: func.func @two_fills
// CHECK: kernel.call @pool_0{{.*}} fill = 7>>
// CHECK: kernel.call @relayout{{.*}} fill = 9>>
func.func @two_fills(%x: tensor<1x8x8x8xui8>) -> (tensor<1x8x4x4xi32>, tensor<1x8x4x4xi32>) {
  %w = cnn.weight <"w", 1> : tensor<8x8x3x3xi8>
  %a = cnn.pool max %x {window = array<i64: 2, 2>, strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x8x8x8xui8>) -> tensor<1x8x4x4xui8>
  %c = cnn.convolution %a, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, pad_value = 7} : (tensor<1x8x4x4xui8>, tensor<8x8x3x3xi8>) -> tensor<1x8x4x4xi32>
  %d = cnn.convolution %a, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, pad_value = 9} : (tensor<1x8x4x4xui8>, tensor<8x8x3x3xi8>) -> tensor<1x8x4x4xi32>
  return %c, %d : tensor<1x8x4x4xi32>, tensor<1x8x4x4xi32>
}
