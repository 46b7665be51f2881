"""What ptxas makes of the kernels of whole networks, for sm_80 and sm_90: registers, shared memory, spills.

    test/gpu/test_networks_ptxas.py [NAME ...]     networks whose names contain one of these; all: every network of
                                                   build/perf and shared/models, ten minutes

Without names: CHOSEN, or those named by CONVOY_PTXAS_NETWORKS. Kernels of convolutions and products must not spill. The table
lies in build/test/ptxas.txt afterwards.
"""
import collections
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CONVOY = pathlib.Path(os.environ.get("CONVOY_BIN", ROOT / "build" / "bin")) / "convoy"
MODELS = pathlib.Path(os.environ.get("CONVOY_SHARED", ROOT.parent / "shared")) / "models"
TABLE = CONVOY.parents[1] / "test" / "ptxas.txt"
CAPABILITIES = (80, 90)
CHOSEN = ("resnet20_cifar10", "mobilenet_v2_0.35_128_flowers", "squeezenet1_1_b1", "micro_kws_m_static_qdq")
FREE_OF_SPILLS = re.compile("gpu_(conv|depthwise|matmul|winograd)")

Entry = collections.namedtuple("Entry", "registers stack spills")
Kernel = collections.namedtuple("Kernel", "name template layer shared object")
Row = collections.namedtuple("Row", "kernel entries")  # entries: by capability, a list of Entry


class Failure(Exception):
    """What a program said."""


def run(*command):
    process = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=600)
    if process.returncode:
        raise Failure(f"{pathlib.Path(command[0]).name}: exit {process.returncode}: {(process.stdout + process.stderr)[-2000:]}")
    return process.stdout + process.stderr


def assembler():
    """ptxas of PATH or of the Python environment; nothing if there is none."""
    package = pathlib.Path(sysconfig.get_paths()["purelib"]) / "nvidia" / "cuda_nvcc" / "bin"
    return shutil.which("ptxas", path=os.pathsep.join([os.environ.get("PATH", ""), str(package)]))


def networks():
    """Paths by name. Not those that are made to be trained: they need gradients."""
    found = [*(CONVOY.parents[1] / "perf").glob("*_b1.onnx"), *(MODELS / "onnx").glob("*.onnx"),
             *(MODELS / "suites" / "onnx-backend" / "light").glob("*.onnx")]
    return {path.stem: path for path in sorted(found) if not path.stem.endswith("_train")}


def shared_bytes(listing):
    """The most that a launch of a listed object asks for: the tenth argument of halide_cuda_run, pushed fourth to last. -1: not
    a constant."""
    most, pushed = 0, []
    for line in listing.splitlines():
        if "halide_cuda_run" in line and "R_X86_64" in line:
            match = re.fullmatch(r"\$(?:0x)?([0-9a-f]+)", pushed[-4]) if len(pushed) >= 4 else None
            if not match:
                return -1
            most, pushed = max(most, int(match[1], 16)), []
        elif (push := re.search(r"\spushq?\s+(\S+)", line)):
            pushed.append(push[1])
    return most


def compile_network(path, folder):
    """Its distinct kernels."""
    said = run(CONVOY, "compile", path, "--target=cuda", "--ptxas=off", "--no-cache", "--stop-after=objects", "-o", folder, "--json")
    kernels = []
    for event in map(json.loads, filter(lambda line: line.startswith("{"), said.splitlines())):
        if event["event"] == "kernel":
            file = folder / f"{event['kernel']}.o"
            shared = shared_bytes(run("objdump", "-dr", "--no-show-raw-insn", file)) if shutil.which("objdump") else -1
            layer = event["layers"][0].split(":", 1)[-1] if event["layers"] else ""
            kernels.append(Kernel(event["kernel"], event["template"], layer, shared, file))
    if {kernel.object for kernel in kernels} != set(folder.glob("*.o")):
        raise Failure(f"{path.name}: {len(kernels)} kernels are said, other objects written")
    return kernels


def code_of(object_file):
    """PTX of a kernel's object: text with a NUL behind it."""
    bytes_ = object_file.read_bytes()
    start = bytes_.index(b".version ")
    return bytes_[start:bytes_.index(b"\0", start)].decode()


def assemble(ptx, capability, *flags):
    with tempfile.NamedTemporaryFile("w", suffix=".ptx") as file:
        file.write(ptx)
        file.flush()
        said = run(assembler(), f"-arch=sm_{capability}", "-v", "-o", os.devnull, *flags, file.name)
    return entries_of(said)


