#include "test/gpu/conv/Device.h"

#include <gtest/gtest.h>

namespace convoy::test {

static ConvSpec depthwise(int64_t channels, int64_t extent, int64_t window = 3, int64_t stride = 1) {
  ConvSpec spec;
  spec.in = spec.out = spec.groups = channels, spec.extents = {extent, extent}, spec.window = {window, window};
  spec.strides = {stride, stride};
  const int64_t pad = window / 2;
  spec.pads = {pad, pad, pad, pad};
  return spec;
}

static void expectDepthwise(ConvSpec spec, std::map<std::string, int64_t> knobs = {}) {
  if (!knobs.empty())
    spec.schedule.set_template_name("gpu_depthwise");
  for (const auto &[name, value] : knobs)
    (*spec.schedule.mutable_knobs())[name] = value;
  expectRightOnDevice(spec, "gpu_depthwise");
}

/// Shapes of MobileNetV2.
TEST(GpuDepthwise, MobileNetV2) {
  expectDepthwise(depthwise(32, 28));
  expectDepthwise(depthwise(96, 15, 3, 2));
  expectDepthwise(depthwise(960, 7));
}

TEST(GpuDepthwise, PatchesOfAThread) {
  ConvSpec spec = depthwise(24, 11, 3);
  spec.activation = "swish", spec.residual = true;
  expectDepthwise(spec, {{"lanes", 4}, {"pixels", 4}, {"rows", 2}, {"threads_c", 8}, {"threads_x", 2}});
  expectDepthwise(spec, {{"lanes", 1}, {"pixels", 7}, {"rows", 1}, {"threads_c", 32}, {"threads_y", 2}});
}

TEST(GpuDepthwise, OddChannelsAndLargeWindows) {
  ConvSpec spec = depthwise(21, 9, 5, 2);
  spec.padChannels = false;
  expectDepthwise(spec);
  spec.padChannels = true, spec.sharedOutput = true, spec.dilations = {2, 1};
  expectDepthwise(spec);
  expectDepthwise(depthwise(16, 20, 17), {{"lanes", 4}, {"pixels", 4}, {"rows", 4}, {"threads_c", 4}});
}

TEST(GpuDepthwise, OneDimensionAndSymbols) {
  ConvSpec line = depthwise(18, 23);
  line.extents = {23}, line.window = {3}, line.strides = {1}, line.dilations = {1}, line.pads = {1, 1};
  expectDepthwise(line);
  ConvSpec spec = depthwise(20, 9);
  spec.symbolic = true, spec.batch = 2;
  expectDepthwise(spec);
}

static ConvSpec transposed(int64_t window, int64_t stride, int64_t pad) {
  ConvSpec spec;
  spec.transposed = true;
  spec.in = 24, spec.out = 32, spec.extents = {7, 9};
  spec.window = {window, window}, spec.strides = {stride, stride}, spec.pads = {pad, pad, pad, pad};
  return spec;
}

static void expectTransposed(const ConvSpec &spec) { expectRightOnDevice(spec, "gpu_conv_transposed"); }

TEST(GpuConvTransposed, WindowsAndStrides) {
  expectTransposed(transposed(2, 2, 0));
  expectTransposed(transposed(4, 2, 1));
  expectTransposed(transposed(3, 1, 0));
  expectTransposed(transposed(2, 3, 0));
  expectTransposed(transposed(3, 2, 1));
}

TEST(GpuConvTransposed, OddShapes) {
  ConvSpec spec = transposed(3, 2, 1);
  spec.outputPadding = {1, 1}, spec.out = 3, spec.batch = 2, spec.padChannels = false;
  expectTransposed(spec);
  ConvSpec groups = transposed(4, 2, 1);
  groups.in = groups.out = groups.groups = 6;
  expectTransposed(groups);
  ConvSpec line = transposed(4, 2, 1);
  line.extents = {11}, line.window = {4}, line.strides = {2}, line.pads = {1, 1}, line.dilations = {1};
  line.outputPadding = {0};
  expectTransposed(line);
  ConvSpec symbolic = transposed(2, 2, 0);
  symbolic.symbolic = true, symbolic.extents = {3, 6};
  expectTransposed(symbolic);
}

TEST(GpuConvTransposed, InfinitiesAtTheBorder) {
  if (!deviceMissing().empty())
    GTEST_SKIP() << deviceMissing();
  for (ConvSpec spec : {transposed(4, 2, 1), transposed(3, 1, 0), transposed(3, 2, 1)}) {
    spec.in = 3, spec.out = 20, spec.halo = false, spec.target = "opencl";
    expectInfinitiesInside(spec, "gpu_conv_transposed");
  }
}

} // namespace convoy::test
