#include "test/compiler/Emit/modules.h"

#include "runtime/ops/entry.h"

#include <google/protobuf/stubs/logging.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <dlfcn.h>
#include <fstream>
#include <random>
#include <set>
#include <sstream>
#include <sys/stat.h>

using namespace convoy;
using namespace convoy::compiler;
using namespace convoy::compiler::test;

namespace {

/// y = 2 x, then z = y + weights, with y in the arena: [1, 2, 3] floats.
const char *const chain = R"(
  name: "chain" target { halide: "x86-64-linux" }
  inputs { name: "x" type: F32 dims { constant: 1 } dims { constant: 2 } dims { constant: 3 } }
  outputs { name: "z" type: F32 dims { constant: 1 } dims { constant: 2 } dims { constant: 3 } }
  kernels {
    tensors { type: F32 dims { extent: 1 } dims { extent: 2 } dims { extent: 3 } }
    tensors { type: F32 dims { extent: 1 } dims { extent: 2 } dims { extent: 3 } layout { order: [0, 2, 1] } }
    inputs: 0 outputs: 1 debug { symbol: "convoy_kernel_double" layers: "twice" } }
  kernels {
    tensors { type: F32 dims { extent: 1 } dims { extent: 2 } dims { extent: 3 } layout { order: [0, 2, 1] } }
    tensors { type: F32 dims { extent: 1 } dims { extent: 2 } dims { extent: 3 } }
    inputs: [0, 1] outputs: 1 debug { symbol: "convoy_kernel_add" layers: "plus" }
    schedule { template_name: "plain" knobs { key: "b" value: 2 } knobs { key: "a" value: 1 } } }
  buffers { name: "x" space: INPUT type: F32 dims { constant: 1 } dims { constant: 2 } dims { constant: 3 } }
  buffers { name: "y" space: ARENA offset { constant: 64 } type: F32
            dims { constant: 1 } dims { constant: 2 } dims { constant: 3 } layout { order: [0, 2, 1] } }
  buffers { name: "w" space: WEIGHTS type: F32 dims { constant: 1 } dims { constant: 2 } dims { constant: 3 } }
  buffers { name: "z" space: OUTPUT type: F32 dims { constant: 1 } dims { constant: 2 } dims { constant: 3 } }
  steps { launch { kernel: 0 buffers: [0, 1] layers: "twice" multiply_adds: 6 bytes: 48 } }
  steps { launch { kernel: 1 buffers: [1, 2, 3] layers: ["plus", "more"] } }
  arena_bytes { constant: 128 } scratch_bytes: 192)";

/// The arena keeps a row of zeros around each row of doubled elements; the width is symbolic, the result one shorter.
const char *const symbolic = R"(
  name: "symbolic" target { halide: "x86-64-linux" } symbols: "width"
  expressions { kind: SYMBOL lhs { constant: 0 } }
  expressions { kind: ADD lhs { expression: 0 } rhs { constant: 2 } }
  expressions { kind: MULTIPLY lhs { expression: 1 } rhs { constant: 8 } }
  expressions { kind: ROUND_UP lhs { expression: 2 } rhs { constant: 64 } }
  inputs { name: "x" type: F32 dims { constant: 2 } dims { expression: 0 } }
  outputs { name: "z" type: F32 dims { constant: 2 } dims { expression: 0 } }
  kernels {
    tensors { type: F32 dims { extent: 2 } dims { symbol: 1 } }
    tensors { type: F32 dims { extent: 2 } dims { symbol: 1 }
              layout { before: [0, 1] after: [0, 1] fill: ZERO order: [1, 0] } }
    inputs: 0 outputs: 1 debug { symbol: "convoy_kernel_double" layers: "twice" } }
  kernels {
    tensors { type: F32 dims { extent: 2 } dims { symbol: 1 }
              layout { before: [0, 1] after: [0, 1] fill: ZERO order: [1, 0] } }
    tensors { type: F32 dims { extent: 2 } dims { symbol: 1 } }
    inputs: 0 outputs: 1 debug { symbol: "convoy_kernel_neighbours" layers: "sum" } }
  buffers { name: "x" space: INPUT type: F32 dims { constant: 2 } dims { expression: 0 } }
  buffers { name: "y" type: F32 dims { constant: 2 } dims { expression: 0 }
            layout { before: [0, 1] after: [0, 1] fill: ZERO order: [1, 0] } }
  buffers { name: "z" space: OUTPUT type: F32 dims { constant: 2 } dims { expression: 0 } }
  steps { fill { buffer: 1 } }
  steps { launch { kernel: 0 buffers: [0, 1] layers: "twice" } }
  steps { launch { kernel: 1 buffers: [1, 2] layers: "sum" } }
  arena_bytes { expression: 3 })";

