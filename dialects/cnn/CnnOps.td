#ifndef CONVOY_DIALECTS_CNN_OPS
#define CONVOY_DIALECTS_CNN_OPS

include "dialects/cnn/CnnBase.td"

//===-- Sources ---------------------------------------------------------------------------------===//

def Cnn_WeightOp : Cnn_Op<"weight"> {
  let summary = "An entry of the weight file";
  let description = [{
    `cnn.weight <"conv1.weight", 0x1b5aa0f3c1d2e4f5> : tensor<16x3x3x3xf32>`. weight_c1: the entry has a name.
  }];
  let arguments = (ins Cnn_WeightAttr:$value);
  let results = (outs AnyStaticShapeTensor:$result);
  let assemblyFormat = "$value attr-dict `:` type($result)";
}

def Cnn_ConstantOp : Cnn_Op<"constant", [ConstantLike, AllTypesMatch<["value", "result"]>]> {
  let summary = "A small constant: shapes, axes, scalars";
  let description = [{ The result has the type of the value. Larger tensors are `cnn.weight`. }];
  let arguments = (ins ElementsAttr:$value);
  let results = (outs AnyStaticShapeTensor:$result);
  let assemblyFormat = "$value attr-dict";
  let hasFolder = 1;
}

def Cnn_DimOp : Cnn_Op<"dim"> {
  let summary = "The extents of dimensions [begin, end) as a rank-1 i64 tensor";
  let description = [{ dim_c1: 0 <= begin <= end <= rank. }];
  let arguments = (ins AnyRankedTensor:$input, I64Attr:$begin, I64Attr:$end);
  let results = (outs RankedTensorOf<[I64]>:$result);
  let assemblyFormat = "$input `from` $begin `to` $end attr-dict `:` functional-type($input, $result)";
}

def Cnn_RangeOp : Cnn_Op<"range"> {
  let summary = "start, start + delta, ... below limit";
  let description = [{
    range_c1: operands are rank-0 of the result's element type. range_c2: the number of elements follows from shapes.
  }];
  let arguments = (ins AnyRankedTensor:$start, AnyRankedTensor:$limit, AnyRankedTensor:$delta);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

//===-- Anchors ---------------------------------------------------------------------------------===//

def Cnn_ConvolutionOp : Cnn_Op<"convolution"> {
  let summary = "Convolution over any number of spatial dimensions";
  let description = [{
    input [N, C, spatial...], weight [O, C / groups, kernel...] ([C, O / groups, kernel...] if `transposed`),
    optional bias [O]. The formula is that of ONNX Conv and ConvTranspose. 8-bit input and weight give their sum of
    products in i32, which wraps around; taps in the padding count as `pad_value`, the zero point of the input.
    - convolution_c1: input and weight have the same rank, at least 3.
    - convolution_c2: strides and dilations, one positive number per spatial dimension.
    - convolution_c3: pads: begin of each spatial dimension, then end of each.
    - convolution_c4: C is groups times the weight's second dimension (transposed: the weight's first).
    - convolution_c5: groups divides the weight's first dimension.
    - convolution_c6: bias is rank 1 of extent O.
    - convolution_c7: the dilated kernel fits into the padded input.
    - convolution_c8: output_padding only if transposed, one per spatial dimension, below its stride or dilation.
    - convolution_c9: one element type, or input ui8 or i8, weight i8, bias and result i32, or input bf16, weight bf16
    or f32, bias and result f32.
    - convolution_c10: `pad_value` differs from 0 only where the input is 8-bit, within its range, not transposed.
  }];
  let arguments = (ins AnyRankedTensor:$input, AnyRankedTensor:$weight, Optional<AnyRankedTensor>:$bias,
                       DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$dilations, DenseI64ArrayAttr:$pads,
                       DefaultValuedAttr<I64Attr, "1">:$groups, DefaultValuedAttr<BoolAttr, "false">:$transposed,
                       DefaultValuedAttr<DenseI64ArrayAttr, "{}">:$output_padding,
                       DefaultValuedAttr<I64Attr, "0">:$pad_value);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input `,` $weight (`,` $bias^)? attr-dict `:` functional-type(operands, $result)";
}

