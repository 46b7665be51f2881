// A network that halves and doubles an extent takes even ones alone. That is not decided when it is compiled, and must be
// refused before a kernel reads beyond its buffers.
// RUN: rm -rf %t && mkdir -p %t && %convoy compile %s -o %t/module.so --quiet
// RUN: %convoy run %t/module.so --shape x=1x4x6x6 --quiet | FileCheck %s --check-prefix=EVEN
// RUN: not %convoy run %t/module.so --shape x=1x4x5x6 --quiet 2>&1 | FileCheck %s --check-prefix=ODD

// EVEN: y: f32 1x4x6x6
// ODD: the extents of the inputs do not fit layer 'sum'
module {
  func.func @main(%x: tensor<1x4x?x6xf32> {cnn.name = "x", cnn.dims = ["", "", "H", ""]})
      -> (tensor<1x4x?x6xf32> {cnn.name = "y"}) {
    %half = cnn.pool max %x {window = array<i64: 2, 2>, strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>,
                             pads = array<i64: 0, 0, 0, 0>} : (tensor<1x4x?x6xf32>) -> tensor<1x4x?x3xf32>
    %up = cnn.resize nearest asymmetric floor %half {axes = array<i64: 2, 3>, scales = array<f64: 2.0, 2.0>}
        : (tensor<1x4x?x3xf32>) -> tensor<1x4x?x6xf32>
    %sum = cnn.elementwise "add"(%x, %up) : (tensor<1x4x?x6xf32>, tensor<1x4x?x6xf32>) -> tensor<1x4x?x6xf32> loc("sum")
    return %sum : tensor<1x4x?x6xf32>
  }
}
