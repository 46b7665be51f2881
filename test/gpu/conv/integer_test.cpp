// Bytes in 32-bit sums, in the same schedules as floats, exactly as the processor's plain one computes them.
#include "test/gpu/conv/Device.h"

#include <gtest/gtest.h>

namespace convoy::test {

static ConvSpec bytes(int64_t in, int64_t out, std::vector<int64_t> extents, int64_t window) {
  return sameSize(proto::U8, in, out, std::move(extents), window);
}

static void expectDirect(const ConvSpec &spec) { expectExactOnDevice(spec, "gpu_conv_direct"); }

TEST(GpuConvIntegers, Sums) {
  for (int64_t window : {1, 3}) {
    expectDirect(bytes(32, 64, {14, 14}, window));
    expectDirect(bytes(24, 40, {9, 11}, window));
  }
}

TEST(GpuConvIntegers, SignedData) {
  for (int64_t out : {64, 41}) {
    ConvSpec spec = bytes(32, out, {14, 14}, 3);
    spec.type = proto::I8, spec.bias = false;
    expectDirect(spec);
  }
}

TEST(GpuConvIntegers, WordsAreFilledUp) {
  for (int64_t in : {3, 5, 18})
    for (bool padChannels : {true, false}) {
      ConvSpec spec = bytes(in, 32, {20, 20}, 7);
      spec.strides = {2, 2}, spec.padChannels = padChannels;
      expectDirect(spec);
    }
}

TEST(GpuConvIntegers, ZeroPoints) {
  for (proto::DataType type : {proto::U8, proto::I8}) {
    ConvSpec spec = bytes(20, 48, {11, 13}, 3);
    spec.type = type, spec.padValue = type == proto::U8 ? 200 : -7;
    spec.strides = {1, 2}, spec.dilations = {2, 1};
    expectDirect(spec);
    spec.planar = true;
    expectDirect(spec);
  }
}

TEST(GpuConvIntegers, ScaledBack) {
  ConvSpec spec = bytes(64, 96, {14, 14}, 1);
  spec.pads = {0, 0, 0, 0}, spec.scaled = "requantize";
  expectDirect(spec);
  spec.out = 40, spec.sharedOutput = true, spec.result = proto::I8;
  expectDirect(spec);
  spec = bytes(64, 32, {14, 14}, 3);
  spec.residual = true, spec.activation = "relu";
  for (const char *scaled : {"dequantize", "quantize"}) {
    spec.scaled = scaled;
    expectDirect(spec);
  }
}

TEST(GpuConvIntegers, Groups) {
  for (int64_t in : {64, 24}) {
    ConvSpec spec = bytes(in, 64, {10, 10}, 3);
    spec.groups = 4;
    expectDirect(spec);
    spec.out = 12, spec.type = proto::I8;
    expectDirect(spec);
  }
}

TEST(GpuConvIntegers, SymbolicExtents) {
  for (int64_t width : {3, 37}) {
    ConvSpec spec = bytes(16, 32, {9, width}, 3);
    spec.symbolic = true, spec.scaled = "requantize", spec.batch = 2;
    expectDirect(spec);
  }
}

TEST(GpuConvIntegers, SplitSums) {
  ConvSpec spec = bytes(96, 48, {7, 7}, 3);
  spec.schedule.set_template_name("gpu_conv_direct");
  auto &knobs = *spec.schedule.mutable_knobs();
  knobs["pixels"] = 7, knobs["threads_c"] = 8, knobs["threads_y"] = 4, knobs["chunk"] = 8, knobs["split"] = 3;
  expectDirect(spec);
}

TEST(GpuConvIntegers, Depthwise) {
  for (proto::DataType type : {proto::U8, proto::I8})
    for (int64_t channels : {64, 35}) {
      ConvSpec spec = bytes(channels, channels, {13, 14}, 3);
      spec.groups = channels, spec.type = type, spec.scaled = "requantize", spec.padValue = 3;
      spec.strides = {1, channels == 64 ? 1 : 2};
      expectExactOnDevice(spec, "gpu_depthwise");
    }
}

TEST(GpuConvIntegers, Transposed) {
  for (int64_t groups : {1, 2}) {
    ConvSpec spec = bytes(24, 32, {7, 9}, 4);
    spec.transposed = true, spec.strides = {2, 2}, spec.pads = {1, 1, 1, 1}, spec.groups = groups;
    expectExactOnDevice(spec, "gpu_conv_transposed");
  }
}

} // namespace convoy::test
