#!/usr/bin/env python3
"""Adds an op to the cnn dialect: its five pieces, and a test that fails until they say what the op means.

    tools/dev/new_op.py hard_shift --onnx HardShift [--importer movement] [--schedules move]

What is written computes the identity of one input, so that everything builds; the places to fill in are printed.
"""

import argparse
import pathlib
import re
import sys

ODS = '''def Cnn_{Camel}Op : Cnn_Op<"{name}"> {{
  let summary = "SAY WHAT {name} IS";
  let description = [{{ {name}_c1: input and result have one element type. }}];
  let arguments = (ins AnyRankedTensor:$input);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input attr-dict `:` functional-type($input, $result)";
}}

'''

RULE = '''// Shape rule of {name}.
#include "dialects/cnn/rules/Arithmetic.h"

using namespace mlir;
using namespace convoy::cnn;
using shape::Rule;

LogicalResult {Camel}Op::inferFacts(ShapeAnalysis &analysis, SmallVectorImpl<Facts> &results) {{
  Rule rule(*this, analysis);
  if (getInput().getType().getElementType() != getType().getElementType())
    return rule.error("{name}_c1") << "input and result must have one element type";
  results.push_back({{Expressions(rule.dims(getInput())), std::nullopt}});
  return success();
}}
'''

HEADER = '''#pragma once

#include "schedules/core/Registry.h"

namespace convoy::schedules {{

/// SAY WHAT {name} COMPUTES.
Halide::Func {camel}(const OpContext &context);

}} // namespace convoy::schedules
'''

ALGORITHM = '''#include "schedules/{schedules}/{Camel}.h"

using namespace Halide;

namespace convoy::schedules {{

Func {camel}(const OpContext &context) {{
  Func result = context.func();
  result(context.vars()) = context.input(0)(context.arguments());
  return result;
}}

}} // namespace convoy::schedules
'''

IMPORT = '''static Results import{onnx}(Node &n) {{
  Value input = n.input(0);
  return input ? n.create<cnn::{Camel}Op>(n.elementOf(input), input) : Value();
}}

'''

TEST = '''"""{name}, imported from ONNX, against NumPy."""

import os
import pathlib
import subprocess
import tempfile
import unittest

import numpy as np
import onnx
from onnx import TensorProto, helper

BIN = pathlib.Path(os.environ.get("CONVOY_BIN", "build/bin"))


def expected(x):
    raise NotImplementedError("say with NumPy what {name} computes")


def model(shape):
    tensors = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in ("x", "y")]
    graph = helper.make_graph([helper.make_node("{onnx}", ["x"], ["y"], name="node")], "{name}", tensors[:1], tensors[1:])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


class {Camel}(unittest.TestCase):
    def test_against_numpy(self):
        for shape in ((1, 3, 5, 7), (2, 16, 8, 8), (1, 1, 1, 1)):
            with self.subTest(shape=shape), tempfile.TemporaryDirectory() as folder:
                folder = pathlib.Path(folder)
                x = np.random.default_rng(1).standard_normal(shape, dtype=np.float32)
                np.save(folder / "x.npy", x)
                onnx.save(model(shape), folder / "model.onnx")
                subprocess.run([BIN / "convoy", "run", folder / "model.onnx", "--input", f"x={{folder}}/x.npy",
                                "--output", folder / "out", "--quiet"], check=True)
                np.testing.assert_allclose(np.load(folder / "out" / "y.npy"), expected(x), rtol=1e-5, atol=1e-6)


if __name__ == "__main__":
    unittest.main()
'''


class Tree:
    """Edits of a source tree: made in memory, written only when all of them have found their place."""

    def __init__(self, root):
        self.root = root
        self.texts = {}
        self.places = []

    def create(self, path, text):
        if (self.root / path).exists():
            sys.exit(f"new_op: {path} is there already")
        self.texts[path] = text
        self.places.append(path)

    def text(self, path):
        if path not in self.texts:
            if not (self.root / path).exists():
                sys.exit(f"new_op: {path} does not exist")
            self.texts[path] = (self.root / path).read_text()
        return self.texts[path]

    def insert(self, path, pattern, added, after=False):
        """Puts text before (or after) the last match of a pattern."""
        text = self.text(path)
        matches = list(re.finditer(pattern, text, re.MULTILINE))
        if not matches:
            sys.exit(f"new_op: no place in {path} (looked for {pattern})")
        at = matches[-1].end() if after else matches[-1].start()
        self.texts[path] = text[:at] + added + text[at:]
        self.places.append(path)

    def write(self):
        for path, text in self.texts.items():
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).write_text(text)
        for place in dict.fromkeys(self.places):
            print(place)


def add_op(tree, names):
    def filled(template):
        return template.format(**names)

    tree.insert("dialects/cnn/CnnOps.td", r"^#endif", filled(ODS))
    tree.create(filled("dialects/cnn/rules/{Camel}.cpp"), filled(RULE))
    tree.insert("dialects/cnn/CMakeLists.txt", r"rules/\w+\.cpp", filled("\n    rules/{Camel}.cpp"), after=True)
    tree.create(filled("schedules/{schedules}/{Camel}.h"), filled(HEADER))
    tree.create(filled("schedules/{schedules}/{Camel}.cpp"), filled(ALGORITHM))
    tree.insert(filled("schedules/{schedules}/CMakeLists.txt"), r"SOURCES\s", filled("{Camel}.cpp "), after=True)
    tree.insert("schedules/Families.cpp", r'^#include "schedules/.*\n', filled('#include "schedules/{schedules}/{Camel}.h"\n'), after=True)
    tree.insert("schedules/Families.cpp", r"^  registerPlain\(", filled('  registry.algorithms["{name}"] = {camel};\n'))
    importer = filled("compiler/Frontend/Onnx/Operators/{importer}.cpp")
    tree.insert(importer, r"^ArrayRef<Operator> \w+Operators\(\) \{", filled(IMPORT))
    tree.insert(importer, r"static const Operator table\[\] = \{\n", filled('      {{"{onnx}", 6, 1, 1, import{onnx}}},\n'), after=True)
    tree.create(filled("test/e2e/ops/test_{name}.py"), filled(TEST))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", help="mnemonic, as in cnn.hard_shift")
    parser.add_argument("--onnx", required=True, help="the ONNX operator that becomes it")
    parser.add_argument("--importer", default="movement", help="file of compiler/Frontend/Onnx/Operators (movement)")
    parser.add_argument("--schedules", default="move", help="folder of schedules/ for the algorithm (move)")
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2], help="of the source tree")
    options = parser.parse_args()
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", options.name):
        sys.exit(f"new_op: '{options.name}' is no mnemonic: lower case words joined by _")
    camel = "".join(word.capitalize() for word in options.name.split("_"))
    names = {"name": options.name, "Camel": camel, "camel": camel[0].lower() + camel[1:], "onnx": options.onnx,
             "importer": options.importer.capitalize(), "schedules": options.schedules}
    tree = Tree(options.root)
    add_op(tree, names)
    tree.write()
    print(f"now say what {options.name} is in each of them; test/e2e/ops/test_{options.name}.py fails until then")


if __name__ == "__main__":
    main()
