#include "compiler/Pipeline/Pipeline.h"
#include "compiler/Weights/WeightWriter.h"
#include "test/compiler/Device/FakeDevice.h"
#include "test/compiler/Emit/modules.h"

#include "llvm/Support/FileSystem.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>

using namespace convoy;
using namespace convoy::compiler;
using namespace convoy::compiler::test;

namespace {

/// A convolution, then the three largest numbers of each picture (which the host finds), and a kernel behind them.
const char *const withTopK = R"(
module attributes {convoy.phase = "import"} {
  func.func @main(%x: tensor<?x2x6x6xf32> {cnn.name = "x", cnn.dims = ["N", "", "", ""]})
      -> (tensor<?x3xf32> {cnn.name = "y"}, tensor<?x3xi64> {cnn.name = "where"}) {
    %w = cnn.constant dense<[[[[0.5, -1.0, 2.0], [1.0, 0.25, -0.5], [1.5, 1.0, -2.0]],
                              [[1.0, 0.5, -1.0], [-0.25, 2.0, 1.0], [0.75, -1.5, 0.5]]]]> : tensor<1x2x3x3xf32>
    %shape = cnn.constant dense<[-1, 36]> : tensor<2xi64>
    %k = cnn.constant dense<3> : tensor<1xi64>
    %two = cnn.constant dense<2.0> : tensor<f32>
    %c = cnn.convolution %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>}
        : (tensor<?x2x6x6xf32>, tensor<1x2x3x3xf32>) -> tensor<?x1x6x6xf32> loc("conv")
    %r = cnn.reshape %c, %shape : (tensor<?x1x6x6xf32>, tensor<2xi64>) -> tensor<?x36xf32>
    %v, %i = cnn.library_call "top_k"(%r, %k) {options = {axis = 1 : i64, largest = 1 : i64, sorted = 1 : i64}}
        : (tensor<?x36xf32>, tensor<1xi64>) -> (tensor<?x3xf32>, tensor<?x3xi64>) loc("best")
    %y = cnn.elementwise "mul"(%v, %two) : (tensor<?x3xf32>, tensor<f32>) -> tensor<?x3xf32> loc("twice")
    return %y, %i : tensor<?x3xf32>, tensor<?x3xi64>
  }
}
)";

/// The host alone has work, and says how much came out.
const char *const nonZero = R"(
module attributes {convoy.phase = "import"} {
  func.func @main(%x: tensor<2x3xf32> {cnn.name = "x"}) -> (tensor<2x?xi64> {cnn.name = "where"}) {
    %where = cnn.library_call "non_zero"(%x) : (tensor<2x3xf32>) -> tensor<2x?xi64> loc("find")
    return %where : tensor<2x?xi64>
  }
}
)";

/// Numbers like those of a trained ResNet-20, of no use but to be followed through it.
class ResNetWeights {
public:
  explicit ResNetWeights(const std::string &path) : writer(path) {
    layer("conv1", "bn1", 16, 3);
    for (int stage = 0; stage < 3; ++stage)
      for (int block = 0; block < 3; ++block) {
        std::string name = "layer" + std::to_string(stage + 1) + "." + std::to_string(block) + ".";
        int64_t filters = int64_t(16) << stage;
        layer(name + "conv1", name + "bn1", filters, stage > 0 && block == 0 ? filters / 2 : filters);
        layer(name + "conv2", name + "bn2", filters, filters);
      }
    add("linear.weight", {10, 64}, 0, 0.125f);
    add("linear.bias", {10}, 0, 0.1f);
    Status done = writer.finish();
    EXPECT_TRUE(done) << done.error();
  }

private:
  void layer(const std::string &convolution, const std::string &norm, int64_t filters, int64_t channels) {
    add(convolution + ".weight", {filters, channels, 3, 3}, 0, std::sqrt(2.f / (9 * static_cast<float>(channels))));
    add(norm + ".weight", {filters}, 1, 0.1f);
    add(norm + ".bias", {filters}, 0, 0.1f);
    add(norm + ".running_mean", {filters}, 0, 0.1f);
    add(norm + ".running_var", {filters}, 1, 0.05f);
  }

  void add(const std::string &name, std::vector<int64_t> dims, float mean, float deviation) {
    std::normal_distribution<float> normal(mean, deviation);
    Tensor tensor(dims);
    for (float &element : tensor.elements)
      element = normal(generator);
    writer.add(name, proto::F32, dims,
               {reinterpret_cast<const char *>(tensor.elements.data()), tensor.elements.size() * sizeof(float)});
  }

