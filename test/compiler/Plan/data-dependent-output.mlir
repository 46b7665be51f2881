// An output whose size depends on data is planned at its largest, and the module says that it is no fixed size.
// RUN: %convoy compile %s -o %t.program --stop-after=plan --quiet
// RUN: FileCheck %s < %t.program
// CHECK: outputs {
// CHECK-NEXT: name: "where"
// CHECK-NEXT: type: I64
// CHECK: constant: 2
// CHECK: constant: 6
// CHECK: bounded: 1
//
// RUN: %convoy compile %t.program -o %t.so --quiet
// RUN: %convoy run %t.so --quiet --input x=%source/test/runtime/data/arrays/f32.npy | FileCheck %s --check-prefix=RESULT
// The array is 0 0.25 0.5 / 0.75 1 1.25: five elements are not zero.
// RESULT: where: i64 2x5: 0 0 1 1 1 1 2 0 1 2
module attributes {convoy.phase = "import"} {
  func.func @main(%x: tensor<2x3xf32> {cnn.name = "x"}) -> (tensor<2x?xi64> {cnn.name = "where"}) {
    %where = cnn.library_call "non_zero"(%x) : (tensor<2x3xf32>) -> tensor<2x?xi64>
    return %where : tensor<2x?xi64>
  }
}