def entries_of(said):
    entries = []
    for part in said.split("Compiling entry function")[1:]:
        memory = re.search(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads", part)
        registers = re.search(r"Used (\d+) registers", part)
        entries.append(Entry(int(registers[1]), int(memory[1]), int(memory[2]) + int(memory[3])))
    return entries


def rows_of(kernels, pool):
    def row(kernel):
        ptx = code_of(kernel.object)
        wanted = ptx.count(".visible .entry")
        entries = {capability: assemble(ptx, capability) for capability in CAPABILITIES}
        for capability, found in entries.items():
            if len(found) != wanted or not wanted:
                raise Failure(f"{kernel.name}: {len(found)} of {wanted} entries for sm_{capability}")
        return Row(kernel, entries)
    return list(pool.map(row, kernels))


def worst(row, field, capability=None):
    return max(getattr(entry, field) for at, entries in row.entries.items() if capability in (None, at) for entry in entries)


def table(rows):
    yield f"{'kernel':30} {'template':20} {'sm_80':>6} {'sm_90':>6} {'shared':>7} {'stack':>6} {'spills':>6}  first layer"
    for row in sorted(rows, key=lambda row: (row.kernel.template, row.kernel.name)):
        kernel = row.kernel
        yield (f"{kernel.name:30} {kernel.template:20} {worst(row, 'registers', 80):6} {worst(row, 'registers', 90):6} "
               f"{kernel.shared if kernel.shared >= 0 else '?':>7} {worst(row, 'stack'):6} {worst(row, 'spills'):6}  {kernel.layer}")


def summary(rows):
    templates = collections.defaultdict(list)
    for row in rows:
        templates[row.kernel.template].append(row)
    for template, of in sorted(templates.items()):
        yield (f"{template:20} {len(of):4} kernels, at most {max(worst(row, 'registers') for row in of):3} registers, "
               f"{max(row.kernel.shared for row in of):5} bytes of shared memory, {sum(worst(row, 'spills') > 0 for row in of)} spill")


def measure(paths):
    """Rows of all distinct kernels, and what failed, by network."""
    rows, failures = {}, {}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, path in paths.items():
            with tempfile.TemporaryDirectory() as folder:
                try:
                    kernels = compile_network(path, pathlib.Path(folder) / "objects")
                    fresh = rows_of([kernel for kernel in kernels if kernel.name not in rows], pool)
                    rows.update((row.kernel.name, row) for row in fresh)
                    print(f"{name}: {len(kernels)} kernels, {len(fresh)} of them new", flush=True)
                except Failure as failure:
                    failures[name] = str(failure)
    return list(rows.values()), failures


def spilling(rows):
    return [f"{row.kernel.name} ({row.kernel.template}, {row.kernel.layer}): {worst(row, 'spills')} bytes of spills, stack of "
            f"{worst(row, 'stack')}" for row in rows
            if FREE_OF_SPILLS.match(row.kernel.template) and worst(row, "spills") + worst(row, "stack") > 0]


def select(wanted):
    return {name: path for name, path in networks().items() if "all" in wanted or any(part in name for part in wanted)}


def report(rows, failures, paths):
    TABLE.parent.mkdir(parents=True, exist_ok=True)
    TABLE.write_text("\n".join([*table(rows), "", *summary(rows)]) + "\n")
    print("\n".join(summary(rows)))
    print(f"ptxas: {len(paths)} networks, {len(failures)} failed, {len(rows)} distinct kernels, "
          f"{len(spilling(rows))} convolutions or products spill; {TABLE}", flush=True)


class Ptxas(unittest.TestCase):
    def setUp(self):
        if not assembler():
            self.skipTest("no ptxas (package nvidia-cuda-nvcc-cu12: tools/setup check)")

    def test_networks(self):
        wanted = os.environ.get("CONVOY_PTXAS_NETWORKS", " ".join(CHOSEN)).split()
        paths = select(wanted)
        absent = [name for name in wanted if name != "all" and not any(name in found for found in paths)]
        if absent:
            print(f"skipped: networks that are absent: {' '.join(absent)}")
        if not paths:
            self.skipTest("none of the networks is there")
        rows, failures = measure(paths)
        report(rows, failures, paths)
        self.assertEqual(failures, {})
        self.assertEqual(spilling(rows), [])
        self.assertTrue(any(FREE_OF_SPILLS.match(row.kernel.template) for row in rows))

    def test_spills_are_seen(self):
        """The same kernel with too few registers spills; as it is made, it does not."""
        path = networks().get("resnet20_cifar10")
        if not path:
            self.skipTest("resnet20_cifar10.onnx is absent")
        with tempfile.TemporaryDirectory() as folder:
            kernels = compile_network(path, pathlib.Path(folder) / "objects")
            kernel = next(kernel for kernel in kernels if kernel.template == "gpu_conv_direct")
            ptx = code_of(kernel.object)
        self.assertGreater(kernel.shared, 0)
        self.assertEqual(spilling([Row(kernel, {80: assemble(ptx, 80)})]), [])
        few = Row(kernel, {80: assemble(ptx, 80, "--maxrregcount=24")})
        self.assertGreater(worst(few, "spills"), 0)
        self.assertEqual(len(spilling([few])), 1)

    def test_what_ptxas_refuses_is_said(self):
        with self.assertRaisesRegex(Failure, "ptxas: exit"):
            assemble(".version 7.0\n.target sm_80\n.address_size 64\n.visible .entry e() { nonsense; }\n", 80)


class Launches(unittest.TestCase):
    def test_shared_memory_of_the_largest_launch(self):
        def launch(shared):
            return "".join(f"  push   {value}\n" for value in ("%rax", "%r10", "%r11", shared, "$0x2", "$0x7", "$0x8")) + \
                "  call   15 <f>\n\t\t\t15: R_X86_64_PLT32\thalide_cuda_run-0x4\n"
        self.assertEqual(shared_bytes("  push   %rbp\n" + launch("$0xba00") + launch("$0x10")), 0xba00)
        self.assertEqual(shared_bytes(launch("%r12")), -1)
        self.assertEqual(shared_bytes("  push   %rbp\n"), 0)


def main(wanted):
    if not assembler():
        print("skipped: no ptxas (package nvidia-cuda-nvcc-cu12: tools/setup check)")
        return 0
    paths = select(wanted)
    rows, failures = measure(paths)
    report(rows, failures, paths)
    for name, failure in failures.items():
        print(f"{name}: {failure}")
    print("\n".join(spilling(rows)))
    return 1 if failures or spilling(rows) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]) if sys.argv[1:] else unittest.main())