  weights::WeightWriter writer;
  std::mt19937 generator{3};
};

class DeviceProgram : public ::testing::Test {
protected:
  /// Compiles `model` (a path); the file that comes out.
  std::string compile(const std::string &model, const std::string &target, Phase stopAfter = Phase::Package) {
    CompileOptions options;
    options.model = model;
    options.target = target;
    options.stopAfter = stopAfter;
    options.cacheFolder = folder.file("cache");
    options.workers = 2;
    options.assembler = assembler;
    if (!weights.empty()) {
      options.weights = weights;
      options.shapes["input"] = {1, 3, 32, 32};
    }
    // Names of modules come from their files.
    std::string place = folder.file(std::to_string(++files));
    EXPECT_FALSE(llvm::sys::fs::create_directory(place));
    options.output = place + (stopAfter == Phase::Plan ? "/module.program" : "/module.so");
    mlir::DialectRegistry registry;
    registerDialects(registry);
    mlir::MLIRContext context(registry);
    mlir::ScopedDiagnosticHandler handler(&context, [&](mlir::Diagnostic &diagnostic) {
      diagnostics.push_back(diagnostic.str());
      return mlir::success();
    });
    EXPECT_TRUE(mlir::succeeded(compileModel(context, options))) << ::testing::PrintToString(diagnostics);
    return options.output;
  }

  std::string write(const char *text) {
    std::string file = folder.file("network" + std::to_string(++files) + ".mlir");
    writeFile(file, text);
    return file;
  }

  static proto::Program read(const std::string &file) { return parse(readFile(file)); }

  Folder folder;
  std::string weights; ///< Of a text network.
  std::string assembler = "off";
  std::vector<std::string> diagnostics;
  int files = 0;
};

Tensor random(std::vector<int64_t> dims) {
  Tensor tensor(dims);
  std::mt19937 generator(5);
  std::normal_distribution<float> normal;
  for (float &element : tensor.elements)
    element = normal(generator);
  return tensor;
}

void expectNear(const std::vector<float> &got, const std::vector<float> &wanted) {
  ASSERT_EQ(got.size(), wanted.size());
  float largest = 0;
  for (float value : wanted)
    largest = std::max(largest, std::fabs(value));
  for (size_t i = 0; i < got.size(); ++i)
    EXPECT_NEAR(got[i], wanted[i], 1e-5f * largest) << i; // NaN fails, too
}

std::vector<std::string> without(const std::vector<std::string> &events, const std::string &left) {
  std::vector<std::string> rest;
  for (const std::string &event : events)
    if (event != left)
      rest.push_back(event);
  return rest;
}

