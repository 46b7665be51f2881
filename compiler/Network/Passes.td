#ifndef CONVOY_COMPILER_NETWORK_PASSES
#define CONVOY_COMPILER_NETWORK_PASSES

include "mlir/Pass/PassBase.td"

def InferShapes : Pass<"convoy-network-infer-shapes", "::mlir::func::FuncOp"> {
  let summary = "Derive all shapes from those of the arguments";
  let description = [{
    Applies each op's shape rule in order, from the arguments' types and `cnn.dims`, and sets all types. A shape that
    does not fit is an error at the op.
  }];
  let dependentDialects = ["::convoy::cnn::CnnDialect"];
}

def FoldIndices : Pass<"convoy-network-fold-indices", "::mlir::func::FuncOp"> {
  let summary = "Replace index arithmetic by what it gives";
  let description = [{
    Integer tensors whose elements follow from known shapes become constants. The shape of a reshape is written with
    constants, 0 for an extent of the input at the same place and one -1, so that chains of shape, gather and concat
    die even where extents are symbolic.
  }];
  let dependentDialects = ["::convoy::cnn::CnnDialect"];
}

def FoldConstants : Pass<"convoy-network-fold-constants", "::mlir::func::FuncOp"> {
  let summary = "Evaluate ops on small constants";
  let description = [{
    Elementwise functions and casts of constants of at most `limit` elements, and reshapes of any. Arithmetic on
    weights stays: `plan` evaluates it once, with the op's own algorithm.
  }];
  let options = [Option<"limit", "limit", "int64_t", "64", "largest number of elements of a result">];
  let dependentDialects = ["::convoy::cnn::CnnDialect"];
}

def RaiseActivations : Pass<"convoy-network-raise-activations", "::mlir::func::FuncOp"> {
  let summary = "Recognise activations that exporters write as several ops";
  let description = [{
    x * sigmoid(a x) becomes swish, clip(x + 3, 0, 6) / 6 hard_sigmoid, x times that hard_swish, the forms with erf
    and tanh gelu and gelu_tanh, log(exp(x) + 1) softplus, x * tanh(softplus(x)) mish, min and max with a scalar clip,
    chains of clips one clip or relu, max(x, a x) leaky_relu; pow with exponents 1, 2, 3 and 1/2 goes. An inner value
    that others read keeps the form as it is.
  }];
  let dependentDialects = ["::convoy::cnn::CnnDialect"];
}

def RaiseWindows : Pass<"convoy-network-raise-windows", "::mlir::func::FuncOp"> {
  let summary = "Bring padding, pooling and global reductions into one form";
  let description = [{
    A pad of zeros in front of a convolution or an average pool becomes its pads; in front of a max pool only where the
    padded value can't win. A pool over the whole image becomes a reduction with kept dimensions, and a reshape behind
    a reduction that only drops these dimensions joins it.
  }];
  let dependentDialects = ["::convoy::cnn::CnnDialect"];
}

def FoldAffine : Pass<"convoy-network-fold-affine", "::mlir::func::FuncOp"> {
  let summary = "Multiply scales and add offsets of channels into convolutions and matrix products";
  let description = [{
    mul, div, add and sub with a value per channel that depends on weights alone, behind a convolution (grouped,
    depthwise, transposed) that nobody else reads: batch normalisation disappears this way. A scale behind a matmul,
    with or without a bias between them. A scale in front of a convolution; an offset there only without padding. The
    new weights are ops on the old ones. A factor per channel that the network itself computes, in front of a convolution
    whose weights are fewer than a quarter of the image's elements, multiplies the weights in each run. Two such factors,
    or two offsets, in a row become one.
  }];
  let dependentDialects = ["::convoy::cnn::CnnDialect"];
}

#endif
