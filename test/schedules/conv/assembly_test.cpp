#include "test/schedules/conv/Assembly.h"
#include "test/schedules/conv/ConvKernels.h"

#include <gtest/gtest.h>

namespace convoy::test {

static const char *const avx512 = "x86-64-linux-avx-avx2-avx512-avx512_skylake-f16c-fma-sse41";
static const char *const vnni =
    "x86-64-linux-avx-avx2-avx512-avx512_cannonlake-avx512_skylake-avx512_zen4-f16c-fma-sse41";
static const char *const avx2 = "x86-64-linux-avx-avx2-f16c-fma-sse41";

/// Inner loops neither gather nor spill (more than `spills` times), and the busiest has at least `least` multiply-adds.
static void expectTight(ConvSpec spec, int least, int spills = 0) {
  const bool depthwise = spec.groups > 1 && spec.groups == spec.in;
  spec.onlyTemplate = depthwise ? "conv_depthwise" : spec.transposed ? "conv_transposed" : "conv_direct";
  auto kernel = convKernel(spec);
  ASSERT_TRUE(bool(kernel)) << kernel.error();
  schedules::CompileOptions options;
  options.assembly = true;
  auto compiled = schedules::compile(*kernel, options);
  ASSERT_TRUE(bool(compiled)) << compiled.error();
  EXPECT_EQ(compiled->scratchBytes, 0);
  int most = 0;
  for (const InnerLoop &loop : innerLoops(compiled->assembly)) {
    EXPECT_EQ(loop.gathers, 0) << spec.text() << "\n" << loop.text;
    EXPECT_LE(loop.spills, spills) << spec.text() << "\n" << loop.text;
    most = std::max(most, loop.multiplyAdds);
  }
  EXPECT_GE(most, least) << spec.text();
}

static ConvSpec layer(int64_t in, int64_t out, int64_t extent, int64_t window, const std::string &target) {
  ConvSpec spec;
  spec.in = in, spec.out = out, spec.extents = {extent, extent}, spec.window = {window, window}, spec.target = target;
  spec.pads.assign(4, window / 2);
  spec.activation = "relu";
  return spec;
}

TEST(ConvAssembly, DirectKeepsItsTileInRegisters) {
  for (int64_t extent : {56, 28, 14, 7, 13, 5})
    for (int64_t window : {1, 3})
      for (int64_t out : {64, 96, 16})
        expectTight(layer(64, out, extent, window, avx512), 8);
}

TEST(ConvAssembly, DirectKeepsItsTileInFewerRegisters) {
  for (int64_t extent : {56, 14, 7})
    for (int64_t window : {1, 3})
      expectTight(layer(64, 64, extent, window, avx2), 8);
}

/// Inner loops that multiply, and those of them that prefetch.
static std::pair<int, int> prefetchingLoops(const ConvSpec &spec) {
  schedules::CompileOptions options;
  options.assembly = true;
  auto kernel = convKernel(spec);
  auto compiled = schedules::compile(*kernel, options);
  std::pair<int, int> loops;
  for (const InnerLoop &loop : innerLoops(compiled->assembly)) {
    loops.first += loop.multiplyAdds > 0;
    loops.second += loop.text.find("prefetcht1") != std::string::npos;
  }
  return loops;
}

TEST(ConvAssembly, LargeWeightsAreAskedForAhead) {
  ConvSpec large = layer(512, 512, 7, 3, avx512);
  large.onlyTemplate = "conv_direct";
  EXPECT_EQ(prefetchingLoops(large), std::pair(1, 1));
}

TEST(ConvAssembly, WeightsThatStayInTheCacheAreNot) {
  ConvSpec small = layer(64, 64, 28, 1, avx512);
  small.onlyTemplate = "conv_direct";
  EXPECT_EQ(prefetchingLoops(small), std::pair(1, 0));
}

TEST(ConvAssembly, WeightsReadOnceAreNot) {
  ConvSpec vector = layer(1024, 1024, 1, 1, avx512);
  vector.onlyTemplate = "conv_direct";
  EXPECT_EQ(prefetchingLoops(vector).second, 0);
}

TEST(ConvAssembly, ResidualDoesNotDisturb) {
  ConvSpec spec = layer(64, 256, 56, 1, avx512);
  spec.residual = true;
  expectTight(spec, 28);
}

TEST(ConvAssembly, FirstLayerBroadcastsFromFewChannels) {
  ConvSpec spec = layer(3, 64, 224, 7, avx512);
  spec.strides = {2, 2}, spec.padChannels = false;
  expectTight(spec, 28);
}

TEST(ConvAssembly, OddChannelsStoreWithMasksOutsideOfTheLoop) {
  ConvSpec spec = layer(64, 24, 28, 3, avx512);
  spec.sharedOutput = true;
  expectTight(spec, 8);
}

TEST(ConvAssembly, SymbolicExtents) {
  ConvSpec spec = layer(32, 64, 40, 3, avx512);
  spec.symbolic = true;
  expectTight(spec, 8);
}

TEST(ConvAssembly, TransposedMultipliesNoZeros) {
  ConvSpec spec = layer(64, 64, 16, 4, avx512);
  spec.transposed = true, spec.strides = {2, 2}, spec.pads = {1, 1, 1, 1};
  expectTight(spec, 32);
}

TEST(ConvAssembly, BytesAreSummedByFour) {
  for (proto::DataType type : {proto::U8, proto::I8})
    for (int64_t extent : {56, 7})
      for (int64_t window : {1, 3}) {
        ConvSpec spec = layer(64, 96, extent, window, vnni);
        spec.type = spec.result = type, spec.scaled = "requantize", spec.activation.clear();
        expectTight(spec, 8);
      }
}

TEST(ConvAssembly, TransposedBytesAreSummedByFour) {
  for (int64_t window : {2, 4}) {
    ConvSpec spec = layer(64, 64, 16, window, vnni);
    spec.transposed = true, spec.strides = {2, 2}, spec.pads.assign(4, window / 4);
    spec.type = proto::U8, spec.scaled = "requantize", spec.activation.clear();
    expectTight(spec, 16);
  }
}

TEST(ConvAssembly, HalvesAreSummedByTwo) {
  for (int64_t extent : {56, 7})
    for (int64_t window : {1, 3}) {
      ConvSpec spec = layer(64, 64, extent, window, vnni);
      spec.type = spec.result = proto::BF16;
      expectTight(spec, 12);
    }
}

TEST(ConvAssembly, BytesOfFewChannels) {
  ConvSpec spec = layer(3, 64, 224, 7, vnni);
  spec.type = proto::U8, spec.scaled = "requantize", spec.activation.clear(), spec.strides = {2, 2};
  expectTight(spec, 28);
}

TEST(ConvAssembly, DepthwiseBytesStayInRegisters) {
  for (int64_t window : {3, 5}) {
    ConvSpec spec = layer(96, 96, 28, window, vnni);
    spec.groups = 96, spec.type = proto::U8, spec.scaled = "requantize", spec.activation.clear();
    expectTight(spec, window == 3 ? 21 : 70, window == 3 ? 0 : 4);
  }
}

} // namespace convoy::test
