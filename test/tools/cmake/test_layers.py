"""Each layer includes what its arrows allow and nothing else: a forbidden include must not compile."""

import json
import os
import pathlib
import shlex
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
BUILD = pathlib.Path(os.environ.get("CONVOY_BIN", ROOT / "build" / "bin")).parent

ALLOWED = {
    "dialects": ["dialects/cnn/Shapes.h", "mlir/IR/Builders.h"],
    "schedules": ["schedules/core/Result.h", "schedules/kernel.pb.h", "Halide.h"],
    "compiler": ["dialects/cnn/Shapes.h", "schedules/core/Result.h", "convoy/module.h", "runtime/ops/object.h"],
    "runtime": ["convoy/module.h", "runtime/core/internal.h"],
}
FORBIDDEN = {
    "dialects": ["Halide.h", "schedules/core/Result.h", "schedules/kernel.pb.h", "compiler/Plan/Plan.h", "convoy/module.h"],
    "schedules": ["mlir/IR/Builders.h", "llvm/ADT/StringRef.h", "dialects/cnn/Shapes.h", "compiler/Plan/Plan.h", "convoy/module.h"],
    "compiler": ["Halide.h", "runtime/core/internal.h", "tools/convoy-opt/Register.h"],
    "runtime": ["schedules/core/Result.h", "dialects/cnn/Shapes.h", "mlir/IR/Builders.h", "Halide.h"],
}


def flags_of(layer):
    """The include paths with which the build compiles some source of the layer."""
    for entry in json.loads((BUILD / "compile_commands.json").read_text()):
        source = pathlib.Path(entry["file"])
        if source.suffix in (".cpp", ".c") and source.is_relative_to(ROOT / layer):
            arguments = shlex.split(entry["command"])
            return source.suffix, [part for flag, value in zip(arguments, arguments[1:] + [""]) for part in keep(flag, value)]
    raise AssertionError(f"no source of {layer} in compile_commands.json")


def keep(flag, value):
    if flag in ("-isystem", "-I"):
        return [flag, value]
    return [flag] if flag.startswith(("-I", "-std=", "-D")) else []


def compiles(suffix, flags, header):
    compiler = "clang-22" if suffix == ".c" else "clang++-22"
    outcome = subprocess.run([compiler, "-E", "-o", os.devnull, "-x", "c" if suffix == ".c" else "c++", *flags, "-"],
                             input=f'#include "{header}"\n', capture_output=True, text=True, cwd=tempfile.gettempdir())
    return outcome.returncode == 0, outcome.stderr


class Layers(unittest.TestCase):
    def test_allowed(self):
        for layer, headers in ALLOWED.items():
            suffix, flags = flags_of(layer)
            for header in headers:
                with self.subTest(layer=layer, header=header):
                    ok, message = compiles(suffix, flags, header)
                    self.assertTrue(ok, message)

    def test_forbidden(self):
        for layer, headers in FORBIDDEN.items():
            suffix, flags = flags_of(layer)
            for header in headers:
                with self.subTest(layer=layer, header=header):
                    ok, message = compiles(suffix, flags, header)
                    self.assertFalse(ok)
                    self.assertIn("file not found", message)

    def test_runtime_stands_alone(self):
        """runtime/core compiles from a copy of its folder, with the C library and nothing else."""
        with tempfile.TemporaryDirectory() as folder:
            core = pathlib.Path(folder) / "runtime" / "core"
            shutil.copytree(ROOT / "runtime" / "core", core)
            for source in sorted(core.glob("*.c")):
                with self.subTest(source=source.name):
                    outcome = subprocess.run(
                        ["clang-22", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter", "-fsyntax-only",
                         f"-I{folder}", f"-I{core / 'include'}", source], capture_output=True, text=True)
                    self.assertEqual(outcome.returncode, 0, outcome.stderr)

    def test_module_header_is_c99_and_cpp(self):
        header = ROOT / "runtime" / "core" / "include" / "convoy" / "module.h"
        for command in (["clang-22", "-std=c99", "-x", "c"], ["clang++-22", "-std=c++11", "-x", "c++"]):
            with self.subTest(command=command):
                outcome = subprocess.run([*command, "-pedantic", "-Wall", "-Werror", "-fsyntax-only", header],
                                         capture_output=True, text=True)
                self.assertEqual(outcome.returncode, 0, outcome.stderr)
        includes = [line for line in header.read_text().splitlines() if line.startswith("#include")]
        self.assertEqual(sorted(includes), ["#include <stddef.h>", "#include <stdint.h>"])


if __name__ == "__main__":
    unittest.main()
