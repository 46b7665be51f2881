"""Networks compiled for a GPU, run by the driver stand-in of test/runtime/cuda, which interprets their PTX: the whole way
from the model to the graph launch, judged by ONNX Runtime. And test/gpu/on_device, with and without a device."""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

try:
    import numpy
    import onnx
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper
except ModuleNotFoundError as missing:
    raise unittest.SkipTest(f"needs {missing.name}")

ROOT = pathlib.Path(__file__).resolve().parents[2]
CONVOY = pathlib.Path(os.environ.get("CONVOY_BIN", ROOT / "build" / "bin")) / "convoy"
DRIVER = CONVOY.parents[1] / "test" / "driver"


def environment(**settings):
    said = ",".join(f"{name}={value}" for name, value in {"devices": 1, **settings}.items())
    return {**os.environ, "LD_LIBRARY_PATH": str(DRIVER), "CONVOY_STANDIN": said}


def random(*shape, seed=0):
    return numpy.random.default_rng(seed).standard_normal(shape, dtype=numpy.float32)


def save(path, nodes, shape, outputs, weights):
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)]
    results = [helper.make_tensor_value_info(name, kind, None) for name, kind in outputs]
    graph = helper.make_graph(nodes, path.stem, inputs, results, [numpy_helper.from_array(a, n) for n, a in weights.items()])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)


