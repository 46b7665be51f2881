// Nothing but an output of the network may be of a size that depends on data: there is a diagnostic, and no file.
// RUN: rm -f %t.program
// RUN: not %convoy compile %s -o %t.program --stop-after=plan 2>&1 | FileCheck %s
// RUN: not ls %t.program
// CHECK: error: the size of its result depends on data, so that it can only be an output of the network
// CHECK: note: used here
module attributes {convoy.phase = "import"} {
  func.func @main(%x: tensor<2x3xf32> {cnn.name = "x"}) -> (tensor<?x2xi64> {cnn.name = "where"}) {
    %where = cnn.library_call "non_zero"(%x) : (tensor<2x3xf32>) -> tensor<2x?xi64>
    %rows = cnn.transpose %where [1, 0] : (tensor<2x?xi64>) -> tensor<?x2xi64>
    return %rows : tensor<?x2xi64>
  }
}
