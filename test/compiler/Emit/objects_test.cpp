#include "test/compiler/Emit/modules.h"

#include <google/protobuf/util/delimited_message_util.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace convoy;
using namespace convoy::compiler;
using namespace convoy::compiler::test;

namespace {

/// A 5x5 picture convolved with a 3x3 filter, then doubled by an addition; two layers share the addition.
const char *const text = R"(
  name: "filter"
  inputs { name: "x" type: F32 dims { constant: 1 } dims { constant: 1 } dims { constant: 5 } dims { constant: 5 } }
  outputs { name: "y" type: F32 dims { constant: 1 } dims { constant: 1 } dims { constant: 3 } dims { constant: 3 } }
  kernels {
    tensors { type: F32 dims { extent: 1 } dims { extent: 1 } dims { extent: 5 } dims { extent: 5 } }
    tensors { type: F32 dims { extent: 1 } dims { extent: 1 } dims { extent: 3 } dims { extent: 3 } }
    tensors { type: F32 dims { extent: 1 } dims { extent: 1 } dims { extent: 3 } dims { extent: 3 } }
    inputs: [0, 1] outputs: 2 debug { layers: "conv" }
    ops { kind: "convolution" inputs: [0, 1] outputs: 2 } }
  kernels {
    tensors { type: F32 dims { extent: 1 } dims { extent: 1 } dims { extent: 3 } dims { extent: 3 } }
    tensors { type: F32 dims { extent: 1 } dims { extent: 1 } dims { extent: 3 } dims { extent: 3 } }
    tensors { type: F32 dims { extent: 1 } dims { extent: 1 } dims { extent: 3 } dims { extent: 3 } }
    inputs: [0, 1] outputs: 2 anchor: -1 debug { layers: ["add1", "add2"] }
    ops { kind: "elementwise" inputs: [0, 1] outputs: 2 attributes { key: "function" value { text: "add" } } } }
  buffers { name: "x" space: INPUT type: F32
            dims { constant: 1 } dims { constant: 1 } dims { constant: 5 } dims { constant: 5 } }
  buffers { name: "w" space: WEIGHTS type: F32
            dims { constant: 1 } dims { constant: 1 } dims { constant: 3 } dims { constant: 3 } }
  buffers { name: "conv" type: F32 dims { constant: 1 } dims { constant: 1 } dims { constant: 3 } dims { constant: 3 } }
  buffers { name: "sum" offset { constant: 64 } type: F32
            dims { constant: 1 } dims { constant: 1 } dims { constant: 3 } dims { constant: 3 } }
  buffers { name: "y" space: OUTPUT type: F32
            dims { constant: 1 } dims { constant: 1 } dims { constant: 3 } dims { constant: 3 } }
  steps { launch { kernel: 0 buffers: [0, 1, 2] layers: "conv" } }
  steps { launch { kernel: 1 buffers: [2, 2, 3] layers: "add1" } }
  steps { launch { kernel: 1 buffers: [3, 2, 4] layers: "add2" } }
  arena_bytes { constant: 128 })";

class EmitObjects : public ::testing::Test {
protected:
  EmitObjects() : program(parse(text)) {
    program.mutable_target()->set_halide("x86-64-linux-sse41");
    for (proto::Kernel &kernel : *program.mutable_kernels())
      *kernel.mutable_target() = program.target();
    options.cacheFolder = folder.file("cache");
    options.reproducers = folder.path;
    options.workers = 2;
    options.onProgress = [&](const EmitProgress &now) { progress = now; };
    options.onWarning = [&](const std::string &warning) { warnings.push_back(warning); };
  }

  ObjectSet emit() {
    progress = {};
    auto objects = emitObjects(program, options);
    EXPECT_TRUE(objects) << objects.error();
    return objects ? std::move(*objects) : ObjectSet();
  }

  static std::vector<std::string> bytesOf(const ObjectSet &objects) {
    std::vector<std::string> all;
    for (const auto &[symbol, bytes] : objects)
      all.push_back(symbol + bytes);
    return all;
  }

  Folder folder;
  proto::Program program;
  EmitOptions options;
  EmitProgress progress;
  std::vector<std::string> warnings;
};

TEST_F(EmitObjects, CompilesToAModuleThatConvolves) {
  setWeights(program, folder.file("weights"), {1, 0, 1, 0, 1, 0, 1, 0, 1});
  ObjectSet objects = emit();
  EXPECT_EQ(objects.size(), 2u);
  Status done = emitPackage(program, objects, folder.file("weights"), folder.file("module.so"));
  ASSERT_TRUE(done) << done.error();
  Library module(folder.file("module.so"));
  Tensor x({1, 1, 5, 5}), y({1, 1, 3, 3});
  for (size_t i = 0; i < 25; ++i)
    x.elements[i] = static_cast<float>(i + 1);
  Context context;
  std::vector<char> memory(module->scratch_bytes + 128 + 64);
  char *aligned = memory.data() + (64 - reinterpret_cast<uintptr_t>(memory.data()) % 64);
  context.context.scratch = aligned + 128;
  context.context.scratch_bytes = module->scratch_bytes;
  ASSERT_EQ(module->run(&context.context, &x.tensor, &y.tensor, aligned, 128, nullptr), CONVOY_OK);
  std::vector<float> expected;
  for (float value : {35, 40, 45, 60, 65, 70, 85, 90, 95})
    expected.push_back(3 * value);
  EXPECT_EQ(y.elements, expected);
}