class Networks(unittest.TestCase):
    def setUp(self):
        if not (DRIVER / "libcuda.so.1").exists():
            self.skipTest(f"{DRIVER} is absent: the target tests builds it")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def convoy(self, *arguments, **settings):
        outcome = subprocess.run([CONVOY, *map(str, arguments)], capture_output=True, text=True, env=environment(**settings))
        self.assertEqual(outcome.returncode, 0, outcome.stderr[-2000:])
        return outcome

    def compile(self, nodes, shape, outputs, weights):
        self.model = self.folder / "net.onnx"
        save(self.model, nodes, shape, outputs, weights)
        self.convoy("compile", self.model, "--target=cuda", "--ptxas=off", "-o", self.folder / "net.so", "--quiet")

    def agree(self, *shape, runs=2, step=0):
        """Replayed too: the second run is that of a graph. `step`: of quantised results, of which a few may be one off."""
        x = random(*shape, seed=sum(shape))
        numpy.save(self.folder / "x.npy", x)
        self.convoy("run", self.folder / "net.so", f"--input=x={self.folder}/x.npy", "--output", self.folder / "out", "--runs", runs)
        session = onnxruntime.InferenceSession(str(self.model), providers=["CPUExecutionProvider"])
        names = [output.name for output in session.get_outputs()]
        for name, expected in zip(names, session.run(names, {"x": x})):
            got = numpy.load(self.folder / "out" / f"{name}.npy")
            numpy.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-4 + step)
            if step:
                self.assertLess((numpy.abs(got - expected) > step / 4).mean(), 0.02)

    def test_symbolic_extents(self):
        nodes = [helper.make_node("Conv", ["x", "w", "b"], ["a"], pads=[1, 1, 1, 1]), helper.make_node("Relu", ["a"], ["c"]),
                 helper.make_node("MaxPool", ["c"], ["p"], kernel_shape=[2, 2], strides=[2, 2]),
                 helper.make_node("GlobalAveragePool", ["p"], ["g"])]
        self.compile(nodes, ["n", 3, "h", "w"], [("p", TensorProto.FLOAT), ("g", TensorProto.FLOAT)],
                     {"w": random(8, 3, 3, 3), "b": random(8)})
        self.agree(2, 3, 10, 12)
        self.agree(1, 3, 7, 9)

    def test_products_and_softmax(self):
        nodes = [helper.make_node("Gemm", ["x", "w", "b"], ["a"], transB=1), helper.make_node("Tanh", ["a"], ["t"]),
                 helper.make_node("Softmax", ["t"], ["y"], axis=1)]
        self.compile(nodes, [5, 40], [("y", TensorProto.FLOAT), ("a", TensorProto.FLOAT)], {"w": random(33, 40), "b": random(33)})
        self.agree(5, 40)

    def test_infinite_weights(self):
        """Chunks of terms that overhang the sum add nothing: an infinity times the zeros there would be no number."""
        w, m = random(4, 3, 3, 3), random(6, 8)
        w[1, 2, 1, 1], m[5, 2] = numpy.inf, numpy.inf
        nodes = [helper.make_node("Conv", ["x", "w"], ["c"]), helper.make_node("MatMul", ["x", "m"], ["y"])]
        self.compile(nodes, [1, 3, 6, 6], [("c", TensorProto.FLOAT), ("y", TensorProto.FLOAT)], {"w": w, "m": m})
        self.agree(1, 3, 6, 6)

    def test_infinite_weights_of_a_transposed_convolution(self):
        """Its taps that fall beside the image multiply nothing, not zeros."""
        w = numpy.abs(random(3, 5, 4, 4))
        w[1, 2, 0, 3], w[2, 4, 1, 1], w[0, 0, 3, 2] = numpy.inf, numpy.inf, numpy.inf
        nodes = [helper.make_node("Relu", ["x"], ["a"]), helper.make_node("Add", ["a", "one"], ["p"]),
                 helper.make_node("ConvTranspose", ["p", "w"], ["y"], strides=[2, 2], pads=[1, 1, 1, 1])]
        self.compile(nodes, [1, 3, 5, 6], [("y", TensorProto.FLOAT)], {"w": w, "one": numpy.float32([1])})
        self.agree(1, 3, 5, 6)

    def test_halves(self):
        """bfloat16 in device code, as --dtype=bf16 puts it there: what the processor computes of the same network."""
        nodes = [helper.make_node("Conv", ["x", "w", "b"], ["a"], pads=[1, 1, 1, 1]), helper.make_node("Relu", ["a"], ["c"]),
                 helper.make_node("Conv", ["c", "v"], ["d"], strides=[2, 2]),
                 helper.make_node("MaxPool", ["d"], ["y"], kernel_shape=[2, 2])]
        self.model = self.folder / "net.onnx"
        save(self.model, nodes, [1, 8, 9, 11], [("y", TensorProto.FLOAT)],
             {"w": random(24, 8, 3, 3), "b": random(24), "v": random(20, 24, 1, 1)})
        results = {}
        for target in ("host", "cuda"):
            outcome = subprocess.run([CONVOY, "compile", self.model, f"--target={target}", "--dtype=bf16", "--ptxas=off", "-o",
                                      self.folder / f"{target}.so", "--quiet"], capture_output=True, text=True)
            if "has no products of bf16" in outcome.stderr:
                self.skipTest(outcome.stderr.strip())
            self.assertEqual(outcome.returncode, 0, outcome.stderr)
            numpy.save(self.folder / "x.npy", random(1, 8, 9, 11, seed=4))
            self.convoy("run", self.folder / f"{target}.so", f"--input=x={self.folder}/x.npy", "--output", self.folder / target)
            results[target] = numpy.load(self.folder / target / "y.npy")
        largest = numpy.abs(results["host"]).max()
        numpy.testing.assert_allclose(results["cuda"], results["host"], rtol=0, atol=largest / 128)
        self.assertGreater(largest, 1)

    def test_bytes(self):
        """Quantised layers in integers: what ONNX Runtime computes, but for a step of the last rounding."""
        rng = numpy.random.default_rng(9)
        w = rng.integers(-127, 128, (24, 6, 3, 3)).astype(numpy.int8)
        m = rng.integers(-127, 128, (24, 10)).astype(numpy.int8)
        weights = {"w": w, "ws": rng.uniform(0.001, 0.004, 24).astype(numpy.float32), "wz": numpy.zeros(24, numpy.int8), "m": m,
                   "ms": numpy.float32(0.003), "mz": numpy.int8(0), "s": numpy.float32(0.02), "z": numpy.uint8(117), "t": numpy.float32(0.03)}
        node = helper.make_node
        nodes = [node("QuantizeLinear", ["x", "s", "z"], ["xq"]), node("DequantizeLinear", ["xq", "s", "z"], ["xd"]),
                 node("DequantizeLinear", ["w", "ws", "wz"], ["wd"], axis=0), node("Conv", ["xd", "wd"], ["c"], pads=[1, 1, 1, 1], strides=[2, 2]),
                 node("QuantizeLinear", ["c", "t", "z"], ["cq"]), node("DequantizeLinear", ["cq", "t", "z"], ["cd"]),
                 node("GlobalAveragePool", ["cd"], ["g"]), node("Flatten", ["g"], ["f"]), node("QuantizeLinear", ["f", "s", "z"], ["fq"]),
                 node("DequantizeLinear", ["fq", "s", "z"], ["fd"]), node("DequantizeLinear", ["m", "ms", "mz"], ["md"]),
                 node("MatMul", ["fd", "md"], ["p"]), node("QuantizeLinear", ["p", "s", "z"], ["pq"]), node("DequantizeLinear", ["pq", "s", "z"], ["y"])]
        self.compile(nodes, [2, 6, 9, 10], [("y", TensorProto.FLOAT), ("cd", TensorProto.FLOAT)], weights)
        kernels = self.convoy("inspect", self.model, "--target=cuda").stdout
        self.assertRegex(kernels, r"u8 x i8 .*gpu_conv_direct")
        self.assertRegex(kernels, r"u8 x i8 .*gpu_matmul")
        self.assertNotIn("gpu_plain", kernels)
        self.agree(2, 6, 9, 10, step=0.03)

    def test_the_host_computes_in_between(self):
        nodes = [helper.make_node("Relu", ["x"], ["a"]), helper.make_node("NonZero", ["a"], ["i"]),
                 helper.make_node("TopK", ["a", "k"], ["v", "j"]), helper.make_node("Neg", ["v"], ["y"])]
        self.compile(nodes, [4, 9], [("i", TensorProto.INT64), ("j", TensorProto.INT64), ("y", TensorProto.FLOAT)],
                     {"k": numpy.array([1], numpy.int64)})
        self.agree(4, 9)

    def test_times_of_layers(self):
        self.compile([helper.make_node("Relu", ["x"], ["a"]), helper.make_node("ReduceSum", ["a"], ["y"])], [64, 64],
                     [("y", TensorProto.FLOAT)], {})
        outcome = self.convoy("bench", self.folder / "net.so", "--runs", 3, "--profile", "--resident")
        self.assertRegex(outcome.stdout, r"of 3 runs, Stand-in 0, inputs and outputs there")
        self.assertRegex(outcome.stdout, r"\d us in all launches")

    def test_too_little_memory(self):
        self.compile([helper.make_node("Relu", ["x"], ["y"])], [100, 100], [("y", TensorProto.FLOAT)], {})
        outcome = subprocess.run([CONVOY, "run", self.folder / "net.so"], capture_output=True, text=True, env=environment(memory=1000))
        self.assertEqual(outcome.returncode, 1, outcome.stderr)
        self.assertRegex(outcome.stderr, r"has too little memory: \d+ bytes are needed for the arena, \d+ of its 1000 bytes are free")

    def test_driver_errors_name_the_layer(self):
        """Every third call fails in turn; those of a launch say whose it was."""
        self.compile([helper.make_node("Relu", ["x"], ["y"], name="first"), helper.make_node("Softmax", ["y"], ["z"], name="second")],
                     [4, 4], [("z", TensorProto.FLOAT)], {})
        said = []
        for call in range(1, 60, 3):
            outcome = subprocess.run([CONVOY, "run", self.folder / "net.so", "--quiet"], capture_output=True, text=True,
                                     env=environment(fail=call, code=700))
            self.assertIn(outcome.returncode, (0, 1), outcome.stderr)  # 0: it failed while all was given back
            if outcome.returncode:
                self.assertIn("CUDA_ERROR_ILLEGAL_ADDRESS", outcome.stderr)
                said.append(outcome.stderr)
        self.assertGreater(len(said), 5)
        self.assertTrue(any("layer 'net.onnx:" in message and ": CUDA device 0 (Stand-in 0): cu" in message for message in said), said)

    def test_machine_code_is_not_run_here(self):
        """What the stand-in can't run must not pass for a result."""
        self.compile([helper.make_node("Relu", ["x"], ["y"])], [100, 100], [("y", TensorProto.FLOAT)], {})
        compiled = self.convoy("compile", self.model, "--target=cuda", "-o", self.folder / "net.so")
        outcome = subprocess.run([CONVOY, "run", self.folder / "net.so"], capture_output=True, text=True, env=environment())
        if outcome.returncode == 0:
            self.skipTest(f"no ptxas: {compiled.stderr}")
        self.assertEqual(outcome.returncode, 99)
        self.assertIn("machine code can't be run here", outcome.stderr)