TEST_F(DeviceProgram, ResNet20RunsAsOnTheHost) {
  std::string model = std::string(CONVOY_SOURCE_DIR) + "/tools/networks/resnet20_cifar10.textproto";
  weights = folder.file("resnet.safetensors");
  ResNetWeights written(weights);
  std::string planned = compile(model, "cuda", Phase::Plan);
  proto::Program program = read(planned);
  std::string resumed = compile(planned, "cuda");
  Library module(resumed), host(compile(model, "host"));
  EXPECT_EQ(module->device, CONVOY_CUDA);
  EXPECT_EQ(module->device_capability, 80);
  EXPECT_EQ(module->host_calls, 0);
  EXPECT_EQ(host->device, CONVOY_HOST);
  EXPECT_EQ(host->device_capability, 0);
  for (const proto::Step &step : program.steps())
    EXPECT_FALSE(step.has_fill());

  Tensor x = random({1, 3, 32, 32}), y({1, 10}), wanted({1, 10});
  std::vector<convoy_tensor> results{wanted.tensor};
  ASSERT_EQ(runOnHost(*host.module, {x.tensor}, results), CONVOY_OK);
  FakeDevice device(*module.module, program);
  ASSERT_EQ(device.prepare(), CONVOY_OK);
  results = {y.tensor};
  ASSERT_EQ(device.run({x.tensor}, results), CONVOY_OK) << ::testing::PrintToString(device.messages);
  EXPECT_EQ(device.problems, std::vector<std::string>());
  EXPECT_EQ(without(device.events, "launch"), (std::vector<std::string>{"host>device 12288", "device>host 40"}));
  EXPECT_EQ(device.events.front(), "host>device 12288");
  EXPECT_EQ(device.events.back(), "device>host 40");
  EXPECT_EQ(static_cast<int>(device.profiled.size()), 2 * module->launch_count);
  ASSERT_EQ(static_cast<int>(device.observed.size()), module->launch_count);
  EXPECT_EQ(device.observed.back().device, CONVOY_CUDA);
  expectNear(y.elements, wanted.elements);

  // The caller's tensors may lie on the device.
  std::fill(y.elements.begin(), y.elements.end(), 0.f);
  x.tensor.device = results[0].device = CONVOY_CUDA;
  device.events.clear();
  ASSERT_EQ(device.run({x.tensor}, results), CONVOY_OK);
  EXPECT_EQ(results[0].device, CONVOY_CUDA);
  EXPECT_EQ(without(device.events, "launch"), (std::vector<std::string>{"device>device 12288", "device>device 40"}));
  expectNear(y.elements, wanted.elements);

  // The same bytes by way of any phase's file.
  std::string bytes = readFile(resumed);
  EXPECT_TRUE(readFile(compile(model, "cuda")) == bytes);
  EXPECT_TRUE(readFile(compile(compile(model, "cuda", Phase::Kernels), "cuda")) == bytes);
  EXPECT_TRUE(readFile(compile(compile(model, "cuda", Phase::Objects), "cuda")) == bytes);
  EXPECT_EQ(diagnostics, std::vector<std::string>());
}

/// Whether OpenCL has a device here: asked by loading a kernel.
bool hasOpenCl(const proto::Program &program, std::string &why) {
  proto::Kernel kernel = program.kernels(0);
  kernel.mutable_target()->set_halide(schedules::parseTarget("opencl")->halide());
  auto loaded = schedules::load(kernel);
  why = loaded ? "" : loaded.error();
  return why.find("this machine has no OpenCL device") == std::string::npos;
}

/// The same with the kernels as they are scheduled for the device.
TEST_F(DeviceProgram, ResNet20RunsAsScheduledThroughOpenCl) {
  std::string model = std::string(CONVOY_SOURCE_DIR) + "/tools/networks/resnet20_cifar10.textproto";
  weights = folder.file("resnet.safetensors");
  ResNetWeights written(weights);
  std::string planned = compile(model, "cuda", Phase::Plan), why;
  proto::Program program = read(planned);
  if (!hasOpenCl(program, why))
    GTEST_SKIP() << why;
  Library module(compile(planned, "cuda")), host(compile(model, "host"));
  Tensor x = random({1, 3, 32, 32}), y({1, 10}), wanted({1, 10});
  std::vector<convoy_tensor> results{wanted.tensor};
  ASSERT_EQ(runOnHost(*host.module, {x.tensor}, results), CONVOY_OK);
  FakeDevice device(*module.module, program, Computed::AsScheduled);
  ASSERT_EQ(device.prepare(), CONVOY_OK);
  results = {y.tensor};
  ASSERT_EQ(device.run({x.tensor}, results), CONVOY_OK) << ::testing::PrintToString(device.messages);
  EXPECT_EQ(device.problems, std::vector<std::string>());
  expectNear(y.elements, wanted.elements);
}

TEST_F(DeviceProgram, LibraryCallsRunOnTheHostBetweenKernels) {
  std::string model = write(withTopK);
  proto::Program program = read(compile(model, "cuda", Phase::Plan));
  Library module(compile(model, "cuda")), host(compile(model, "host"));
  EXPECT_EQ(module->host_calls, 1);
  FakeDevice device(*module.module, program);
  ASSERT_EQ(device.prepare(), CONVOY_OK);
  for (int64_t batch : {1, 4}) {
    Tensor x = random({batch, 2, 6, 6}), y({batch, 3}), wanted({batch, 3});
    std::vector<int64_t> where(static_cast<size_t>(3 * batch)), wantedWhere = where;
    auto withIndices = [&](Tensor &values, std::vector<int64_t> &indices) {
      std::vector<convoy_tensor> outputs{values.tensor, {}};
      outputs[1].data = indices.data();
      return outputs;
    };
    auto results = withIndices(wanted, wantedWhere);
    ASSERT_EQ(runOnHost(*host.module, {x.tensor}, results), CONVOY_OK);
    results = withIndices(y, where);
    device.events.clear();
    ASSERT_EQ(device.run({x.tensor}, results), CONVOY_OK) << ::testing::PrintToString(device.messages);
    EXPECT_EQ(device.problems, std::vector<std::string>());
    expectNear(y.elements, wanted.elements);
    EXPECT_EQ(where, wantedWhere);
    auto bytes = [&](int64_t each) { return std::to_string(each * batch); };
    EXPECT_EQ(
        without(device.events, "launch"),
        (std::vector<std::string>{"host>device " + bytes(288), "device>host " + bytes(144), "synchronize",
                                  "host>device " + bytes(12), "device>host " + bytes(12), "host>host " + bytes(24)}));
  }
  EXPECT_EQ(device.observed.back().device, CONVOY_CUDA);
}

