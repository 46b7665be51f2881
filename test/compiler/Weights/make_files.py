"""Remakes data/ and sums.txt with PyTorch: python3 make_files.py [SHARED_MODELS [efficientnet_lite0.pth]].

data/*.pth hold what a state dictionary may hold, in both formats of torch.save; sums.txt says, of each file, how many
tensors it has and a check sum over their names, types, dimensions and bytes, as PyTorch reads them.
"""
import json
import pathlib
import struct
import sys
import warnings
import zipfile
import zlib
from collections import OrderedDict

import torch

HERE = pathlib.Path(__file__).parent
TYPES = {torch.float32: "f32", torch.float64: "f64", torch.float16: "f16", torch.bfloat16: "bf16", torch.int8: "i8",
         torch.uint8: "ui8", torch.int16: "i16", torch.int32: "i32", torch.int64: "i64", torch.bool: "i1"}


def sum_of(tensors):
    total = 0
    for name, tensor in sorted(tensors.items()):
        tensor = tensor.detach().contiguous()
        dims = "x".join(map(str, tensor.shape))
        data = bytes(tensor.reshape(-1).view(torch.uint8).numpy()) if tensor.dim() else bytes(
            tensor.reshape(1).view(torch.uint8).numpy())
        total = zlib.crc32(f"{name} {TYPES[tensor.dtype]} {dims} {zlib.crc32(data):08x}\n".encode(), total)
    return f"{len(tensors)} {total:08x}"


def tensors_of(value):
    found = {k: v for k, v in value.items() if torch.is_tensor(v)}
    return found or tensors_of(value["state_dict"])


def make():
    torch.manual_seed(7)
    base = torch.randn(6, 10)
    tensors = OrderedDict(
        dense=torch.randn(3, 4, 2, 2), transposed=base.t(), part=base[1:5:2, 3:9:3], row=base[2],
        channels_last=torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last), scalar=torch.tensor(2.5),
        empty=torch.zeros(0, 3), one=torch.randn(1, 1).t(), parameter=torch.nn.Parameter(torch.randn(5)))
    tensors["unicode_ß"] = torch.ones(2)
    for type, name in TYPES.items():
        tensors["type." + name] = (torch.arange(5) % 2 if name == "i1" else torch.arange(5)).to(type)
    nested = {"epoch": 3, "lr": 0.25, "names": ["a", ("b", None, True)], "big": 2**80, "state_dict": tensors}
    model = torch.nn.Sequential(torch.nn.Conv2d(2, 3, 3), torch.nn.BatchNorm2d(3)).state_dict()  # with _metadata
    for name, value in ("tensors", tensors), ("nested", nested), ("model", model):
        torch.save(value, HERE / "data" / f"{name}.zip.pth")
        torch.save(value, HERE / "data" / f"{name}.legacy.pth", _use_new_zipfile_serialization=False)
    header = {"__metadata__": {"format": "pt"}, "w": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
              "b": {"dtype": "I64", "shape": [], "data_offsets": [24, 32]}}
    text = json.dumps(header).encode()
    (HERE / "data" / "small.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + bytes(range(32)))
    torch.save(torch.nn.Linear(2, 2), HERE / "data" / "refused" / "module.legacy.pth", _use_new_zipfile_serialization=False)


FOLDER = "model.zip"  # of model.zip.pth, as torch.save names it


def repack(name, extra, method=zipfile.ZIP_STORED, drop=""):
    """model.zip.pth with more entries, or without one."""
    with zipfile.ZipFile(HERE / "data" / "model.zip.pth") as old, zipfile.ZipFile(HERE / "data" / name, "w", method) as new:
        for entry in old.namelist():
            if not drop or not entry.endswith(drop):
                new.writestr(zipfile.ZipInfo(entry), old.read(entry), method)
        for entry, content in extra.items():
            new.writestr(zipfile.ZipInfo(f"{FOLDER}/{entry}"), content)


def make_archives():
    """What newer versions of PyTorch add, and what is refused."""
    repack("newer.zip.pth", {".format_version": "1", ".storage_alignment": "64", "byteorder": "little",
                             ".data/serialization_id": "0123456789"})
    repack("refused/big_endian.zip.pth", {"byteorder": "big"})
    repack("refused/compressed.zip.pth", {}, method=zipfile.ZIP_DEFLATED)
    repack("refused/torchscript.zip.pth", {"constants.pkl": "x"})
    repack("refused/no_pickle.zip.pth", {}, drop="data.pkl")
    repack("refused/no_storage.zip.pth", {}, drop="data/0")


def main():
    warnings.simplefilter("ignore")
    make()
    make_archives()
    files = [(path.name, path) for path in sorted((HERE / "data").glob("*.pth"))]
    for folder in sys.argv[1:2]:
        for name in "resnet20_cifar10.th", "ultraface-RFB-320.pth", "lenet_state.pt", "taef2_decoder.pth":
            files.append(("shared/" + name, pathlib.Path(folder) / "pytorch" / name))
    for path in sys.argv[2:3]:
        files.append(("demo/" + pathlib.Path(path).name, pathlib.Path(path)))
    with open(HERE / "sums.txt", "w") as out:
        out.write(f"# PyTorch {torch.__version__}: file, tensors, check sum\n")
        for name, path in files:
            out.write(f"{name} {sum_of(tensors_of(torch.load(path, map_location='cpu')))}\n")


if __name__ == "__main__":
    main()
