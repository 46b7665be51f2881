// On a device, inputs are copied to the arena first and outputs from it last; what a library call reads and writes
// crosses for its layer.
// RUN: %convoy compile %s -o %t.program --stop-after=plan --target=cuda --quiet
// RUN: FileCheck %s < %t.program
// RUN: %convoy inspect %s --target=cuda | FileCheck %s --check-prefix=SHOWN
//
// CHECK: name: "x"
// CHECK-NEXT: type: F32
// CHECK: space: INPUT
// CHECK: space: HOST_ARENA
// CHECK: space: OUTPUT
// CHECK: steps {
// CHECK-NEXT: copy {
// CHECK-NEXT: to: [[X:[0-9]+]]
// CHECK: launch {
// CHECK-NEXT: buffers: [[X]]
// CHECK: steps {
// CHECK-NEXT: copy {
// CHECK-NEXT: from:
// CHECK-NEXT: to: [[ON_HOST:[0-9]+]]
// CHECK-NEXT: layers: "best"
// CHECK: library_call {
// CHECK-NEXT: function: "top_k"
// CHECK-NEXT: inputs: [[ON_HOST]]
// CHECK: copy {
// CHECK-NEXT: from: [[VALUES:[0-9]+]]
// CHECK-NEXT: to:
// CHECK-NEXT: layers: "best"
// CHECK: launch {
// CHECK: copy {
// CHECK: copy {
// CHECK: host_arena_bytes {
//
// The indices are an output as the host wrote them: they do not cross.
// SHOWN: crosses to        kB  for
// SHOWN-NEXT: device       0.0  input x
// SHOWN-NEXT:   host       0.0  best
// SHOWN-NEXT: device       0.0  best
// SHOWN-NEXT:   host       0.0  output y
// SHOWN: arena on the host
module attributes {convoy.phase = "import"} {
  func.func @main(%x: tensor<1x8xf32> {cnn.name = "x"}) -> (tensor<1x3xf32> {cnn.name = "y"}, tensor<1x3xi64> {cnn.name = "i"}) {
    %k = cnn.constant dense<3> : tensor<1xi64>
    %e = cnn.elementwise "exp"(%x) : (tensor<1x8xf32>) -> tensor<1x8xf32> loc("exp")
    %v, %i = cnn.library_call "top_k"(%e, %k) {options = {axis = 1 : i64, largest = 1 : i64, sorted = 1 : i64}}
        : (tensor<1x8xf32>, tensor<1xi64>) -> (tensor<1x3xf32>, tensor<1x3xi64>) loc("best")
    %y = cnn.elementwise "log"(%v) : (tensor<1x3xf32>) -> tensor<1x3xf32> loc("log")
    return %y, %i : tensor<1x3xf32>, tensor<1x3xi64>
  }
}
