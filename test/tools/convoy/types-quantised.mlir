// A network that is quantised already is compiled as it is: none of the types can be asked of it, and nothing is left behind.
// RUN: rm -rf %t && mkdir -p %t/samples %t/out && cp %source/tools/networks/cross.npy %t/samples
// RUN: not %convoy compile %s -o %t/out/x.so --dtype=bf16 2>&1 | FileCheck %s --check-prefix=BF16
// BF16: error: the network is quantised already: it is compiled as it is, without --dtype=bf16
// RUN: not %convoy compile %s -o %t/out/x.so --dtype=i8 --calibrate=%t/samples 2>&1 | FileCheck %s --check-prefix=I8
// I8: error: the network is quantised already: it is compiled as it is, without --dtype=i8
// RUN: not %convoy compile %s -o %t/out/x.so --dtype=auto --calibrate=%t/samples 2>&1 | FileCheck %s --check-prefix=AUTO
// AUTO: error: the network is quantised already: it is compiled as it is, without --dtype=auto
// RUN: ls %t/out | count 0
//
// RUN: %convoy compile %s -o %t/network.mlir --stop-after=network --quiet && FileCheck %s --check-prefix=AS-IT-IS < %t/network.mlir
// AS-IT-IS: cnn.matmul {{.*}} -> tensor<1x3xi32>
// RUN: %convoy compile %s -o %t/x.so --dtype=f32 --quiet && ls %t/x.so

func.func @main(%x: tensor<1x4xui8> {cnn.name = "x", cnn.dims = ["", ""]}) -> (tensor<1x3xf32> {cnn.name = "y"}) {
  %w = cnn.constant dense<[[1, 2, 3], [4, 5, 6], [7, 8, 9], [-1, -2, -3]]> : tensor<4x3xi8>
  %s = cnn.constant dense<0.5> : tensor<f32>
  %z = cnn.constant dense<0> : tensor<i32>
  %a = cnn.matmul %x, %w : (tensor<1x4xui8>, tensor<4x3xi8>) -> tensor<1x3xi32>
  %y = cnn.dequantize %a, %s, %z : (tensor<1x3xi32>, tensor<f32>, tensor<i32>) -> tensor<1x3xf32>
  return %y : tensor<1x3xf32>
}
