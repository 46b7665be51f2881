// RUN: %convoy-opt %s -split-input-file -verify-diagnostics

// expected-error @+1 {{network_c1: cnn.weights must be a string}}
module attributes {cnn.weights = 1} {}

// -----

// expected-error @+1 {{network_c2: cnn.name must be a non-empty string}}
func.func @network_c2(%x: tensor<4xf32> {cnn.name = ""}) {
  return
}

// -----

// expected-error @+1 {{network_c2: cnn.name must be a non-empty string}}
func.func @network_c2_result(%x: tensor<4xf32>) -> (tensor<4xf32> {cnn.name = 1}) {
  return %x : tensor<4xf32>
}

// -----

// expected-error @+1 {{network_c3: cnn.dims has 1 names, but the argument has 2 dimensions}}
func.func @network_c3_count(%x: tensor<?x4xf32> {cnn.dims = ["N"]}) {
  return
}

// -----

// expected-error @+1 {{network_c3: cnn.dims names the static dimension 1 "C"}}
func.func @network_c3_static(%x: tensor<?x4xf32> {cnn.dims = ["N", "C"]}) {
  return
}

// -----

// expected-error @+1 {{network_c4: "cnn.color" is no attribute of an argument}}
func.func @network_c4(%x: tensor<4xf32> {cnn.color = "red"}) {
  return
}

// -----

// expected-error @+1 {{network_c4: "cnn.color" is no attribute of an operation}}
module attributes {cnn.color = "red"} {}