ObjectSet kernelsOf(const proto::Program &program) {
  ObjectSet objects;
  for (const proto::Kernel &kernel : program.kernels()) {
    const std::string &symbol = kernel.debug().symbol();
    objects.add(symbol, readFile(std::string(KERNELS) + "/" + symbol + ".o"));
  }
  return objects;
}

class EmitPackage : public ::testing::Test {
protected:
  std::string package(const proto::Program &program, const PackageOptions &options = {}) {
    std::string output = folder.file("module.so");
    Status done = emitPackage(program, kernelsOf(program), folder.file("weights"), output, options);
    EXPECT_TRUE(done) << done.error();
    return output;
  }

  proto::Program chainWithWeights() {
    proto::Program program = parse(chain);
    setWeights(program, folder.file("weights"), {10, 20, 30, 40, 50, 60});
    return program;
  }

  int32_t run(const Library &module, Tensor &in, Tensor &out, size_t arenaBytes = 4096) {
    return module->run(&context.context, &in.tensor, &out.tensor, arena, arenaBytes, nullptr);
  }

  Folder folder;
  Context context;
  alignas(64) char arena[4096];
  alignas(64) char scratch[192];

  void SetUp() override {
    context.context.scratch = scratch;
    context.context.scratch_bytes = sizeof scratch;
  }
};

TEST_F(EmitPackage, RunsKernelsInOrder) {
  Library module(package(chainWithWeights()));
  Tensor x({1, 2, 3}, {1, 2, 3, 4, 5, 6}), z({1, 2, 3});
  ASSERT_EQ(run(module, x, z), CONVOY_OK);
  EXPECT_EQ(z.elements, (std::vector<float>{12, 24, 36, 48, 60, 72}));
  EXPECT_TRUE(context.messages.empty());
}

TEST_F(EmitPackage, TableDescribesTheProgram) {
  Library module(package(chainWithWeights()));
  EXPECT_EQ(module->magic, CONVOY_MAGIC);
  EXPECT_EQ(module->abi_version, CONVOY_ABI_VERSION);
  EXPECT_EQ(module->size, sizeof(convoy_module));
  EXPECT_STREQ(module->name, "chain");
  EXPECT_STREQ(module->target, "x86-64-linux");
  EXPECT_EQ(module->arena_bytes, 128u);
  EXPECT_EQ(module->scratch_bytes, 192u);
  EXPECT_EQ(module->weight_bytes, 24u);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(module->weights) % 4096, 0u);
  ASSERT_EQ(module->launch_count, 2);
  EXPECT_STREQ(module->launches[1].layer, "plus + more");
  EXPECT_STREQ(module->launches[1].schedule, "plain a=1 b=2");
  EXPECT_STREQ(module->launches[1].kernel, "convoy_kernel_add");
  EXPECT_STREQ(module->launches[0].result, "y");
  EXPECT_EQ(module->launches[0].multiply_adds, 6);
  EXPECT_EQ(module->launches[0].weight_bytes, 0);
  EXPECT_EQ(module->launches[1].weight_bytes, 24);
  EXPECT_EQ(module->launches[1].result_bytes, 24);
  EXPECT_EQ(module->launches[1].type, CONVOY_F32);
  EXPECT_STREQ(module->launches[1].limits, "");
  EXPECT_STREQ(module->inputs[0].name, "x");
  EXPECT_EQ(module->inputs[0].dims[2], 3);
  EXPECT_EQ(module->prepare, nullptr);
  EXPECT_TRUE(module->supported());
}

