// RUN: %convoy-opt %s --convoy-kernels-choose-schedules=target=x86-64-linux-avx512_skylake -split-input-file -verify-diagnostics

// expected-error @+1 {{there is no template 'no_such'}}
kernel.func @unknown_template(%x: tensor<64xf32>) -> tensor<64xf32>
    attributes {schedule = #kernel.schedule<no_such {tasks = 1}>} {
  %y = cnn.elementwise "relu"(%x) : (tensor<64xf32>) -> tensor<64xf32>
  kernel.return %y : tensor<64xf32>
}

// -----

// expected-error @+1 {{'stream' has no knob 'colour'}}
kernel.func @unknown_knob(%x: tensor<64xf32>) -> tensor<64xf32>
    attributes {schedule = #kernel.schedule<stream {tasks = 1, colour = 1}>} {
  %y = cnn.elementwise "relu"(%x) : (tensor<64xf32>) -> tensor<64xf32>
  kernel.return %y : tensor<64xf32>
}

// -----

// expected-error @+1 {{tasks}}
kernel.func @knob_out_of_range(%x: tensor<64xf32>) -> tensor<64xf32>
    attributes {schedule = #kernel.schedule<stream {tasks = -1}>} {
  %y = cnn.elementwise "relu"(%x) : (tensor<64xf32>) -> tensor<64xf32>
  kernel.return %y : tensor<64xf32>
}