/// What several library calls read is fetched once; what one hands to the next stays where it is.
TEST_F(DeviceProgram, WhatIsOnTheHostDoesNotCrossAgain) {
  const std::string text = R"(
module attributes {convoy.phase = "import"} {
  func.func @main(%x: tensor<2x8xf32> {cnn.name = "x"})
      -> (tensor<2x3xf32> {cnn.name = "y"}, tensor<2x5xf32> {cnn.name = "five"}, tensor<1x4xf32> {cnn.name = "four"},
          tensor<2x1xf32> {cnn.name = "one"}) {
    %k3 = cnn.constant dense<3> : tensor<1xi64>
    %k5 = cnn.constant dense<5> : tensor<1xi64>
    %k4 = cnn.constant dense<4> : tensor<1xi64>
    %k1 = cnn.constant dense<1> : tensor<1xi64>
    %row = cnn.constant dense<[1, 6]> : tensor<2xi64>
    %e = cnn.elementwise "exp"(%x) : (tensor<2x8xf32>) -> tensor<2x8xf32> loc("exp")
    %v, %i = TOPK(%e, %k3) OPTIONS : (tensor<2x8xf32>, tensor<1xi64>) -> (tensor<2x3xf32>, tensor<2x3xi64>) loc("a")
    %w, %j = TOPK(%e, %k5) OPTIONS : (tensor<2x8xf32>, tensor<1xi64>) -> (tensor<2x5xf32>, tensor<2x5xi64>) loc("b")
    %r = cnn.reshape %v, %row : (tensor<2x3xf32>, tensor<2xi64>) -> tensor<1x6xf32>
    %u, %l = TOPK(%r, %k4) OPTIONS : (tensor<1x6xf32>, tensor<1xi64>) -> (tensor<1x4xf32>, tensor<1x4xi64>) loc("c")
    %o, %m = TOPK(%x, %k1) OPTIONS : (tensor<2x8xf32>, tensor<1xi64>) -> (tensor<2x1xf32>, tensor<2x1xi64>) loc("d")
    %y = cnn.elementwise "log"(%v) : (tensor<2x3xf32>) -> tensor<2x3xf32> loc("log")
    return %y, %w, %u, %o : tensor<2x3xf32>, tensor<2x5xf32>, tensor<1x4xf32>, tensor<2x1xf32>
  }
}
)";
  auto replaced = [](std::string in, const std::string &from, const std::string &to) {
    for (size_t at = in.find(from); at != std::string::npos; at = in.find(from))
      in.replace(at, from.size(), to);
    return in;
  };
  std::string whole = replaced(text, "TOPK", "cnn.library_call \"top_k\"");
  whole = replaced(whole, "OPTIONS", "{options = {axis = 1 : i64, largest = 1 : i64, sorted = 1 : i64}}");
  std::string model = write(whole.c_str());
  proto::Program program = read(compile(model, "cuda", Phase::Plan));
  Library module(compile(model, "cuda")), host(compile(model, "host"));
  EXPECT_EQ(module->host_calls, 4);
  Tensor x = random({2, 8}), got[] = {Tensor({2, 3}), Tensor({2, 5}), Tensor({1, 4}), Tensor({2, 1})};
  Tensor wanted[] = {Tensor({2, 3}), Tensor({2, 5}), Tensor({1, 4}), Tensor({2, 1})};
  std::vector<convoy_tensor> results;
  for (Tensor &tensor : wanted)
    results.push_back(tensor.tensor);
  ASSERT_EQ(runOnHost(*host.module, {x.tensor}, results), CONVOY_OK);
  results.clear();
  for (Tensor &tensor : got)
    results.push_back(tensor.tensor);
  FakeDevice device(*module.module, program);
  ASSERT_EQ(device.run({x.tensor}, results), CONVOY_OK) << ::testing::PrintToString(device.messages);
  EXPECT_EQ(device.problems, std::vector<std::string>());
  EXPECT_EQ(device.events,
            (std::vector<std::string>{"host>device 64", "host>host 64", "launch", "device>host 64", "synchronize",
                                      "host>device 24", "synchronize", "synchronize", "synchronize", "launch",
                                      "device>host 24", "host>host 40", "host>host 16", "host>host 8"}));
  for (int i = 0; i < 4; ++i)
    expectNear(got[i].elements, wanted[i].elements);
}