TEST_F(EmitPackage, RefusesWrongInputsByName) {
  Library module(package(chainWithWeights()));
  Tensor z({1, 2, 3});
  auto refused = [&](Tensor x) {
    context.messages.clear();
    EXPECT_EQ(run(module, x, z), CONVOY_INVALID_ARGUMENT);
    return context.messages.empty() ? "" : context.messages[0];
  };
  EXPECT_EQ(refused(Tensor({1, 2, 4})), "input 'x': dimension 2 is 4, the network wants 3");
  EXPECT_EQ(refused(Tensor({2, 3})), "input 'x' has rank 2, the network wants 3");
  Tensor other({1, 2, 3});
  other.tensor.type = CONVOY_I32;
  EXPECT_EQ(refused(other), "input 'x' has another element type than the network wants");
  Tensor empty({1, 2, 3});
  empty.tensor.data = nullptr;
  EXPECT_EQ(refused(empty), "input 'x' has no data");
  Tensor strided({1, 2, 3});
  strided.tensor.strides[0] = 12, strided.tensor.strides[1] = 6, strided.tensor.strides[2] = 2;
  EXPECT_EQ(refused(strided), "input 'x' is not dense and row-major");
}

TEST_F(EmitPackage, RefusesMissingMemory) {
  Library module(package(chainWithWeights()));
  Tensor x({1, 2, 3}), z({1, 2, 3});
  EXPECT_EQ(run(module, x, z, 127), CONVOY_NEEDS_MEMORY);
  EXPECT_EQ(context.messages.back(), "the arena has 127 bytes, the network needs 128");
  context.context.scratch_bytes = 64;
  EXPECT_EQ(run(module, x, z), CONVOY_INVALID_ARGUMENT);
  EXPECT_EQ(context.messages.back(), "the context needs aligned scratch of 192 bytes");
  context.context.scratch_bytes = sizeof scratch;
  z.tensor.data = nullptr;
  EXPECT_EQ(run(module, x, z), CONVOY_INVALID_ARGUMENT);
  EXPECT_EQ(context.messages.back(), "output 'z' has no data");
  context.context.size = 8;
  EXPECT_EQ(run(module, x, z), CONVOY_INVALID_ARGUMENT);
}

TEST_F(EmitPackage, PlansStaticSizes) {
  Library module(package(chainWithWeights()));
  Tensor x({1, 2, 3}), z({9});
  x.tensor.data = nullptr;
  convoy_plan plan{};
  ASSERT_EQ(module->plan(&context.context, &x.tensor, &z.tensor, &plan), CONVOY_OK);
  EXPECT_EQ(plan.arena_bytes, 128u);
  EXPECT_EQ(z.tensor.rank, 3);
  EXPECT_EQ(z.tensor.dims[2], 3);
}

TEST_F(EmitPackage, RunsSymbolicSizes) {
  Library module(package(parse(symbolic)));
  EXPECT_EQ(module->arena_bytes, 0u);
  EXPECT_EQ(module->inputs[0].dims[1], -1);
  EXPECT_STREQ(module->symbols[0], "width");
  for (int64_t width : {1, 3, 16, 61}) {
    Tensor x({2, width}), z({2, width});
    for (size_t i = 0; i < x.elements.size(); ++i)
      x.elements[i] = static_cast<float>(i + 1);
    std::fill(std::begin(arena), std::end(arena), '\x7f');
    convoy_plan plan{};
    ASSERT_EQ(module->plan(&context.context, &x.tensor, &z.tensor, &plan), CONVOY_OK);
    EXPECT_EQ(plan.arena_bytes, static_cast<size_t>((width + 2) * 8 + 63) / 64 * 64);
    EXPECT_EQ(z.tensor.dims[1], width);
    ASSERT_EQ(run(module, x, z, plan.arena_bytes), CONVOY_OK);
    for (int64_t row = 0; row < 2; ++row)
      for (int64_t i = 0; i < width; ++i) {
        auto at = [&](int64_t k) {
          return k < 0 || k >= width ? 0 : 2 * x.elements[static_cast<size_t>(row * width + k)];
        };
        EXPECT_EQ(z.elements[static_cast<size_t>(row * width + i)], at(i - 1) + at(i + 1)) << width << ":" << i;
      }
  }
}

