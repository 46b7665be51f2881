// RUN: %convoy-opt %s -split-input-file -verify-diagnostics

// expected-error @+1 {{kernel_func_c1: the body must end in kernel.return of the result types}}
kernel.func @kernel_func_c1(%x: tensor<4xf32>) -> tensor<3xf32> {
  kernel.return %x : tensor<4xf32>
}

// -----

// expected-error @+1 {{kernel_func_c2: only cnn ops may stand inside, not kernel.prepare}}
kernel.func @kernel_func_c2(%x: tensor<4xf32>) -> tensor<4xf32> {
  %w = kernel.prepare {
    %raw = cnn.weight <"w", 1> : tensor<4xf32>
    kernel.return %raw : tensor<4xf32>
  } : tensor<4xf32>
  kernel.return %x : tensor<4xf32>
}

// -----

// expected-error @+1 {{kernel_func_c3: the anchor 1 is no position in a body of 1 ops}}
kernel.func @kernel_func_c3(%x: tensor<4xf32>) -> tensor<4xf32> attributes {anchor = 1 : i64} {
  %y = cnn.elementwise "relu"(%x) : (tensor<4xf32>) -> tensor<4xf32>
  kernel.return %y : tensor<4xf32>
}

// -----

func.func @kernel_call_c1(%x: tensor<4xf32>) {
  // expected-error @+1 {{kernel_call_c1: there is no kernel.func @missing}}
  kernel.call @missing(%x) {layers = []} : (tensor<4xf32>) -> ()
  return
}

// -----

kernel.func @relu(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = cnn.elementwise "relu"(%x) : (tensor<4xf32>) -> tensor<4xf32>
  kernel.return %y : tensor<4xf32>
}
func.func @kernel_call_c2(%x: tensor<3xf32>) {
  // expected-error @+1 {{kernel_call_c2: types must be those of @relu, '(tensor<4xf32>) -> tensor<4xf32>'}}
  %y = kernel.call @relu(%x) {layers = []} : (tensor<3xf32>) -> tensor<3xf32>
  return
}

// -----

func.func @kernel_prepare_c1() {
  // expected-error @+1 {{kernel_prepare_c1: the body must end in kernel.return of the result types}}
  %w = kernel.prepare {
    %raw = cnn.weight <"w", 1> : tensor<4xf32>
    kernel.return %raw : tensor<4xf32>
  } : tensor<3xf32>
  return
}

// -----

// expected-error @+1 {{schedule_c1: knob "parallel" must be an integer}}
module attributes {test.schedule = #kernel.schedule<conv_direct {parallel = "oc,y"}>} {}
