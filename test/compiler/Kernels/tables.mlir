// RUN: %convoy-opt %s -convoy-kernels-fuse-quantised | FileCheck %s
// RUN: %convoy-opt %s -convoy-kernels-fuse-quantised=tables=false | FileCheck %s --check-prefix=NONE
// NONE-NOT: cnn.gather

// x * sigmoid(x) between quantised numbers is a table of them: what made it runs over the 256 bit patterns.
// CHECK-LABEL: func @swish
// CHECK: %[[ALL:.*]] = cnn.constant dense<"0x000102{{.*}}"> : tensor<256xi8>
// CHECK: %[[F:.*]] = cnn.dequantize %[[ALL]], {{.*}} -> tensor<256xf32>
// CHECK: cnn.elementwise "sigmoid"{{.*}} -> tensor<256xf32>
// CHECK: %[[M:.*]] = cnn.elementwise "mul"{{.*}} -> tensor<256xf32>
// CHECK: %[[TABLE:.*]] = cnn.quantize %[[M]], {{.*}} -> tensor<256xui8>
// CHECK: %[[BITS:.*]] = cnn.cast %arg0 : {{.*}} -> tensor<1x8x16x16xui8>
// CHECK: %[[INDEX:.*]] = cnn.cast %[[BITS]] : {{.*}} -> tensor<1x8x16x16xi32>
// CHECK: %[[Y:.*]] = cnn.gather slices %[[TABLE]], %[[INDEX]] : {{.*}} -> tensor<1x8x16x16xui8>
// CHECK-NEXT: return %[[Y]]
func.func @swish(%x: tensor<1x8x16x16xi8>) -> tensor<1x8x16x16xui8> {
  %s = cnn.constant dense<0.05> : tensor<f32>
  %z = cnn.constant dense<-3> : tensor<i8>
  %t = cnn.constant dense<0.004> : tensor<f32>
  %n = cnn.constant dense<0> : tensor<ui8>
  %f = cnn.dequantize %x, %s, %z : (tensor<1x8x16x16xi8>, tensor<f32>, tensor<i8>) -> tensor<1x8x16x16xf32>
  %g = cnn.elementwise "sigmoid"(%f) : (tensor<1x8x16x16xf32>) -> tensor<1x8x16x16xf32>
  %q = cnn.quantize %g, %t, %n : (tensor<1x8x16x16xf32>, tensor<f32>, tensor<ui8>) -> tensor<1x8x16x16xui8>
  %h = cnn.dequantize %q, %t, %n : (tensor<1x8x16x16xui8>, tensor<f32>, tensor<ui8>) -> tensor<1x8x16x16xf32>
  %m = cnn.elementwise "mul"(%f, %h) : (tensor<1x8x16x16xf32>, tensor<1x8x16x16xf32>) -> tensor<1x8x16x16xf32>
  %y = cnn.quantize %m, %s, %n : (tensor<1x8x16x16xf32>, tensor<f32>, tensor<ui8>) -> tensor<1x8x16x16xui8>
  return %y : tensor<1x8x16x16xui8>
}

// Bytes in between that others read are stored anyway: the second table begins there.
// CHECK-LABEL: func @shared
// CHECK: %[[A:.*]] = cnn.gather slices
// CHECK: %[[I:.*]] = cnn.cast %[[A]]
// CHECK: %[[B:.*]] = cnn.gather slices %{{.*}}, %[[I]]
// CHECK-NEXT: return %[[A]], %[[B]]
func.func @shared(%x: tensor<1x8x16x16xui8>) -> (tensor<1x8x16x16xui8>, tensor<1x8x16x16xui8>) {
  %s = cnn.constant dense<0.05> : tensor<f32>
  %z = cnn.constant dense<7> : tensor<ui8>
  %f = cnn.dequantize %x, %s, %z : (tensor<1x8x16x16xui8>, tensor<f32>, tensor<ui8>) -> tensor<1x8x16x16xf32>
  %g = cnn.elementwise "sigmoid"(%f) : (tensor<1x8x16x16xf32>) -> tensor<1x8x16x16xf32>
  %a = cnn.quantize %g, %s, %z : (tensor<1x8x16x16xf32>, tensor<f32>, tensor<ui8>) -> tensor<1x8x16x16xui8>
  %h = cnn.dequantize %a, %s, %z : (tensor<1x8x16x16xui8>, tensor<f32>, tensor<ui8>) -> tensor<1x8x16x16xf32>
  %e = cnn.elementwise "exp"(%h) : (tensor<1x8x16x16xf32>) -> tensor<1x8x16x16xf32>
  %b = cnn.quantize %e, %s, %z : (tensor<1x8x16x16xf32>, tensor<f32>, tensor<ui8>) -> tensor<1x8x16x16xui8>
  return %a, %b : tensor<1x8x16x16xui8>, tensor<1x8x16x16xui8>
}

