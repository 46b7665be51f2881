"""Cases of the ONNX backend suite, compiled for a GPU and run by the driver stand-in (test/runtime/cuda).

    test/gpu/test_backend.py [NAME ...]     those whose names contain one of these; all: every case of
                                            test/onnx_backend/test_compiled.py, some minutes

Without names: a case for each family of kernels.
"""
import concurrent.futures
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CONVOY = pathlib.Path(os.environ.get("CONVOY_BIN", ROOT / "build" / "bin")) / "convoy"
DRIVER = CONVOY.parents[1] / "test" / "driver"
SUITE = ROOT / "test" / "onnx_backend"

try:
    sys.path.insert(0, str(SUITE))
    import cases
    import test_compiled
except (ModuleNotFoundError, unittest.SkipTest) as missing:
    raise unittest.SkipTest(f"needs the backend suite: {missing}")
finally:
    sys.path.remove(str(SUITE))

CASES = """averagepool_2d_pads_count_include_pad basic_conv_with_padding cast_FLOAT_to_FLOAT16 concat_3d_axis_1
    convtranspose_pads cumsum_1d_reverse_exclusive gather_elements_1 gemm_all_attributes layer_normalization_4d_axis2
    matmulinteger maxpool_3d_default nonmaxsuppression_two_classes reduce_prod_keepdims_random
    resize_downsample_scales_cubic slice_neg_steps softmax_axis_1 transpose_all_permutations_4 where_example""".split()


def call(*arguments, **options):
    process = subprocess.run([CONVOY, *map(str, arguments), "--quiet"], capture_output=True, text=True, timeout=600, **options)
    return None if process.returncode == 0 else f"exit {process.returncode} of {arguments[0]}: {process.stdout[-500:]}{process.stderr[-1000:]}"


def run(case, folder):
    """What went wrong, or nothing."""
    model = cases.prepare(case, folder)
    initialised = {tensor.name for tensor in model.graph.initializer}
    inputs = [value.name for value in model.graph.input if value.name not in initialised]
    failed = call("compile", folder / "model.onnx", "--target=cuda", "--ptxas=off", "-o", folder / "module.so")
    if failed:
        return failed
    flags = [f"--input={name}={folder}/input_{i}.pb" for i, name in enumerate(inputs)]
    flags += [f"--expect={value.name}={folder}/output_{i}.pb" for i, value in enumerate(model.graph.output)]
    environment = {**os.environ, "LD_LIBRARY_PATH": str(DRIVER), "CONVOY_STANDIN": "devices=1"}
    return call("run", folder / "module.so", "--tolerance", "1e-3", *flags, env=environment)


def run_all(names):
    """(name, what went wrong) as they end, in order."""
    with tempfile.TemporaryDirectory() as scratch, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from zip(names, pool.map(lambda case: run(case, pathlib.Path(scratch) / case), names))


class Backend(unittest.TestCase):
    def test_families(self):
        if not (DRIVER / "libcuda.so.1").exists():
            self.skipTest(f"{DRIVER} is absent: the target tests builds it")
        for case, problem in run_all([f"node/test_{case}" for case in CASES]):
            with self.subTest(case):
                self.assertIsNone(problem)


def main(wanted):
    names = [f"node/test_{case}" for case in test_compiled.CASES] + cases.names(["pytorch-converted", "pytorch-operator"])
    names = [name for name in names if "all" in wanted or any(part in name for part in wanted)]
    failed = 0
    for name, problem in run_all(names):
        failed += problem is not None
        if problem:
            print(f"{name}\n    {problem}", flush=True)
    print(f"{len(names)} cases, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]) if sys.argv[1:] else unittest.main())
