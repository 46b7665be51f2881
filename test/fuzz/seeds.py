#!/usr/bin/env python3
"""Writes small files for a fuzzer to start from, its corpus and valid ones: seeds.py FUZZER FOLDER."""

import pathlib
import shutil
import sys

import onnx

ROOT = pathlib.Path(__file__).resolve().parents[2]
SUITE = pathlib.Path(onnx.__file__).parent / "backend" / "test" / "data" / "node"

SEEDS = {
    "onnx_fuzz": lambda: SUITE.glob("*/model.onnx"),
    "text_fuzz": lambda: (ROOT / "tools" / "networks").glob("*.textproto"),
    "safetensors_fuzz": lambda: (ROOT / "test" / "compiler" / "Weights" / "data").rglob("*.safetensors"),
    "pickle_fuzz": lambda: [path for path in (ROOT / "test" / "compiler" / "Weights" / "data").rglob("*")
                            if path.suffix in (".pt", ".pth", ".pkl")],
    "npy_fuzz": lambda: (ROOT / "test" / "runtime" / "data" / "arrays").glob("*"),
    "image_fuzz": lambda: (ROOT / "test" / "runtime" / "data" / "pictures").glob("*"),
}
LARGEST = 16 << 10


def main():
    fuzzer, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    corpus = (ROOT / "test" / "fuzz" / "corpus" / fuzzer).glob("*")
    for number, path in enumerate([*sorted(corpus), *sorted(SEEDS.get(fuzzer, list)())]):
        if path.stat().st_size <= LARGEST:
            shutil.copyfile(path, folder / f"{number}_{path.name}")


if __name__ == "__main__":
    main()
