// RUN: %convoy-opt %s -convoy-network-infer-shapes -split-input-file -verify-diagnostics
// What one op can't see, the analysis of the network does: a shape that follows from no shape of an input.

func.func @reshape_c2(%x: tensor<2x6xf32>, %s: tensor<2xi64>) {
  // expected-error @+1 {{reshape_c2: the shape can't be known before the network runs}}
  %y = cnn.reshape %x, %s : (tensor<2x6xf32>, tensor<2xi64>) -> tensor<?x?xf32>
  return
}

// -----

func.func @expand_c2(%x: tensor<1xf32>, %s: tensor<2xi64>) {
  // expected-error @+1 {{expand_c2: the shape can't be known before the network runs}}
  %y = cnn.expand %x, %s : (tensor<1xf32>, tensor<2xi64>) -> tensor<?x?xf32>
  return
}

// -----

func.func @slice_c3(%x: tensor<10xf32>, %s: tensor<1xi64>) {
  // expected-error @+1 {{slice_c3: starts can't be known}}
  %y = cnn.slice %x, %s, %s {axes = array<i64: 0>, steps = array<i64: 1>}
      : (tensor<10xf32>, tensor<1xi64>, tensor<1xi64>) -> tensor<?xf32>
  return
}

// -----

func.func @pad_c2(%x: tensor<10xf32>, %p: tensor<2xi64>) {
  // expected-error @+1 {{pad_c2: pads can't be known}}
  %y = cnn.pad constant %x, %p : (tensor<10xf32>, tensor<2xi64>) -> tensor<?xf32>
  return
}

// -----

func.func @range_c2(%n: tensor<i64>) {
  // expected-error @+1 {{range_c2: the number of elements can't be known}}
  %y = cnn.range %n, %n, %n : (tensor<i64>, tensor<i64>, tensor<i64>) -> tensor<?xi64>
  return
}

// -----

func.func @resize_c3(%x: tensor<1x1x?xf32>) {
  // expected-error @+1 {{resize_c3: the scale}}
  %a = cnn.resize nearest asymmetric floor %x {axes = array<i64: 2>, scales = array<f64: 0.3>}
      : (tensor<1x1x?xf32>) -> tensor<1x1x?xf32>
  return
}

// -----

func.func @pool_c5(%x: tensor<1x1x?xf32>) {
  // expected-error @+1 {{pool_c5: ceil_mode with stride 2 above the window of 1 needs a known extent of spatial dimension 0}}
  %y = cnn.pool average %x {window = array<i64: 1>, strides = array<i64: 2>, dilations = array<i64: 1>,
                            pads = array<i64: 0, 0>, ceil_mode = true} : (tensor<1x1x?xf32>) -> tensor<1x1x?xf32>
  return
}
