#include "test/schedules/conv/Runs.h"

#include <array>
#include <gtest/gtest.h>

namespace convoy::test {

static ConvSpec bytes(int64_t in, int64_t out, std::vector<int64_t> extents, int64_t window) {
  return sameSize(proto::U8, in, out, std::move(extents), window);
}

TEST(ConvIntegers, Sums) {
  for (int64_t window : {1, 3}) {
    expectExact(bytes(32, 64, {14, 14}, window), "conv_direct");
    expectExact(bytes(24, 40, {9, 11}, window), "conv_direct");
  }
}

TEST(ConvIntegers, SignedData) {
  for (int64_t out : {64, 40}) {
    ConvSpec spec = bytes(32, out, {14, 14}, 3);
    spec.type = proto::I8;
    expectExact(spec, "conv_direct");
    spec.halo = false, spec.bias = false;
    expectExact(spec, "conv_direct");
  }
}

TEST(ConvIntegers, FewChannelsAreFilledUp) {
  for (int64_t in : {3, 5, 18}) {
    ConvSpec spec = bytes(in, 32, {20, 20}, 7);
    spec.strides = {2, 2};
    expectExact(spec, "conv_direct");
  }
}

TEST(ConvIntegers, WithoutHaloAndWithZeroPoints) {
  for (proto::DataType type : {proto::U8, proto::I8})
    for (bool halo : {true, false}) {
      ConvSpec spec = bytes(20, 48, {11, 13}, 3);
      spec.type = type, spec.halo = halo, spec.padValue = type == proto::U8 ? 200 : -7;
      spec.strides = {1, 2}, spec.dilations = {2, 1};
      expectExact(spec, "conv_direct");
    }
}

TEST(ConvIntegers, ScaledBack) {
  for (proto::DataType result : {proto::U8, proto::I8}) {
    ConvSpec spec = bytes(64, 96, {14, 14}, 1);
    spec.pads = {0, 0, 0, 0}, spec.scaled = "requantize", spec.result = result;
    expectExact(spec, "conv_direct");
    spec.out = 40, spec.sharedOutput = true;
    expectExact(spec, "conv_direct");
  }
  ConvSpec spec = bytes(64, 32, {14, 14}, 3);
  spec.residual = true, spec.activation = "relu";
  for (const char *scaled : {"dequantize", "quantize"}) {
    spec.scaled = scaled;
    expectExact(spec, "conv_direct");
  }
}

TEST(ConvIntegers, Groups) {
  for (int64_t in : {64, 24}) {
    ConvSpec spec = bytes(in, 64, {10, 10}, 3);
    spec.groups = 4;
    expectExact(spec, "conv_direct");
    spec.out = 32, spec.type = proto::I8;
    expectExact(spec, "conv_direct");
  }
}

TEST(ConvIntegers, PairsWhereOnlyTheySum) {
  for (const char *target :
       {"x86-64-linux-avx-avx2-f16c-fma-sse41", "x86-64-linux-avx-avx2-avx512-avx512_skylake-f16c-fma-sse41"})
    for (proto::DataType type : {proto::U8, proto::I8}) {
      ConvSpec spec = bytes(type == proto::U8 ? 24 : 11, 40, {9, 11}, 3);
      spec.target = target, spec.type = type, spec.scaled = "requantize", spec.halo = type == proto::U8;
      expectExact(spec, "conv_direct");
    }
}

TEST(ConvIntegers, WhereNoInstructionSums) {
  ConvSpec spec = bytes(24, 40, {9, 11}, 3);
  spec.scaled = "requantize", spec.planar = true, spec.halo = false;
  expectExact(spec, "conv_direct");
  spec.planar = false, spec.in = 3, spec.padChannels = false;
  expectExact(spec, "conv_direct");
}

TEST(ConvIntegers, SymbolicExtents) {
  for (int64_t width : {3, 14, 37}) {
    ConvSpec spec = bytes(16, 32, {9, width}, 3);
    spec.symbolic = true, spec.scaled = "requantize", spec.batch = 2;
    expectExact(spec, "conv_direct");
  }
}

TEST(ConvIntegers, Depthwise) {
  for (proto::DataType type : {proto::U8, proto::I8})
    for (int64_t channels : {64, 35}) {
      ConvSpec spec = bytes(channels, channels, {13, 14}, 3);
      spec.groups = channels, spec.type = type, spec.scaled = "requantize", spec.padValue = 3;
      spec.strides = {1, channels == 64 ? 1 : 2};
      expectExact(spec, "conv_depthwise");
      spec.halo = false, spec.window = {5, 5}, spec.strides = {2, 2};
      expectExact(spec, "conv_depthwise");
    }
}

static ConvSpec transposedBytes(int64_t window, int64_t stride, int64_t pad) {
  ConvSpec spec = bytes(24, 32, {7, 9}, window);
  spec.transposed = true, spec.strides = {stride, stride}, spec.pads.assign(4, pad);
  return spec;
}

TEST(ConvIntegers, Transposed) {
  for (proto::DataType type : {proto::U8, proto::I8})
    for (auto [window, stride, pad] : {std::array{2, 2, 0}, {4, 2, 1}, {3, 1, 0}, {2, 3, 0}, {5, 3, 2}}) {
      ConvSpec spec = transposedBytes(window, stride, pad);
      spec.type = type;
      expectExact(spec, "conv_transposed");
      spec.halo = false, spec.bias = false, spec.out = 40, spec.scaled = "requantize";
      expectExact(spec, "conv_transposed");
    }
}

TEST(ConvIntegers, TransposedOfOddExtents) {
  for (int64_t in : {3, 5, 18}) {
    ConvSpec spec = transposedBytes(3, 2, 1);
    spec.in = in, spec.out = 3, spec.batch = 2, spec.outputPadding = {1, 1}, spec.dilations = {2, 1};
    expectExact(spec, "conv_transposed");
    spec.padChannels = false, spec.sharedOutput = true;
    expectExact(spec, "conv_transposed");
  }
  for (int64_t width : {1, 6}) {
    ConvSpec spec = transposedBytes(2, 2, 0);
    spec.symbolic = true, spec.extents = {3, width}, spec.scaled = "dequantize";
    expectExact(spec, "conv_transposed");
  }
}

TEST(ConvIntegers, TransposedInPairs) {
  for (const char *target :
       {"x86-64-linux-avx-avx2-f16c-fma-sse41", "x86-64-linux-avx-avx2-avx512-avx512_skylake-f16c-fma-sse41"})
    for (int64_t window : {2, 4}) {
      ConvSpec spec = transposedBytes(window, 2, window / 4);
      spec.target = target, spec.type = window == 2 ? proto::U8 : proto::I8, spec.scaled = "requantize";
      expectExact(spec, "conv_transposed");
    }
}

TEST(ConvIntegers, DepthwiseWithoutItsInstruction) {
  ConvSpec spec = bytes(40, 40, {13, 14}, 3);
  spec.groups = 40, spec.scaled = "requantize";
  spec.dilations = {2, 2};
  expectExact(spec, "conv_depthwise");
  spec.dilations = {1, 1}, spec.target = "x86-64-linux-avx-avx2-f16c-fma-sse41";
  expectExact(spec, "conv_depthwise");
  spec.target = "host", spec.symbolic = true;
  expectExact(spec, "conv_depthwise");
}

} // namespace convoy::test