TEST_F(EmitPackage, RefusesImpossibleSymbolicSizes) {
  Library module(package(parse(symbolic)));
  Tensor x({2, 3}), z({2, 3});
  x.tensor.dims[1] = 0;
  EXPECT_EQ(run(module, x, z), CONVOY_INVALID_ARGUMENT);
  EXPECT_EQ(context.messages.back(), "input 'x': dimension 1 is 0, which is out of range");
  x.tensor.dims[1] = int64_t(1) << 30;
  EXPECT_EQ(run(module, x, z), CONVOY_INVALID_ARGUMENT);
  EXPECT_EQ(context.messages.back(), "the inputs are too large: 2^31 or more elements in 'x'");
  x.tensor.dims[1] = int64_t(1) << 40;
  EXPECT_EQ(run(module, x, z), CONVOY_INVALID_ARGUMENT);
}

TEST_F(EmitPackage, RefusesExtentsThatALayerCannotTake) {
  proto::Program program = parse(symbolic);
  // Even widths, as those that are halved and doubled again; at least 4 of them.
  auto require = [&](proto::Requirement::Kind kind, proto::Expression::Kind operation, int64_t operand) {
    proto::Expression &expression = *program.add_expressions();
    expression.set_kind(operation);
    expression.mutable_lhs()->set_expression(0);
    expression.mutable_rhs()->set_constant(operand);
    proto::Requirement &requirement = *program.add_requirements();
    requirement.set_kind(kind);
    requirement.mutable_value()->set_expression(program.expressions_size() - 1);
    requirement.set_layer(kind == proto::Requirement::ZERO ? "add" : "crop");
  };
  require(proto::Requirement::ZERO, proto::Expression::MODULO, 2);
  require(proto::Requirement::NOT_NEGATIVE, proto::Expression::SUBTRACT, 4);
  Library module(package(program));
  for (int64_t width : {2, 4, 5, 6}) {
    Tensor x({2, width}), z({2, width});
    EXPECT_EQ(run(module, x, z), width == 4 || width == 6 ? CONVOY_OK : CONVOY_INVALID_ARGUMENT) << width;
    if (width % 2)
      EXPECT_EQ(context.messages.back(), "the extents of the inputs do not fit layer 'add'");
    else if (width < 4)
      EXPECT_EQ(context.messages.back(), "the extents of the inputs do not fit layer 'crop'");
  }
}

TEST_F(EmitPackage, NamesTheLayerThatFails) {
  proto::Program program = parse(symbolic);
  program.mutable_kernels(1)->mutable_debug()->set_symbol("convoy_kernel_fail");
  Library module(package(program));
  Tensor x({2, 3}), z({2, 3});
  EXPECT_EQ(run(module, x, z), CONVOY_KERNEL_FAILED);
  EXPECT_EQ(context.messages.back(), "layer 'sum' failed with code -42");
}

TEST_F(EmitPackage, TellsWhoeverWatches) {
  Library module(package(chainWithWeights()));
  context.context.profile = [](convoy_context *c, int32_t launch, int32_t done) {
    static_cast<Context *>(c->user)->profiled.push_back({launch, done});
  };
  context.context.observe = [](convoy_context *c, int32_t launch, const convoy_tensor *result) {
    static_cast<Context *>(c->user)->observed.push_back(*result);
  };
  Tensor x({1, 2, 3}), z({1, 2, 3});
  ASSERT_EQ(run(module, x, z), CONVOY_OK);
  EXPECT_EQ(context.profiled, (std::vector<std::pair<int, int>>{{0, 0}, {0, 1}, {1, 0}, {1, 1}}));
  ASSERT_EQ(context.observed.size(), 2u);
  const convoy_tensor &y = context.observed[0];
  EXPECT_EQ(y.data, arena + 64);
  EXPECT_EQ(y.rank, 3);
  EXPECT_EQ(y.type, CONVOY_F32);
  EXPECT_EQ(y.dims[1], 2);
  EXPECT_EQ(y.strides[1], 1);
  EXPECT_EQ(y.strides[2], 2);
  EXPECT_EQ(context.observed[1].data, z.tensor.data);
}

