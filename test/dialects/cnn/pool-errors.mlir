// RUN: %convoy-opt %s -split-input-file -verify-diagnostics

func.func @pool_c1(%x: tensor<4x8xf32>) {
  // expected-error @+1 {{pool_c1: the input has rank 2}}
  %y = cnn.pool max %x {window = array<i64: 2, 2>, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>,
      pads = array<i64: 0, 0, 0, 0>}
      : (tensor<4x8xf32>) -> tensor<1x4x7x7xf32>
  return
}

// -----

func.func @pool_c2(%x: tensor<1x4x8x8xf32>) {
  // expected-error @+1 {{pool_c2: has 1 window extents for 2 spatial dimensions}}
  %y = cnn.pool max %x {window = array<i64: 2>, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>,
      pads = array<i64: 0, 0, 0, 0>}
      : (tensor<1x4x8x8xf32>) -> tensor<1x4x7x7xf32>
  return
}

// -----

func.func @pool_c3(%x: tensor<1x4x8x8xf32>) {
  // expected-error @+1 {{pool_c3: a pad of 2 is not below the window's extent 2}}
  %y = cnn.pool max %x {window = array<i64: 2, 2>, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>,
      pads = array<i64: 0, 2, 0, 0>}
      : (tensor<1x4x8x8xf32>) -> tensor<1x4x7x7xf32>
  return
}

// -----

func.func @pool_c4(%x: tensor<1x4x8x8xf32>) {
  // expected-error @+1 {{pool_c4: the dilated window of extent [9] does not fit into spatial dimension 1 of extent [8]}}
  %y = cnn.pool max %x {window = array<i64: 2, 9>, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>,
      pads = array<i64: 0, 0, 0, 0>}
      : (tensor<1x4x8x8xf32>) -> tensor<1x4x7x7xf32>
  return
}

// -----

func.func @pool_c6(%x: tensor<1x4x8x8xf32>) {
  // expected-error @+1 {{pool_c6: p must be positive, but is 0}}
  %y = cnn.pool lp %x {window = array<i64: 2, 2>, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>,
      pads = array<i64: 0, 0, 0, 0>, p = 0}
      : (tensor<1x4x8x8xf32>) -> tensor<1x4x7x7xf32>
  return
}

// -----

func.func @pool_c7(%x: tensor<1x4x8x8xf32>) {
  // expected-error @+1 {{pool_c7: narrow_sum belongs to an average of f32}}
  %y = cnn.pool max %x {window = array<i64: 2, 2>, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>,
      pads = array<i64: 0, 0, 0, 0>, narrow_sum = true}
      : (tensor<1x4x8x8xf32>) -> tensor<1x4x7x7xf32>
  return
}
