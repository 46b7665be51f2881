"""Kernels of whole networks as the compiler makes and schedules them for CUDA, run as OpenCL on this machine (PoCL) and judged
by the plain schedule of the processor.

    test/gpu/test_networks_opencl.py [NAME ...]     networks whose names contain one of these; all: every network of
                                                    build/perf and shared/models

Without names: ResNet-20. (gpu_mobilenet_test runs MobileNetV2's convolutions in each run of the tests.)
"""
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import textwrap
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("CONVOY_BIN", ROOT / "build" / "bin"))
MODELS = pathlib.Path(os.environ.get("CONVOY_SHARED", ROOT.parent / "shared")) / "models"
CHOSEN = ("resnet20_cifar10",)
SYMBOL = 3  # extent of each symbolic dimension

RELU = """target { halide: "host-opencl" gpu { capability: 80 multiprocessors: 8 shared_bytes: 49152 registers: 65536 l2_bytes: 1 } }
tensors { type: F32 dims { extent: 8 } } tensors { type: F32 dims { extent: 8 } } inputs: 0 outputs: 1 anchor: -1
ops { kind: "elementwise" inputs: 0 outputs: 1 attributes { key: "function" value { text: "relu" } } }
"""


def run(*command):
    return subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=600)


def networks():
    """Paths by name, without those that are made to be trained."""
    found = [*(BIN.parent / "perf").glob("*_b1.onnx"), *(MODELS / "onnx").glob("*.onnx")]
    return {path.stem: path for path in sorted(found) if not path.stem.endswith("_train")}


def kernels(network, folder):
    """Distinct kernels of a network's plan, in text, on an OpenCL device that has the numbers of sm_80."""
    plan = folder / "plan"
    process = run(BIN / "convoy", "compile", network, "--target=cuda", "--stop-after=plan", "-o", plan, "--quiet")
    if process.returncode:
        raise AssertionError(process.stderr)
    found = re.findall(r"^kernels \{\n(.*?)^\}\n", plan.read_text(), re.DOTALL | re.MULTILINE)
    return [re.sub(r'halide: "[^"]*"', 'halide: "host-opencl"', textwrap.dedent(kernel), count=1) for kernel in found]


def check(kernel, path):
    """(template, what went wrong or nothing) of a kernel."""
    path.write_text(kernel)
    symbols = [f"--symbol={symbol}={SYMBOL}" for symbol in sorted(set(re.findall(r"\bsymbol: (\d+)", kernel)))]
    process = run(BIN / "convoy-kernel", path, "--check", *symbols)
    template = re.search(r"schedule: (\S+)", process.stdout + process.stderr)
    wrong = process.returncode or "output 0: largest difference" not in process.stdout
    return template[1] if template else "", f"{path.name}: {process.stdout}{process.stderr}" if wrong else None


def check_all(network, folder):
    texts = kernels(network, folder)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(check, texts, [folder / f"{network.stem}.{i}.textproto" for i in range(len(texts))]))


class NetworksOnDevice(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        if not (BIN / "convoy-kernel").exists():
            self.skipTest(f"{BIN / 'convoy-kernel'} is absent")
        _, problem = check(RELU, self.folder / "relu.textproto")
        if problem and "no OpenCL device" in problem:
            self.skipTest(problem)
        self.assertIsNone(problem)

    def test_networks(self):
        for name in CHOSEN:
            with self.subTest(name):
                path = networks().get(name)
                if not path:
                    self.skipTest(f"{name}.onnx is absent")
                checked = check_all(path, self.folder)
                self.assertEqual([problem for _, problem in checked if problem], [])
                templates = {template for template, _ in checked}
                self.assertTrue(templates)
                self.assertTrue(all(template.startswith("gpu_") for template in templates), templates)

    def test_a_kernel_that_can_not_be_run_is_a_problem(self):
        _, problem = check(RELU.replace("inputs: 0 outputs: 1 anchor", "inputs: 7 outputs: 1 anchor"), self.folder / "wrong.textproto")
        self.assertIsNotNone(problem)


def main(wanted):
    failed = 0
    for name, path in networks().items():
        if "all" in wanted or any(part in name for part in wanted):
            with tempfile.TemporaryDirectory() as folder:
                checked = check_all(path, pathlib.Path(folder))
            problems = [problem for _, problem in checked if problem]
            failed += len(problems)
            print("\n".join([f"{name}: {len(checked)} kernels, {len(problems)} failed", *problems]), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]) if sys.argv[1:] else unittest.main())