def Cnn_MatmulOp : Cnn_Op<"matmul"> {
  let summary = "Batched matrix product with NumPy's broadcast of the leading dimensions";
  let description = [{
    lhs [..., M, K] (`transpose_lhs`: [..., K, M]), rhs [..., K, N] (`transpose_rhs`: [..., N, K]).
    - matmul_c1: both have rank at least 2. - matmul_c2: K is equal. - matmul_c3: leading dimensions broadcast.
    - matmul_c4: one element type, or lhs ui8 or i8, rhs i8, result i32 (which wraps around), or bf16 and result f32.
  }];
  let arguments = (ins AnyRankedTensor:$lhs, AnyRankedTensor:$rhs,
                       DefaultValuedAttr<BoolAttr, "false">:$transpose_lhs,
                       DefaultValuedAttr<BoolAttr, "false">:$transpose_rhs);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` functional-type(operands, $result)";
}

def Cnn_PoolKind : I32EnumAttr<"PoolKind", "kind of pooling", [
  I32EnumAttrCase<"Max", 0, "max">, I32EnumAttrCase<"Average", 1, "average">, I32EnumAttrCase<"Lp", 2, "lp">]> {
  let cppNamespace = "::convoy::cnn";
}

def Cnn_PoolOp : Cnn_Op<"pool", [AllElementTypesMatch<["input", "result"]>]> {
  let summary = "Pooling over windows of the spatial dimensions";
  let description = [{
    input [N, C, spatial...]. Average divides by the elements of the window inside the image, with
    `count_include_pad` inside the padded image. Lp is (sum |x|^p)^(1/p). Max ignores padding.
    - pool_c1: rank at least 3. - pool_c2: window, strides, dilations: one positive number per spatial dimension.
    - pool_c3: pads: two per spatial dimension, each below the dilated window. - pool_c4: the dilated window
    fits the padded input. - pool_c5: `ceil_mode` with strides above the window needs known extents. - pool_c6: p >= 1.
    - pool_c7: `narrow_sum` only for an average of f32: the sum is formed in f32, window element after window element,
    by every schedule and by the reference too, since what is quantised next may hang on its last bit.
  }];
  let arguments = (ins AnyRankedTensor:$input, Cnn_PoolKind:$kind, DenseI64ArrayAttr:$window,
                       DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$dilations, DenseI64ArrayAttr:$pads,
                       DefaultValuedAttr<BoolAttr, "false">:$ceil_mode,
                       DefaultValuedAttr<BoolAttr, "false">:$count_include_pad, DefaultValuedAttr<I64Attr, "2">:$p,
                       DefaultValuedAttr<BoolAttr, "false">:$narrow_sum);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$kind $input attr-dict `:` functional-type($input, $result)";
  let hasFolder = 1;
}

def Cnn_ReduceKind : I32EnumAttr<"ReduceKind", "kind of reduction", [
  I32EnumAttrCase<"Sum", 0, "sum">, I32EnumAttrCase<"Mean", 1, "mean">, I32EnumAttrCase<"Max", 2, "max">,
  I32EnumAttrCase<"Min", 3, "min">, I32EnumAttrCase<"Prod", 4, "prod">, I32EnumAttrCase<"L1", 5, "l1">,
  I32EnumAttrCase<"L2", 6, "l2">, I32EnumAttrCase<"SumSquare", 7, "sum_square">,
  I32EnumAttrCase<"LogSumExp", 8, "log_sum_exp">, I32EnumAttrCase<"ArgMax", 9, "arg_max">,
  I32EnumAttrCase<"ArgMin", 10, "arg_min">]> {
  let cppNamespace = "::convoy::cnn";
}

def Cnn_ReduceOp : Cnn_Op<"reduce"> {
  let summary = "Reduction over dimensions";
  let description = [{
    - reduce_c1: axes are distinct, within the rank, ascending. - reduce_c2: arg_max and arg_min have one axis and an
    i64 result; the first (`select_last`: the last) of equal values wins.
    - reduce_c3: other kinds keep the element type. With `keep_dims` axes stay as 1.
  }];
  let arguments = (ins AnyRankedTensor:$input, Cnn_ReduceKind:$kind, DenseI64ArrayAttr:$axes,
                       DefaultValuedAttr<BoolAttr, "true">:$keep_dims,
                       DefaultValuedAttr<BoolAttr, "false">:$select_last);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$kind $input attr-dict `:` functional-type($input, $result)";
  let hasFolder = 1;
}

def Cnn_SoftmaxOp : Cnn_Op<"softmax"> {
  let summary = "Softmax (or its logarithm) along one dimension";
  let description = [{ softmax_c1: axis within the rank. softmax_c2: floating point. }];
  let arguments = (ins AnyRankedTensor:$input, I64Attr:$axis, DefaultValuedAttr<BoolAttr, "false">:$log);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input attr-dict `:` functional-type($input, $result)";
}

def Cnn_ScanOp : Cnn_Op<"scan"> {
  let summary = "Running sum along one dimension";
  let description = [{ scan_c1: axis within the rank. scan_c2: one element type. }];
  let arguments = (ins AnyRankedTensor:$input, I64Attr:$axis, DefaultValuedAttr<BoolAttr, "false">:$exclusive,
                       DefaultValuedAttr<BoolAttr, "false">:$reverse);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input attr-dict `:` functional-type($input, $result)";
}

//===-- Elementwise -----------------------------------------------------------------------------===//

def Cnn_ElementwiseOp : Cnn_Op<"elementwise"> {
  let summary = "One of the table of elementwise functions, with NumPy's broadcast";
  let description = [{
    `function` names a line of `dialects/cnn/Elementwise.def` (`add`, `relu`, `clip`, `where`, ...), which says how
    many operands it has, which parameters, and of what type the result is.
    - elementwise_c1: the function is in the table. - elementwise_c2: number of operands. - elementwise_c3: number of
    parameters. - elementwise_c4: operands broadcast. - elementwise_c5: element types fit.
  }];
  let arguments = (ins StrAttr:$function, Variadic<AnyRankedTensor>:$operands,
                       DefaultValuedAttr<DenseF64ArrayAttr, "{}">:$parameters);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$function `(` $operands `)` attr-dict `:` functional-type($operands, $result)";
  let hasFolder = 1;
}

def Cnn_CastOp : Cnn_Op<"cast"> {
  let summary = "Conversion of the element type, as ONNX Cast";
  let description = [{ Floats to integers truncate; to i1: whether it differs from 0. The shape stays. }];
  let arguments = (ins AnyRankedTensor:$input);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input attr-dict `:` functional-type($input, $result)";
  let hasFolder = 1;
}

//===-- Quantisation ----------------------------------------------------------------------------===//

// Quantised tensors are plain integers; scale and zero point are operands, which broadcast to the first one: scalars, or
// one element per channel ([C, 1, 1] of NCHW). Scales are finite and not negative.

def Cnn_QuantizeOp : Cnn_Op<"quantize"> {
  let summary = "saturate(round(input / scale) + zero point), halves to even";
  let description = [{
    - quantize_c1: scale and zero point broadcast to the input's shape. - quantize_c2: input and scale have one floating
    point type. - quantize_c3: zero point and result have one type of integers of at most 32 bits.
  }];
  let arguments = (ins AnyRankedTensor:$input, AnyRankedTensor:$scale, AnyRankedTensor:$zero_point);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
}

def Cnn_DequantizeOp : Cnn_Op<"dequantize"> {
  let summary = "(input - zero point) * scale";
  let description = [{
    - dequantize_c1: scale and zero point broadcast to the input's shape. - dequantize_c2: input and zero point have one
    type of integers of at most 32 bits. - dequantize_c3: scale and result have one floating point type.
  }];
  let arguments = (ins AnyRankedTensor:$input, AnyRankedTensor:$scale, AnyRankedTensor:$zero_point);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

def Cnn_RequantizeOp : Cnn_Op<"requantize"> {
  let summary = "A sum of products as a quantised number: saturate(round(input * scale) + zero point), halves to even";
  let description = [{
    The product is one of single floats. What an integer convolution or matmul gives becomes the quantised result, with
    the scale of its input times that of its weight over that of the result.
    - requantize_c1: scale and zero point broadcast to the input's shape. - requantize_c2: the input is i32, the scale
    f32. - requantize_c3: zero point and result are ui8, or i8.
  }];
  let arguments = (ins AnyRankedTensor:$input, AnyRankedTensor:$scale, AnyRankedTensor:$zero_point);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

//===-- Movement --------------------------------------------------------------------------------===//

def Cnn_RelayoutOp : Cnn_Op<"relayout", [AllElementTypesMatch<["input", "result"]>]> {
  let summary = "The same logical tensor in another layout";
  let description = [{ relayout_c1: types differ in their encoding alone. New surroundings hold zeros. }];
  let arguments = (ins AnyRankedTensor:$input);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input attr-dict `:` functional-type($input, $result)";
  let hasFolder = 1;
}

def Cnn_ReshapeOp : Cnn_Op<"reshape", [AllElementTypesMatch<["input", "result"]>]> {
  let summary = "The same elements in row-major order under another shape";
  let description = [{
    `shape` is a rank-1 i64 tensor: an extent, 0 for the input's own (unless `allow_zero`), at most one -1.
    - reshape_c1: the number of elements stays. - reshape_c2: the shape is known or symbolic when compiled.
    - reshape_c3: extents are not negative, 0 stands for a dimension that is there, -1 stands once.
  }];
  let arguments = (ins AnyRankedTensor:$input, RankedTensorOf<[I64]>:$shape,
                       DefaultValuedAttr<BoolAttr, "false">:$allow_zero);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input `,` $shape attr-dict `:` functional-type(operands, $result)";
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def Cnn_ExpandOp : Cnn_Op<"expand", [AllElementTypesMatch<["input", "result"]>]> {
  let summary = "Broadcast to a shape, as ONNX Expand";
  let description = [{
    expand_c1: the shapes broadcast. expand_c2: the shape is known or symbolic when compiled.
  }];
  let arguments = (ins AnyRankedTensor:$input, RankedTensorOf<[I64]>:$shape);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input `,` $shape attr-dict `:` functional-type(operands, $result)";
  let hasFolder = 1;
}

def Cnn_TransposeOp : Cnn_Op<"transpose", [AllElementTypesMatch<["input", "result"]>]> {
  let summary = "Permutation of dimensions: result dimension i is input dimension permutation[i]";
  let description = [{ transpose_c1: permutation is one of the input's dimensions. }];
  let arguments = (ins AnyRankedTensor:$input, DenseI64ArrayAttr:$permutation);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input $permutation attr-dict `:` functional-type($input, $result)";
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def Cnn_SliceOp : Cnn_Op<"slice", [AllElementTypesMatch<["input", "result"]>]> {
  let summary = "A strided part, as ONNX Slice";
  let description = [{
    Rank-1 i64 operands, one element per axis in `axes`; negative starts and ends count from the end, both are clamped.
    - slice_c1: axes distinct, within the rank. - slice_c2: one start, end and step, not 0, per axis.
    - slice_c3: starts and ends are known or symbolic when compiled.
  }];
  let arguments = (ins AnyRankedTensor:$input, RankedTensorOf<[I64]>:$starts, RankedTensorOf<[I64]>:$ends,
                       DenseI64ArrayAttr:$axes, DenseI64ArrayAttr:$steps);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input `,` $starts `,` $ends attr-dict `:` functional-type(operands, $result)";
  let hasFolder = 1;
}

def Cnn_PadMode : I32EnumAttr<"PadMode", "what padding holds", [
  I32EnumAttrCase<"Constant", 0, "constant">, I32EnumAttrCase<"Reflect", 1, "reflect">,
  I32EnumAttrCase<"Edge", 2, "edge">, I32EnumAttrCase<"Wrap", 3, "wrap">]> {
  let cppNamespace = "::convoy::cnn";
}

def Cnn_PadOp : Cnn_Op<"pad", [AllElementTypesMatch<["input", "result"]>]> {
  let summary = "Padding of any dimensions; a negative pad crops";
  let description = [{
    `pads` is a rank-1 i64 tensor: begin of each dimension, then end of each. `value` is rank 0 (constant mode only).
    - pad_c1: two pads per dimension. - pad_c2: pads are known or symbolic when compiled.
    - pad_c3: reflect pads are below the extent. - pad_c4: the value is rank 0 of the input's element type.
    - pad_c5: cropping leaves something.
  }];
  let arguments = (ins AnyRankedTensor:$input, RankedTensorOf<[I64]>:$pads, Optional<AnyRankedTensor>:$value,
                       Cnn_PadMode:$mode);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$mode $input `,` $pads (`,` $value^)? attr-dict `:` functional-type(operands, $result)";
  let hasFolder = 1;
}

def Cnn_ConcatOp : Cnn_Op<"concat"> {
  let summary = "Operands one after the other along one dimension";
  let description = [{
    concat_c1: axis within the rank. concat_c2: other dimensions are equal. concat_c3: one element type.
    concat_c4: at least one operand.
  }];
  let arguments = (ins Variadic<AnyRankedTensor>:$inputs, I64Attr:$axis);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$inputs attr-dict `:` functional-type($inputs, $result)";
  let hasFolder = 1;
}

def Cnn_GatherKind : I32EnumAttr<"GatherKind", "meaning of the indices", [
  I32EnumAttrCase<"Slices", 0, "slices">, I32EnumAttrCase<"Elements", 1, "elements">,
  I32EnumAttrCase<"Nd", 2, "nd">]> {
  let cppNamespace = "::convoy::cnn";
}

def Cnn_GatherOp : Cnn_Op<"gather", [AllElementTypesMatch<["input", "result"]>]> {
  let summary = "ONNX Gather (slices), GatherElements (elements) and GatherND (nd)";
  let description = [{
    - gather_c1: axis (nd: number of batch dimensions) within the rank. - gather_c2: i32 or i64 indices. - gather_c3:
    indices of `elements` have the input's rank; the last dimension of `nd` indices is known and fits. - gather_c4:
    constant indices of `slices` lie within the dimension; negative ones count from its end.
  }];
  let arguments = (ins AnyRankedTensor:$input, AnyRankedTensor:$indices, Cnn_GatherKind:$kind,
                       DefaultValuedAttr<I64Attr, "0">:$axis);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$kind $input `,` $indices attr-dict `:` functional-type(operands, $result)";
}

def Cnn_ScatterKind : I32EnumAttr<"ScatterKind", "how updates join what was there", [
  I32EnumAttrCase<"Set", 0, "set">, I32EnumAttrCase<"Add", 1, "add">, I32EnumAttrCase<"Mul", 2, "mul">,
  I32EnumAttrCase<"Max", 3, "max">, I32EnumAttrCase<"Min", 4, "min">]> {
  let cppNamespace = "::convoy::cnn";
}

def Cnn_ScatterOp : Cnn_Op<"scatter", [AllElementTypesMatch<["input", "updates", "result"]>]> {
  let summary = "ONNX ScatterElements, or with `nd` ScatterND";
  let description = [{
    scatter_c1: axis within the rank. scatter_c2: i32 or i64 indices. scatter_c3: updates fit indices and input.
  }];
  let arguments = (ins AnyRankedTensor:$input, AnyRankedTensor:$indices, AnyRankedTensor:$updates,
                       Cnn_ScatterKind:$kind, DefaultValuedAttr<I64Attr, "0">:$axis,
                       DefaultValuedAttr<BoolAttr, "false">:$nd);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$kind $input `,` $indices `,` $updates attr-dict `:` functional-type(operands, $result)";
}

def Cnn_ResizeMode : I32EnumAttr<"ResizeMode", "interpolation", [
  I32EnumAttrCase<"Nearest", 0, "nearest">, I32EnumAttrCase<"Linear", 1, "linear">,
  I32EnumAttrCase<"Cubic", 2, "cubic">]> {
  let cppNamespace = "::convoy::cnn";
}
def Cnn_CoordinateMode : I32EnumAttr<"CoordinateMode", "from result to input coordinates", [
  I32EnumAttrCase<"HalfPixel", 0, "half_pixel">, I32EnumAttrCase<"PytorchHalfPixel", 1, "pytorch_half_pixel">,
  I32EnumAttrCase<"AlignCorners", 2, "align_corners">, I32EnumAttrCase<"Asymmetric", 3, "asymmetric">,
  I32EnumAttrCase<"TfHalfPixelForNn", 4, "tf_half_pixel_for_nn">,
  I32EnumAttrCase<"HalfPixelSymmetric", 5, "half_pixel_symmetric">]> {
  let cppNamespace = "::convoy::cnn";
}
def Cnn_NearestMode : I32EnumAttr<"NearestMode", "rounding of nearest", [
  I32EnumAttrCase<"RoundPreferFloor", 0, "round_prefer_floor">,
  I32EnumAttrCase<"RoundPreferCeil", 1, "round_prefer_ceil">,
  I32EnumAttrCase<"Floor", 2, "floor">, I32EnumAttrCase<"Ceil", 3, "ceil">]> {
  let cppNamespace = "::convoy::cnn";
}

def Cnn_ResizeOp : Cnn_Op<"resize", [AllElementTypesMatch<["input", "result"]>]> {
  let summary = "ONNX Resize: interpolation to another extent along some dimensions";
  let description = [{
    `sizes` is a rank-1 i64 tensor, one extent per axis in `axes`. `scales`, if not empty, are the factors used for
    coordinates (result / input extent otherwise).
    - resize_c1: axes distinct, within the rank; one size or scale (or both) each. - resize_c2: scales and sizes are
    positive. - resize_c3: sizes are known or symbolic when compiled.
  }];
  let arguments = (ins AnyRankedTensor:$input, Optional<RankedTensorOf<[I64]>>:$sizes, DenseI64ArrayAttr:$axes,
                       DefaultValuedAttr<DenseF64ArrayAttr, "{}">:$scales, Cnn_ResizeMode:$mode,
                       Cnn_CoordinateMode:$coordinates,
                       DefaultValuedAttr<Cnn_NearestMode, "::convoy::cnn::NearestMode::RoundPreferFloor">:$nearest,
                       DefaultValuedAttr<F64Attr, "-0.75">:$cubic_coefficient,
                       DefaultValuedAttr<BoolAttr, "false">:$exclude_outside,
                       DefaultValuedAttr<BoolAttr, "false">:$antialias);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{
    $mode $coordinates $nearest $input (`,` $sizes^)? attr-dict `:` functional-type(operands, $result)
  }];
  let hasFolder = 1;
}

//===-- Library functions -----------------------------------------------------------------------===//

def Cnn_LibraryCallOp : Cnn_Op<"library_call"> {
  let summary = "A function of runtime/ops that no loop nest can say (top_k, non_max_suppression, non_zero, ...)";
  let description = [{
    - library_call_c1: the function is in the table of `dialects/cnn/Library.def`.
    - library_call_c2: number of operands.
    - library_call_c3: number of results. - library_call_c4: options are integers, the axis is within the rank.
  }];
  let arguments = (ins StrAttr:$function, Variadic<AnyRankedTensor>:$operands,
                       OptionalAttr<DictionaryAttr>:$options);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = "$function `(` $operands `)` attr-dict `:` functional-type($operands, $results)";
}

#endif