class OnDevice(unittest.TestCase):
    def run_script(self, env, *arguments):
        return subprocess.run([sys.executable, ROOT / "test" / "gpu" / "on_device", *map(str, arguments)], capture_output=True, text=True, env=env)

    def test_skips_aloud_without_a_driver(self):
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "libcuda.so.1").write_text("no library")
            outcome = self.run_script({**os.environ, "LD_LIBRARY_PATH": folder})
        self.assertEqual(outcome.returncode, 0, outcome.stderr)
        self.assertIn("skipped: no NVIDIA driver", outcome.stdout)

    def test_compares_with_the_processor(self):
        if not (DRIVER / "libcuda.so.1").exists():
            self.skipTest(f"{DRIVER} is absent: the target tests builds it")
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            nodes = [helper.make_node("Conv", ["x", "w"], ["a"], strides=[2, 2]), helper.make_node("Sigmoid", ["a"], ["y"])]
            save(folder / "small_b1.onnx", nodes, [1, 3, 9, 9], [("y", TensorProto.FLOAT)], {"w": random(4, 3, 3, 3)})
            arguments = ("small_b1", "absent_b1", "--models", folder, "--bench", folder, "--no-times", "--compile=--ptxas=off")
            outcome = self.run_script(environment(), *arguments)
            self.assertEqual(outcome.returncode, 0, outcome.stdout + outcome.stderr)
            self.assertRegex(outcome.stdout, r"\| small_b1 \| \d\.\de[-+]\d\d \|")
            self.assertRegex(outcome.stdout, "skipped: .*absent_b1.onnx is absent")
            self.assertIn("1 networks agree, 0 failed", outcome.stdout)
            strict = self.run_script(environment(), *arguments, "--tolerance", "-1")
            self.assertEqual(strict.returncode, 1)
            self.assertIn("failed: small_b1: differs from the processor's results", strict.stdout)


if __name__ == "__main__":
    unittest.main()