/// Doubles the weights once; runs add the input to them.
TEST_F(EmitPackage, PreparesWeightsOnce) {
  proto::Program program = chainWithWeights();
  program.mutable_buffers(1)->set_space(proto::Buffer::PREPARED);
  program.set_prepared_bytes(128);
  *program.add_prepare_steps() = program.steps(0);
  program.mutable_prepare_steps(0)->mutable_launch()->set_buffers(0, 2);
  program.mutable_steps()->DeleteSubrange(0, 1);
  program.mutable_steps(0)->mutable_launch()->set_buffers(1, 0);
  Library module(package(program));
  EXPECT_EQ(module->prepared_bytes, 128u);
  ASSERT_NE(module->prepare, nullptr);
  alignas(64) char prepared[128];
  ASSERT_EQ(module->prepare(&context.context, prepared), CONVOY_OK);
  Tensor x({1, 2, 3}, {1, 2, 3, 4, 5, 6}), z({1, 2, 3});
  for (int i = 0; i < 2; ++i) {
    ASSERT_EQ(module->run(&context.context, &x.tensor, &z.tensor, arena, sizeof arena, prepared), CONVOY_OK);
    EXPECT_EQ(z.elements, (std::vector<float>{21, 42, 63, 84, 105, 126}));
  }
  EXPECT_EQ(module->run(&context.context, &x.tensor, &z.tensor, arena, sizeof arena, nullptr), CONVOY_INVALID_ARGUMENT);
  EXPECT_EQ(context.messages.back(), "the prepared weights are missing");
}

TEST_F(EmitPackage, CallsLibraryFunctions) {
  Library module(package(parse(R"(
    name: "top" target { halide: "x86-64-linux" }
    inputs { name: "x" type: F32 dims { constant: 5 } }
    outputs { name: "values" type: F32 dims { constant: 2 } }
    outputs { name: "indices" type: I64 dims { constant: 2 } }
    buffers { name: "x" space: INPUT type: F32 dims { constant: 5 } }
    buffers { name: "values" space: OUTPUT index: 0 type: F32 dims { constant: 2 } }
    buffers { name: "indices" space: OUTPUT index: 1 type: I64 dims { constant: 2 } }
    steps { library_call { function: "top_k" inputs: [0, -1] outputs: [1, 2] options: [0, 1, 1] layers: "TopK_3" } })")));
  EXPECT_STREQ(module->launches[0].layer, "TopK_3");
  Tensor x({5}, {3, 9, 1, 7, 5}), values({2});
  int64_t indices[2] = {};
  convoy_tensor outputs[2] = {values.tensor, {}};
  outputs[1].data = indices;
  std::vector<char> memory(module->scratch_bytes + 64);
  context.context.scratch = memory.data() + (64 - reinterpret_cast<uintptr_t>(memory.data()) % 64);
  context.context.scratch_bytes = module->scratch_bytes;
  ASSERT_EQ(module->run(&context.context, &x.tensor, outputs, nullptr, 0, nullptr), CONVOY_OK);
  EXPECT_EQ(values.elements, (std::vector<float>{9, 7}));
  EXPECT_EQ(indices[0], 1);
  EXPECT_EQ(indices[1], 3);
}

TEST_F(EmitPackage, RefusesSymbolsThatModulesLack) {
  proto::Program program = parse(symbolic);
  program.mutable_kernels(1)->mutable_debug()->set_symbol("convoy_kernel_stranger");
  std::string output = folder.file("module.so");
  Status done = emitPackage(program, kernelsOf(program), "", output);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error(), "the kernel of layer 'sum' calls 'sinf', which modules do not have");
  EXPECT_FALSE(std::ifstream(output).good());
}

TEST_F(EmitPackage, LeavesNothingBehindWhereItCannotWrite) {
  proto::Program program = chainWithWeights();
  Status done = emitPackage(program, kernelsOf(program), folder.file("weights"), folder.file("no/module.so"));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error(), folder.file("no/module.so") + ": No such file or directory");
}