TEST_F(DeviceProgram, WhatTheHostFindsOfTheInputNeverCrosses) {
  std::string model = write(nonZero);
  proto::Program program = read(compile(model, "cuda", Phase::Plan));
  EXPECT_EQ(program.arena_bytes().constant(), 0);
  Library module(compile(model, "cuda"));
  FakeDevice device(*module.module, program);
  Tensor x({2, 3}, {0, 0.25f, 0, 0.75f, 1, 0});
  std::vector<int64_t> where(12);
  std::vector<convoy_tensor> outputs(1);
  outputs[0].data = where.data();
  ASSERT_EQ(device.run({x.tensor}, outputs), CONVOY_OK);
  EXPECT_EQ(device.problems, std::vector<std::string>());
  EXPECT_EQ(device.events, (std::vector<std::string>{"host>host 24", "synchronize", "host>host 96"}));
  EXPECT_EQ(outputs[0].dims[1], 3);
  where.resize(6);
  EXPECT_EQ(where, (std::vector<int64_t>{0, 1, 1, 1, 0, 1}));
  EXPECT_EQ(device.observed.back().device, CONVOY_HOST);
  // Nothing crosses, so there is nothing to warn of.
  EXPECT_EQ(diagnostics, std::vector<std::string>());
}

TEST_F(DeviceProgram, AFailingLaunchEndsTheRunWithItsLayer) {
  std::string model = write(withTopK);
  proto::Program program = read(compile(model, "cuda", Phase::Plan));
  Library module(compile(model, "cuda"));
  FakeDevice device(*module.module, program);
  ASSERT_EQ(device.prepare(), CONVOY_OK);
  Tensor x = random({1, 2, 6, 6}), y({1, 3});
  std::vector<int64_t> where(3);
  std::vector<convoy_tensor> outputs{y.tensor, {}};
  outputs[1].data = where.data();
  device.failAt = device.launched;
  EXPECT_EQ(device.run({x.tensor}, outputs), CONVOY_DEVICE_FAILED);
  EXPECT_EQ(device.messages,
            (std::vector<std::string>{"the device is on fire",
                                      "layer '" + std::string(module->launches[0].layer) + "' failed with code 9"}));
  EXPECT_EQ(device.events, (std::vector<std::string>{"host>device 288", "launch"}));
  // The next run begins anew.
  device.failAt = -1;
  EXPECT_EQ(device.run({x.tensor}, outputs), CONVOY_OK);
}

/// Kernels that were compiled without an assembler are not taken for those with one.
TEST_F(DeviceProgram, LaunchesCarryTheCubinIfThereIsAnAssembler) {
  std::string model = write(withTopK);
  std::string script = folder.file("ptxas");
  writeFile(script, R"(#!/bin/sh
if [ "$1" = --version ]; then echo "ptxas of a test"; else printf '\177ELF' > "$4"; fi
)");
  ASSERT_FALSE(llvm::sys::fs::setPermissions(script, llvm::sys::fs::all_all));
  Tensor x = random({1, 2, 6, 6}), y({1, 3});
  std::vector<int64_t> where(3);
  std::vector<convoy_tensor> outputs{y.tensor, {}};
  outputs[1].data = where.data();
  using Cubin = std::pair<std::string, int32_t>;
  for (bool hasAssembler : {false, true}) {
    Cubin expected = hasAssembler ? Cubin(std::string("\x7f") + "ELF", 86) : Cubin("", 0);
    assembler = hasAssembler ? script : "off";
    Library module(compile(model, "cuda-sm_86"));
    proto::Program program = read(compile(model, "cuda-sm_86", Phase::Plan));
    FakeDevice device(*module.module, program);
    ASSERT_EQ(device.prepare(), CONVOY_OK);
    ASSERT_EQ(device.run({x.tensor}, outputs), CONVOY_OK);
    ASSERT_FALSE(device.cubins.empty());
    for (const Cubin &cubin : device.cubins)
      EXPECT_EQ(cubin, expected);
    EXPECT_EQ(device.problems, std::vector<std::string>());
    EXPECT_EQ(module->device_capability, 86);
  }
}

