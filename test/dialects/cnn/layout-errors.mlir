// RUN: %convoy-opt %s -split-input-file -verify-diagnostics

// expected-error @+1 {{layout_c1: the order is no permutation of 3 dimensions}}
func.func private @layout_c1(tensor<1x2x3xf32, #cnn.layout<[0, 2, 3]>>)

// -----

// expected-error @+1 {{layout_c1: the layout orders 2 dimensions, but the tensor has 3}}
func.func private @layout_c1_rank(tensor<1x2x3xf32, #cnn.layout<[0, 1]>>)

// -----

// expected-error @+1 {{layout_c2: a block of 16 of dimension 2 is impossible}}
func.func private @layout_c2(tensor<2x3xf32, #cnn.layout<[0, 1], block = 16 of 2>>)

// -----

// expected-error @+1 {{layout_c3: before and after must have 2 numbers, none negative}}
func.func private @layout_c3(tensor<2x3xf32, #cnn.layout<[0, 1], before = [0, -1]>>)

// -----

// expected-error @+1 {{expected none, zero, lowest or a number, not ones}}
func.func private @fill(tensor<2x3xf32, #cnn.layout<[0, 1], fill = ones>>)

// -----

func.func @relayout_c1(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{relayout_c1: 'tensor<2x3xf32>' and 'tensor<3x2xf32>' must have one shape}}
  %r = cnn.relayout %x : (tensor<2x3xf32>) -> tensor<3x2xf32>
  return
}

// -----

// expected-error @+1 {{layout_c4: the fill 256 is no 'ui8'}}
func.func private @layout_c4(tensor<2x3xui8, #cnn.layout<[0, 1], before = [0, 1], fill = 256>>)

// -----

// expected-error @+1 {{layout_c4: the fill 1 is no 'f32'}}
func.func private @layout_c4_float(tensor<2x3xf32, #cnn.layout<[0, 1], before = [0, 1], fill = 1>>)

// -----

// expected-error @+1 {{expected none, zero, lowest or a number, not value}}
func.func private @fill_keyword(tensor<2x3xi8, #cnn.layout<[0, 1], fill = value>>)