/// The module that does not fit is more than its weights.
TEST_F(EmitPackage, LeavesNothingBehindOnAFullDisk) {
  proto::Program program = parse(symbolic);
  setWeights(program, folder.file("weights"), std::vector<float>(1 << 18));
  ObjectSet kernels = kernelsOf(program);
  for (size_t limit : {(1u << 20) + 8192, 4096u}) {
    Status done = ok();
    {
      FileLimit full(limit);
      done = emitPackage(program, kernels, folder.file("weights"), folder.file("module.so"));
    }
    ASSERT_FALSE(done);
    EXPECT_NE(done.error().find("File too large"), std::string::npos) << done.error();
    EXPECT_EQ(filesIn(folder.path), std::vector<std::string>{folder.file("weights")});
  }
}

TEST_F(EmitPackage, ReplacesFilesButNotFolders) {
  proto::Program program = chainWithWeights();
  package(program);
  package(program);
  mkdir(folder.file("folder").c_str(), 0777);
  Status done = emitPackage(program, kernelsOf(program), folder.file("weights"), folder.file("folder"));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error(), folder.file("folder") + ": Is a directory");
  EXPECT_EQ(filesIn(folder.path).size(), 3u);
}

TEST_F(EmitPackage, RefusesOtherWeights) {
  proto::Program program = chainWithWeights();
  writeFile(folder.file("weights"), std::string(24, 'x'));
  Status done = emitPackage(program, kernelsOf(program), folder.file("weights"), folder.file("module.so"));
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().find("not the weights"), std::string::npos) << done.error();
}

TEST_F(EmitPackage, RefusesProgramsThatMakeNoSense) {
  auto refused = [&](void (*damage)(proto::Program &)) {
    proto::Program program = parse(symbolic);
    damage(program);
    auto object = emitProgram(program);
    return object ? std::string() : object.error();
  };
  EXPECT_EQ(refused([](proto::Program &) {}), "");
  EXPECT_EQ(refused([](proto::Program &p) { p.mutable_steps(1)->mutable_launch()->set_buffers(1, 9); }),
            "program 'symbolic': step 1: no buffer 9");
  EXPECT_EQ(refused([](proto::Program &p) { p.mutable_steps(1)->mutable_launch()->set_kernel(-1); }),
            "program 'symbolic': step 1: no kernel -1");
  EXPECT_EQ(refused([](proto::Program &p) { p.mutable_expressions(1)->mutable_lhs()->set_expression(1); }),
            "program 'symbolic': expression 1: no expression 1 is known here");
  EXPECT_EQ(refused([](proto::Program &p) { p.mutable_buffers(1)->mutable_layout()->add_order(0); }),
            "program 'symbolic': buffer 1: the layout's order is no permutation");
  EXPECT_EQ(refused([](proto::Program &p) { p.mutable_buffers(1)->mutable_layout()->clear_fill(); }),
            "program 'symbolic': step 1, argument 1: the buffer has another layout than the kernel wants");
  EXPECT_EQ(refused([](proto::Program &p) { p.add_requirements()->mutable_value()->set_expression(9); }),
            "program 'symbolic': requirement 0: no expression 9 is known here");
  EXPECT_EQ(refused([](proto::Program &p) { p.mutable_kernels(1)->mutable_debug()->set_symbol("convoy_run"); }),
            "program 'symbolic': step 2: 'convoy_run' is no name of a kernel");
  EXPECT_EQ(refused([](proto::Program &p) { p.add_symbols("height"); }),
            "program 'symbolic': symbol 'height' is no dimension of an input");
  EXPECT_EQ(refused([](proto::Program &p) { p.mutable_target()->set_halide("arm-64-linux"); }),
            "target 'arm-64-linux': shared libraries are emitted for x86-64-linux only");
}