TEST_F(DeviceProgram, CapabilityIsThatOfTheCode) {
  Library module(compile(write(withTopK), "cuda-sm_90"));
  EXPECT_EQ(module->device_capability, 86);
}

TEST_F(DeviceProgram, RefusesTensorsElsewhereAndContextsWithoutADevice) {
  std::string model = write(nonZero);
  proto::Program program = read(compile(model, "cuda", Phase::Plan));
  Library module(compile(model, "cuda")), host(compile(model, "host"));
  FakeDevice device(*module.module, program);
  Tensor x({2, 3});
  std::vector<int64_t> where(12);
  std::vector<convoy_tensor> outputs(1);
  outputs[0].data = where.data();
  outputs[0].device = static_cast<convoy_device>(7);
  EXPECT_EQ(device.run({x.tensor}, outputs), CONVOY_INVALID_ARGUMENT);
  EXPECT_EQ(device.messages.back(), "output 'where' is not in memory that the module writes");
  outputs[0].device = CONVOY_HOST;
  x.tensor.device = static_cast<convoy_device>(7);
  EXPECT_EQ(device.run({x.tensor}, outputs), CONVOY_INVALID_ARGUMENT);
  EXPECT_EQ(device.messages.back(), "input 'x' is not in memory that the module reads");
  x.tensor.device = CONVOY_HOST;
  device.context.device = nullptr;
  EXPECT_EQ(device.run({x.tensor}, outputs), CONVOY_INVALID_ARGUMENT);
  EXPECT_NE(device.messages.back().find("the context has no device for"), std::string::npos);
  // A module for the host reads the host's memory alone.
  x.tensor.device = CONVOY_CUDA;
  EXPECT_EQ(runOnHost(*host.module, {x.tensor}, outputs), CONVOY_INVALID_ARGUMENT);
}

TEST_F(DeviceProgram, WarnsWhereCrossingTakesLongerThanKernels) {
  auto sorting = [](const std::string &count) {
    std::string text = R"(
module attributes {convoy.phase = "import"} {
  func.func @main(%x: tensor<1xCOUNTxf32> {cnn.name = "x"}) -> (tensor<1x5xf32> {cnn.name = "y"}) {
    %k = cnn.constant dense<5> : tensor<1xi64>
    %e = cnn.elementwise "exp"(%x) : (tensor<1xCOUNTxf32>) -> tensor<1xCOUNTxf32> loc("exp")
    %v, %i = cnn.library_call "top_k"(%e, %k) {options = {axis = 1 : i64, largest = 1 : i64, sorted = 1 : i64}}
        : (tensor<1xCOUNTxf32>, tensor<1xi64>) -> (tensor<1x5xf32>, tensor<1x5xi64>) loc("first")
    return %v : tensor<1x5xf32>
  }
}
)";
    for (size_t at = text.find("COUNT"); at != std::string::npos; at = text.find("COUNT"))
      text.replace(at, 5, count);
    return text;
  };
  compile(write(sorting("1000").c_str()), "cuda", Phase::Plan);
  EXPECT_EQ(diagnostics, std::vector<std::string>());
  compile(write(sorting("1000000").c_str()), "cuda", Phase::Plan);
  ASSERT_EQ(diagnostics.size(), 1u);
  EXPECT_EQ(diagnostics[0].rfind("1 layer runs on the host; in each run 4000000 bytes go between it and the device", 0),
            0u)
      << diagnostics[0];
  // On the host nothing crosses.
  compile(write(sorting("1000000").c_str()), "host", Phase::Plan);
  EXPECT_EQ(diagnostics.size(), 1u);
}

} // namespace

int main(int argc, char **argv) {
  if (argc == 2 && std::strcmp(argv[1], compileKernelsFlag) == 0)
    return compileKernelsMain();
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
