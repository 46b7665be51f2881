"""One case of the ONNX backend suite for each operator, and all layers that PyTorch exported for it, through the whole
compiler: compiled to a module and run."""
import concurrent.futures
import os
import pathlib
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CONVOY = pathlib.Path(os.environ.get("CONVOY_BIN", ROOT / "build" / "bin")) / "convoy"

try:
    import cases
    import onnx
except ModuleNotFoundError as missing:
    raise unittest.SkipTest(f"the backend suite needs {missing.name}")

# The operators, each with the case that shows it.
CASES = """abs acos acosh add_bcast and_bcast3v1d argmax_keepdims_random argmin_no_keepdims_random asin asinh atan atanh
    averagepool_2d_pads_count_include_pad averagepool_2d_same_lower basic_conv_with_padding batchnorm_epsilon
    bitshift_left_uint8 bitwise_and_i32_2d bitwise_not_3d bitwise_or_i16_4d bitwise_xor_ui8_bcast_4v3d
    cast_DOUBLE_to_FLOAT cast_FLOAT_to_FLOAT16 castlike_FLOAT_to_DOUBLE ceil celu clip clip_default_int8_min
    concat_3d_axis_1 constant constant_pad convinteger_with_padding constantofshape_float_ones conv_with_autopad_same
    conv_with_strides_and_asymmetric_padding convtranspose_output_shape convtranspose_group_2 convtranspose_pads cos cosh
    cumsum_2d_axis_1 cumsum_1d_reverse_exclusive depthtospace_crd_mode_example dequantizelinear_axis div_bcast dropout_default
    dynamicquantizelinear edge_pad einsum_batch_matmul einsum_transpose elu equal_bcast erf exp expand_dim_changed
    eyelike_with_dtype flatten_axis2 floor gather_1 gather_elements_1 gathernd_example_int32_batch_dim1 gelu_tanh_2
    gemm_all_attributes globalaveragepool globalmaxpool greater_bcast greater_equal group_normalization_epsilon hardmax_axis_1
    hardsigmoid hardswish identity instancenorm_epsilon isinf isnan l2normalization_axis_1 layer_normalization_4d_axis2
    leakyrelu less less_equal_bcast log logsoftmax_axis_1 lrn matmul_3d matmulinteger max_example maxpool_2d_ceil
    maxpool_3d_default mean_example min_example mish mod_mixed_sign_float32 mod_broadcast mul_bcast mvn neg
    nonmaxsuppression_two_classes nonzero_example onehot_with_axis or_bcast3v2d pow_types_float32_int64 prelu_broadcast
    qlinearconv qlinearmatmul_2D_int8_float32 quantizelinear_axis range_float_type_positive_delta reciprocal reduce_l1_keep_dims_random reduce_l2_do_not_keepdims_random
    reduce_log_sum_asc_axes reduce_log_sum_exp_keepdims_random reduce_max_keepdims_random reduce_mean_do_not_keepdims_random
    reduce_min_keepdims_random reduce_prod_keepdims_random reduce_sum_negative_axes_keepdims_random
    reduce_sum_square_keepdims_random reflect_pad relu reshape_zero_and_negative_dim resize_downsample_scales_cubic
    resize_upsample_sizes_nearest round scatter_elements_with_axis scatternd_add selu shape_start_1_end_2 shrink_soft sigmoid
    sign sin sinh size slice_negative_axes slice_neg_steps softmax_axis_1 softplus softsign
    spacetodepth_example split_equal_parts_2d split_variable_parts_1d_opset18 sqrt squeeze_negative_axes sub_bcast
    sum_example swish tan tanh thresholdedrelu tile top_k transpose_all_permutations_4 tril_neg triu_one_row
    unsqueeze_unsorted_axes upsample_nearest where_example wrap_pad xor_bcast4v2d""".split()


def run(case, folder):
    """What went wrong, or nothing."""
    model = cases.prepare(case, folder)
    initialised = {tensor.name for tensor in model.graph.initializer}
    inputs = [value.name for value in model.graph.input if value.name not in initialised]
    command = [CONVOY, "run", folder / "model.onnx", "--tolerance", "1e-3", "--quiet"]
    command += [f"--input={name}={folder}/input_{i}.pb" for i, name in enumerate(inputs)]
    command += [f"--expect={value.name}={folder}/output_{i}.pb" for i, value in enumerate(model.graph.output)]
    process = subprocess.run(command, capture_output=True, text=True, timeout=120)
    return None if process.returncode == 0 else f"exit {process.returncode}: {process.stdout[-500:]}{process.stderr[-1000:]}"


class Compiled(unittest.TestCase):
    def check(self, names):
        with tempfile.TemporaryDirectory() as scratch:
            with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
                results = list(pool.map(lambda case: run(case, pathlib.Path(scratch) / case), names))
        for case, problem in zip(names, results):
            with self.subTest(case):
                self.assertIsNone(problem)

    def test_operators(self):
        self.check([f"node/test_{case}" for case in CASES])

    def test_pytorch_layers(self):
        self.check(cases.names(["pytorch-converted", "pytorch-operator"]))


if __name__ == "__main__":
    unittest.main()