/// The kernel's list of features is the judge.
TEST_F(EmitPackage, KnowsWhatTheProcessorHas) {
  std::string info = readFile("/proc/cpuinfo");
  std::istringstream flags(info.substr(info.find("\nflags")));
  std::string line, word;
  std::getline(flags >> std::ws, line);
  std::istringstream words(line);
  std::set<std::string> has;
  while (words >> word)
    has.insert(word);
  const std::pair<const char *, std::vector<const char *>> cases[] = {
      {"sse41", {"sse4_1"}},
      {"avx", {"avx"}},
      {"f16c", {"f16c"}},
      {"fma", {"fma"}},
      {"avx2", {"avx2", "bmi2", "fma"}},
      {"avxvnni", {"avx_vnni"}},
      {"avx512", {"avx512f"}},
      {"avx512_skylake", {"avx512bw", "avx512vl"}},
      {"avx512_cannonlake", {"avx512vbmi"}},
      {"avx512_zen4", {"avx512_bf16", "avx512_vbmi2"}},
      {"avx512_sapphirerapids", {"amx_tile", "avx512_fp16"}},
  };
  for (const auto &[feature, needed] : cases) {
    proto::Program program = parse(symbolic);
    program.mutable_target()->set_halide(std::string("x86-64-linux-") + feature);
    Library module(package(program));
    bool expected = std::all_of(needed.begin(), needed.end(), [&](const char *flag) { return has.count(flag) > 0; });
    EXPECT_EQ(module->supported(), expected) << feature;
    remove(folder.file("module.so").c_str());
  }
}

/// Programs with one byte changed are refused or emitted, never worse.
TEST_F(EmitPackage, SurvivesDamagedPrograms) {
  google::protobuf::LogSilencer silence;
  std::mt19937 random(1);
  const std::string bytes = parse(symbolic).SerializeAsString();
  int emitted = 0;
  for (int i = 0; i < 600; ++i) {
    std::string damaged = bytes;
    damaged[random() % damaged.size()] = static_cast<char>(random() % 256);
    proto::Program program;
    if (program.ParseFromString(damaged))
      emitted += emitProgram(program) ? 1 : 0;
  }
  EXPECT_GT(emitted, 0);
}

TEST_F(EmitPackage, SameInputGivesSameBytes) {
  proto::Program program = chainWithWeights();
  std::string first = readFile(package(program)), second = readFile(package(program));
  EXPECT_TRUE(first == second);
}

TEST_F(EmitPackage, ExportsOneSymbol) {
  std::string file = package(chainWithWeights());
  void *handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  ASSERT_NE(handle, nullptr);
  for (const char *name : {"convoy_run", "convoy_kernel_add", "halide_malloc", "convoy_weights", "convoy_fill"})
    EXPECT_EQ(dlsym(handle, name), nullptr) << name;
  dlclose(handle);
}

/// A launch costs a few stores and a call.
TEST_F(EmitPackage, LaunchesAreCheap) {
  proto::Program program = parse(symbolic);
  program.mutable_kernels(0)->mutable_debug()->set_symbol("convoy_kernel_nothing");
  program.mutable_steps()->DeleteSubrange(0, 1);
  program.mutable_steps()->DeleteSubrange(1, 1);
  program.mutable_kernels()->DeleteSubrange(1, 1);
  const int launches = 1000;
  for (int i = 1; i < launches; ++i)
    *program.add_steps() = program.steps(0);
  Library module(package(program));
  Tensor x({2, 16}), z({2, 16});
  double best = 1;
  for (int i = 0; i < 50; ++i) {
    auto begin = std::chrono::steady_clock::now();
    ASSERT_EQ(run(module, x, z), CONVOY_OK);
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  RecordProperty("nanoseconds_per_launch", std::to_string(best / launches * 1e9));
  EXPECT_LT(best / launches, 200e-9);
}

} // namespace