// Not of two tensors, not with a scale per channel, not of a few elements.
// CHECK-LABEL: func @two
// CHECK-NOT: cnn.gather
// CHECK: return
func.func @two(%x: tensor<1x8x16x16xui8>, %w: tensor<1x8x16x16xui8>) -> tensor<1x8x16x16xui8> {
  %s = cnn.constant dense<0.05> : tensor<f32>
  %z = cnn.constant dense<7> : tensor<ui8>
  %f = cnn.dequantize %x, %s, %z : (tensor<1x8x16x16xui8>, tensor<f32>, tensor<ui8>) -> tensor<1x8x16x16xf32>
  %g = cnn.dequantize %w, %s, %z : (tensor<1x8x16x16xui8>, tensor<f32>, tensor<ui8>) -> tensor<1x8x16x16xf32>
  %m = cnn.elementwise "add"(%f, %g) : (tensor<1x8x16x16xf32>, tensor<1x8x16x16xf32>) -> tensor<1x8x16x16xf32>
  %y = cnn.quantize %m, %s, %z : (tensor<1x8x16x16xf32>, tensor<f32>, tensor<ui8>) -> tensor<1x8x16x16xui8>
  return %y : tensor<1x8x16x16xui8>
}

// CHECK-LABEL: func @per_channel
// CHECK-NOT: cnn.gather
// CHECK: return
func.func @per_channel(%x: tensor<1x2x64x64xui8>) -> tensor<1x2x64x64xui8> {
  %c = cnn.constant dense<[[[0.1]], [[0.2]]]> : tensor<2x1x1xf32>
  %s = cnn.constant dense<0.05> : tensor<f32>
  %z = cnn.constant dense<7> : tensor<ui8>
  %f = cnn.dequantize %x, %c, %z : (tensor<1x2x64x64xui8>, tensor<2x1x1xf32>, tensor<ui8>) -> tensor<1x2x64x64xf32>
  %g = cnn.elementwise "sigmoid"(%f) : (tensor<1x2x64x64xf32>) -> tensor<1x2x64x64xf32>
  %y = cnn.quantize %g, %s, %z : (tensor<1x2x64x64xf32>, tensor<f32>, tensor<ui8>) -> tensor<1x2x64x64xui8>
  return %y : tensor<1x2x64x64xui8>
}

// CHECK-LABEL: func @few
// CHECK-NOT: cnn.gather
// CHECK: return
func.func @few(%x: tensor<1x64x1x1xui8>) -> tensor<1x64x1x1xui8> {
  %s = cnn.constant dense<0.05> : tensor<f32>
  %z = cnn.constant dense<7> : tensor<ui8>
  %f = cnn.dequantize %x, %s, %z : (tensor<1x64x1x1xui8>, tensor<f32>, tensor<ui8>) -> tensor<1x64x1x1xf32>
  %g = cnn.elementwise "sigmoid"(%f) : (tensor<1x64x1x1xf32>) -> tensor<1x64x1x1xf32>
  %y = cnn.quantize %g, %s, %z : (tensor<1x64x1x1xf32>, tensor<f32>, tensor<ui8>) -> tensor<1x64x1x1xui8>
  return %y : tensor<1x64x1x1xui8>
}
