"""The lit suites of the whole test tree. `config` and the paths come from lit.site.cfg.py in the build folder."""

import os
import platform

import lit.formats

config.name = "convoy"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.excludes = ["corpus", "data", "golden", "inputs", "modules"]
config.test_source_root = os.path.join(config.convoy_source, "test")
config.test_exec_root = os.path.join(config.convoy_build, "test", "lit")

path = [os.path.join(config.convoy_build, "bin"), config.llvm_tools, os.path.join(config.convoy_venv, "bin")]
config.environment["PATH"] = os.pathsep.join(path + [os.environ.get("PATH", "")])
# Variables of FileCheck that are not global end with their function: a name can't leak from one case to the next.
config.environment["FILECHECK_OPTS"] = "--enable-var-scope --dump-input=fail"
# Compilations of tests share a cache, which is not the user's.
config.environment["XDG_CACHE_HOME"] = os.path.join(config.convoy_build, "test", "cache")
for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
    if name in os.environ:
        config.environment[name] = os.environ[name]

config.substitutions.append(("%convoy-opt", os.path.join(config.convoy_build, "bin", "convoy-opt")))
config.substitutions.append(("%convoy", os.path.join(config.convoy_build, "bin", "convoy")))
config.substitutions.append(("%python", os.path.join(config.convoy_venv, "bin", "python3")))
config.substitutions.append(("%source", config.convoy_source))
config.substitutions.append(("%build", config.convoy_build))

# Real networks and pictures lie beside the repository, or where CONVOY_SHARED says. Without them a test that says
# `REQUIRES: shared` is reported as unsupported.
shared = os.environ.get("CONVOY_SHARED", os.path.join(os.path.dirname(config.convoy_source), "shared"))
config.substitutions.append(("%shared", shared))
if os.path.isdir(os.path.join(shared, "models")):
    config.available_features.add("shared")
# Networks and pictures of tools/setup demo.
models = os.path.join(config.convoy_source, "build", "models")
config.substitutions.append(("%models", models))
if os.path.isdir(models):
    config.available_features.add("demo-models")
if os.path.basename(config.convoy_build) == "asan":  # of the preset
    config.available_features.add("asan")
config.available_features.add(platform.machine().replace("_", "-"))
