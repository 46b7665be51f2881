#!/usr/bin/env python3
"""Times the networks of shared/bench beside their peers, in one run, and prints tables for the README.

    test/perf/networks.py [NAME ...] [--python PYTHON] [--threads 1,2] [--batch 1] [--peers ort,openvino] [--rounds 5]
                          [--dtype fp32|bf16|int8 [--calibrate FOLDER]]
    test/perf/networks.py --compile [NAME ...]      time, memory and size of compilation instead

PYTHON is the interpreter of an environment with the packages of shared/bench/requirements.txt (`tools/setup peers`).
Nothing else may run at the same time.
"""

import argparse
import json
import os
import pathlib
import shlex
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
CONVOY = ROOT / "build" / "bin" / "convoy"
SHARED = pathlib.Path(os.environ.get("CONVOY_SHARED", ROOT.parent / "shared"))
NAMES = ("resnet50 resnet18 vgg16 unet mobilenet_v2 efficientnet_b0 mobilenet_v3_small shufflenet_v2_x1_0 densenet121 "
         "convnext_tiny squeezenet1_1 lraspp ssdlite320 dcgan lenet").split()


def model(name, options):
    """The network as ONNX, made once."""
    path = options.work / f"{name}_b{options.batch}.onnx"
    if not path.exists():
        subprocess.run([options.python, SHARED / "bench" / "models.py", "--out", options.work, "--batch",
                        str(options.batch), name], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return path


SAMPLES = """
import sys, numpy, peers
name, shape = peers.input_of(sys.argv[1])
numpy.savez(sys.argv[2], **{name: numpy.stack([peers.sample(shape[1:], seed) for seed in range(8)])})
"""


def samples(path, options):
    """What the peers of shared/bench calibrate on: eight random samples, or the user's folder."""
    if options.calibrate:
        return options.calibrate
    folder = path.with_suffix(".samples")
    if not folder.exists():
        folder.mkdir()
        subprocess.run([options.python, "-c", SAMPLES, path, folder / "random.npz"], check=True,
                       cwd=SHARED / "bench", env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
    return folder


def type_flags(path, options):
    """What `convoy compile` wants for the types that the peers compute in."""
    if options.dtype == "int8":
        return ["--dtype=i8", f"--calibrate={samples(path, options)}"]
    return ["--dtype=bf16"] if options.dtype == "bf16" else []


def module_of(path, options):
    return path.with_suffix(".so" if options.dtype == "fp32" else f".{options.dtype}.so")


def compile_model(path, options, *flags):
    """Compiles; (module, seconds, peak kilobytes of the largest process)."""
    module = module_of(path, options)
    flags = [*type_flags(path, options), *flags]
    start = time.perf_counter()
    process = subprocess.Popen([CONVOY, "compile", path, "-o", module, "--quiet", *flags])
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{path} does not compile")
    return module, time.perf_counter() - start, usage.ru_maxrss


def compare(name, threads, options):
    path = model(name, options)
    module = module_of(path, options)
    if not module.exists() or module.stat().st_mtime < max(CONVOY.stat().st_mtime, path.stat().st_mtime):
        compile_model(path, options)
    mine = f"{shlex.quote(str(CONVOY))} bench {shlex.quote(str(module))} --threads $BENCH_THREADS --runs $BENCH_RUNS --raw --quiet"
    results = options.work / "result.json"
    results.unlink(missing_ok=True)
    subprocess.run([options.python, SHARED / "bench" / "peers.py", path, "--threads", str(threads), "--dtype", options.dtype, "--peers",
                    options.peers, "--rounds", str(options.rounds), "--also", f"convoy={mine}", "--work", options.work,
                    "--json", results], check=True, stdout=subprocess.DEVNULL, cwd=options.work)
    return json.loads(results.read_text())["results"]


def show_times(options):
    peers = options.peers.split(",")
    threads = [int(t) for t in options.threads.split(",")]
    print("| network | threads | Convoy ms | " + " | ".join(f"{p} ms" for p in peers) + " | share of the best peer |")
    print("|---|---|" + "---|" * (len(peers) + 2))
    for name in options.names or NAMES:
        for count in threads:
            times = {n: r.get("min_ms") for n, r in compare(name, count, options).items()}
            best = min((times[p] for p in peers if times.get(p)), default=None)
            cells = [f"{times[p]:.3f}" if times.get(p) else "–" for p in peers]
            share = f"{times['convoy'] / best:.2f}" if best and times.get("convoy") else "–"
            print(f"| {name} | {count} | {times['convoy']:.3f} | {' | '.join(cells)} | {share} |", flush=True)


def show_compilation(options):
    print("| network | cold s | warm s | peak MiB | module MB | weights MB |")
    print("|---|---|---|---|---|---|")
    for name in options.names or NAMES:
        path = model(name, options)
        module, cold, memory = compile_model(path, options, "--no-cache")
        compile_model(path, options)
        _, warm, _ = compile_model(path, options)
        described = subprocess.run([CONVOY, "inspect", module, "--json"], check=True, stdout=subprocess.PIPE, text=True)
        weights = next(e["weights"] for e in map(json.loads, described.stdout.splitlines()) if e["event"] == "memory")
        print(f"| {name} | {cold:.1f} | {warm:.2f} | {memory / 1024:.0f} | {module.stat().st_size / 1e6:.2f} | "
              f"{weights / 1e6:.2f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--peers", default="")
    parser.add_argument("--dtype", choices=("fp32", "bf16", "int8"), default="fp32")
    parser.add_argument("--calibrate", help="folder of pictures for int8 (default: random samples, as the peers)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / "build" / "perf")
    options = parser.parse_args()
    # PyTorch and ncnn compute in bf16 too, and are never the best here.
    options.peers = options.peers or ("openvino" if options.dtype == "bf16" else "ort,openvino")
    if not (SHARED / "bench" / "peers.py").exists():
        sys.exit(f"skipped: {SHARED}/bench is not there; CONVOY_SHARED says where it is")
    options.work = options.work.resolve()
    options.work.mkdir(parents=True, exist_ok=True)
    (show_compilation if options.compile else show_times)(options)


if __name__ == "__main__":
    main()