TEST_F(EmitObjects, FindsCompiledKernelsInTheCache) {
  std::vector<std::string> first = bytesOf(emit());
  EXPECT_EQ(progress.done, 2);
  EXPECT_EQ(progress.cached, 0);
  int64_t scratch = program.scratch_bytes();
  std::vector<std::string> second = bytesOf(emit());
  EXPECT_EQ(progress.done, 2);
  EXPECT_EQ(progress.cached, 2);
  EXPECT_TRUE(first == second);
  EXPECT_EQ(program.scratch_bytes(), scratch);
  EXPECT_EQ(filesIn(options.cacheFolder).size(), 2u);
}

TEST_F(EmitObjects, LayerNamesDoNotMatterToTheCache) {
  emit();
  program.mutable_kernels(0)->mutable_debug()->set_layers(0, "another");
  emit();
  EXPECT_EQ(progress.cached, 2);
}

TEST_F(EmitObjects, CompilingTwiceGivesTheSameBytes) {
  options.useCache = false;
  std::vector<std::string> first = bytesOf(emit());
  options.workers = 1;
  EXPECT_TRUE(first == bytesOf(emit()));
  EXPECT_TRUE(filesIn(options.cacheFolder).empty());
}

TEST_F(EmitObjects, CompilesDamagedEntriesAgain) {
  std::vector<std::string> first = bytesOf(emit());
  std::vector<std::string> files = filesIn(options.cacheFolder);
  ASSERT_EQ(files.size(), 2u);
  std::string bytes = readFile(files[0]);
  bytes[bytes.size() / 2] ^= 1;
  writeFile(files[0], bytes);
  writeFile(files[1], readFile(files[1]).substr(0, 100));
  EXPECT_TRUE(bytesOf(emit()) == first);
  EXPECT_EQ(progress.cached, 0);
  emit();
  EXPECT_EQ(progress.cached, 2);
}

TEST_F(EmitObjects, EvictsTheOldestEntries) {
  emit();
  std::vector<std::string> files = filesIn(options.cacheFolder);
  ASSERT_EQ(files.size(), 2u);
  timespec longAgo[2] = {{1000, 0}, {1000, 0}};
  ASSERT_EQ(utimensat(AT_FDCWD, files[0].c_str(), longAgo, 0), 0);
  struct stat about;
  ASSERT_EQ(stat(files[1].c_str(), &about), 0);
  options.cacheBytes = about.st_size * 5 / 2;
  for (proto::Kernel &kernel : *program.mutable_kernels())
    kernel.mutable_target()->set_cores(3); // Other kernels.
  emit();
  std::vector<std::string> left = filesIn(options.cacheFolder);
  EXPECT_EQ(std::count(left.begin(), left.end(), files[0]), 0);
  EXPECT_FALSE(left.empty());
}

TEST_F(EmitObjects, WorksWithoutACache) {
  writeFile(options.cacheFolder, "no folder");
  EXPECT_EQ(emit().size(), 2u);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_NE(warnings[0].find("compiled kernels are not kept"), std::string::npos);
}

/// What a full disk does to the cache.
TEST_F(EmitObjects, WorksWhenTheCacheIsFull) {
  FileLimit limit(100);
  EXPECT_EQ(emit().size(), 2u);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_NE(warnings[0].find("File too large"), std::string::npos) << warnings[0];
  EXPECT_TRUE(filesIn(options.cacheFolder).empty());
}

TEST_F(EmitObjects, SaysWhichLayersCannotBeCompiled) {
  program.mutable_kernels(1)->mutable_ops(0)->set_kind("nonsense");
  auto objects = emitObjects(program, options);
  ASSERT_FALSE(objects);
  EXPECT_EQ(objects.error().rfind("layers 'add1' and 1 more: ", 0), 0u) << objects.error();
}

TEST_F(EmitObjects, SurvivesAWorkerThatCrashes) {
  int crashes = 0;
  options.onCrash = [&] { ++crashes; };
  setenv("CONVOY_TEST_CRASH", "convolution", 1);
  auto objects = emitObjects(program, options);
  unsetenv("CONVOY_TEST_CRASH");
  ASSERT_FALSE(objects);
  EXPECT_EQ(crashes, 1);
  std::string file = folder.file(program.kernels(0).debug().symbol() + ".textproto");
  EXPECT_EQ(objects.error().rfind("layer 'conv': the kernel compiler crashed (Aborted); its input is in " + file, 0),
            0u)
      << objects.error();
  EXPECT_NE(objects.error().find("as the test wants"), std::string::npos) << objects.error();
  EXPECT_NE(readFile(file).find("convolution"), std::string::npos);
}

TEST_F(EmitObjects, SaysWhenThereIsNoWorker) {
  options.worker = folder.file("nothing");
  auto objects = emitObjects(program, options);
  ASSERT_FALSE(objects);
  EXPECT_EQ(objects.error(), "can't start " + options.worker + ": No such file or directory");
}

TEST_F(EmitObjects, SaysWhenTheWorkerIsNone) {
  options.worker = "/bin/false";
  auto objects = emitObjects(program, options);
  ASSERT_FALSE(objects);
  EXPECT_NE(objects.error().find("the kernel compiler crashed (exit code 1)"), std::string::npos) << objects.error();
}

/// A worker crashes on kernels whose first op is of the kind in CONVOY_TEST_CRASH.
void crashOn(const proto::Kernel &kernel) {
  const char *kind = getenv("CONVOY_TEST_CRASH");
  if (!kind || kernel.ops(0).kind() != kind)
    return;
  fprintf(stderr, "as the test wants\n");
  abort();
}

} // namespace

int main(int argc, char **argv) {
  if (argc == 2 && strcmp(argv[1], compileKernelsFlag) == 0) {
    // A limit of the test is not for its workers.
    rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_FSIZE, &limit);
    return compileKernelsMain(crashOn);
  }
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
