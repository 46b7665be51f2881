#include "test/gpu/conv/Device.h"

#include <array>
#include <gtest/gtest.h>

namespace convoy::test {

static void expectDirect(const ConvSpec &spec) { expectRightOnDevice(spec, "gpu_conv_direct"); }

static ConvSpec layer(int64_t in, int64_t out, int64_t extent, int64_t window = 3, int64_t stride = 1) {
  ConvSpec spec;
  spec.in = in, spec.out = out, spec.extents = {extent, extent}, spec.window = {window, window};
  spec.strides = {stride, stride}, spec.activation = "relu";
  const int64_t pad = window / 2;
  spec.pads = {pad, pad, pad, pad};
  return spec;
}

/// All distinct convolutions of ResNet-20 on CIFAR-10.
TEST(GpuConvDirect, ResNet20) {
  expectDirect(layer(3, 16, 32));
  expectDirect(layer(16, 32, 32, 3, 2));
  expectDirect(layer(32, 64, 16, 3, 2));
  for (auto [channels, extent] : {std::pair<int64_t, int64_t>{16, 32}, {32, 16}, {64, 8}}) {
    ConvSpec spec = layer(channels, channels, extent);
    expectDirect(spec);
    spec.residual = true;
    expectDirect(spec);
  }
}

TEST(GpuConvDirect, OneByOne) {
  expectDirect(layer(24, 144, 14, 1));
  expectDirect(layer(320, 1280, 7, 1));
  expectDirect(layer(64, 32, 14, 1, 2));
  ConvSpec joined = layer(32, 16, 9, 1);
  joined.batch = 2, joined.residual = true, joined.activation = "swish";
  expectDirect(joined);
  joined.planar = true;
  expectDirect(joined);
}

TEST(GpuConvDirect, WideWindows) {
  ConvSpec spec = layer(3, 64, 23, 7, 2);
  expectDirect(spec);
  spec.planar = true;
  expectDirect(spec);
  ConvSpec dilated = layer(16, 20, 17);
  dilated.dilations = {6, 6}, dilated.pads = {6, 6, 6, 6};
  expectDirect(dilated);
}

TEST(GpuConvDirect, OddChannels) {
  ConvSpec spec = layer(19, 21, 11);
  spec.padChannels = false;
  expectDirect(spec);
  spec.padChannels = true, spec.sharedOutput = true;
  expectDirect(spec);
  spec.pads = {0, 2, 1, 1}, spec.bias = false, spec.activation = "";
  expectDirect(spec);
}

TEST(GpuConvDirect, Groups) {
  for (auto [in, out, groups] : {std::array<int64_t, 3>{128, 128, 32}, {32, 64, 2}, {12, 18, 3}, {40, 80, 4}}) {
    ConvSpec spec = layer(in, out, 9);
    spec.groups = groups;
    expectDirect(spec);
  }
}

TEST(GpuConvDirect, OneAndThreeDimensions) {
  ConvSpec line;
  line.in = 10, line.out = 32, line.extents = {37}, line.window = {5}, line.strides = {2}, line.dilations = {1};
  line.pads = {2, 2};
  expectDirect(line);
  ConvSpec volume;
  volume.in = 4, volume.out = 16, volume.extents = {5, 6, 7}, volume.window = {3, 3, 3}, volume.strides = {1, 1, 1};
  volume.dilations = {1, 1, 1}, volume.pads = {1, 1, 1, 1, 1, 1};
  expectDirect(volume);
}

TEST(GpuConvDirect, SymbolicExtents) {
  ConvSpec spec;
  spec.in = 16, spec.out = 32, spec.symbolic = true, spec.batch = 2;
  for (int64_t width : {3, 14, 37}) {
    spec.extents = {9, width};
    expectDirect(spec);
  }
}

TEST(GpuConvDirect, WrongKnobsAreRefused) {
  ConvSpec spec = layer(64, 64, 14);
  spec.target = "opencl", spec.halo = false;
  spec.schedule.set_template_name("gpu_conv_direct");
  auto &knobs = *spec.schedule.mutable_knobs();
  knobs["threads_c"] = 32, knobs["vectors"] = 4, knobs["chunk"] = 256;
  auto kernel = convKernel(spec);
  ASSERT_TRUE(bool(kernel)) << kernel.error();
  EXPECT_NE(schedules::load(*kernel).error().find("more shared memory than a block has"), std::string::npos);
  knobs["vectors"] = 1, knobs["chunk"] = 4, knobs["threads_x"] = knobs["threads_y"] = 16;
  kernel = convKernel(spec);
  ASSERT_TRUE(bool(kernel)) << kernel.error();
  EXPECT_NE(schedules::load(*kernel).error().find("8192 threads in a block"), std::string::npos);
  knobs["threads_c"] = 65;
  EXPECT_NE(convKernel(spec).error().find("'threads_c' of template 'gpu_conv_direct' is 65"), std::string::npos);
  knobs.clear();
  spec.in = spec.out = spec.groups = 64;
  EXPECT_NE(convKernel(spec).error().find("depthwise"), std::string::npos);
}

/// The model cuts the sums of late layers, whose results alone make too few blocks, and leaves those of early ones
/// whole.
TEST(GpuConvDirect, BlocksFillTheDevice) {
  auto blocks = [](ConvSpec spec) {
    spec.target = "cuda-sm_90", spec.halo = false, spec.onlyTemplate = "gpu_conv_direct";
    auto kernel = convKernel(spec);
    EXPECT_TRUE(bool(kernel)) << kernel.error();
    auto knobs = kernel->schedule().knobs();
    auto parts = [](int64_t extent, int64_t size) { return (extent + size - 1) / size; };
    const int64_t whole = parts(spec.out, 4 * knobs["vectors"] * knobs["threads_c"]) *
                          parts(spec.extents[1], knobs["pixels"] * knobs["threads_x"]) *
                          parts(spec.extents[0], knobs["rows"] * knobs["threads_y"]);
    return std::pair(whole, knobs["split"]);
  };
  const int64_t multiprocessors = 132;
  const auto [late, parts] = blocks(layer(512, 512, 7));
  EXPECT_LT(late, multiprocessors / 2);
  EXPECT_GE(late * parts, multiprocessors * 9 / 10);
  const auto [early, one] = blocks(layer(64, 64, 224));
  EXPECT_GE(early, multiprocessors);
  EXPECT_EQ(one, 1);
}

/// A sum in parts gives what the whole one gives.
TEST(GpuConvDirect, SplitSums) {
  ConvSpec spec = layer(96, 48, 7);
  spec.residual = true;
  for (int64_t split : {1, 3, 8}) {
    spec.schedule.set_template_name("gpu_conv_direct");
    auto &knobs = *spec.schedule.mutable_knobs();
    knobs["vectors"] = 1, knobs["pixels"] = 7, knobs["rows"] = 1, knobs["threads_c"] = 8, knobs["threads_y"] = 4;
    knobs["chunk"] = 8, knobs["split"] = split;
    expectDirect(spec);
  }
}

} // namespace convoy::test
