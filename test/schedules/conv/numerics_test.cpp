#include "test/schedules/conv/Runs.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <limits>

namespace convoy::test {

static std::vector<float> resultOf(ConvSpec spec, float poison) {
  spec.onlyTemplate = spec.groups == 1 ? "conv_direct" : "conv_depthwise"; // Winograd's spread over their tile.
  auto kernel = convKernel(spec);
  EXPECT_TRUE(bool(kernel)) << kernel.error();
  auto loaded = schedules::load(*kernel);
  EXPECT_TRUE(bool(loaded)) << loaded.error();
  Buffers buffers = randomBuffers(*kernel, spec, 5);
  if (poison != 0)
    buffers.inputs[0].at({0, 3, 4, 5}) = poison;
  EXPECT_TRUE(bool((*loaded)->run(buffers.hostInputs(), buffers.hostOutputs())));
  std::vector<float> result;
  buffers.outputs[0].each([&](const std::vector<int64_t> &, float value) { result.push_back(value); });
  return result;
}

/// An element that is no number reaches exactly the results that its window touches, through relu as ONNX has it.
TEST(ConvNumerics, NotANumberPassesThrough) {
  ConvSpec spec;
  spec.in = 8, spec.out = 16, spec.extents = {12, 12};
  const std::vector<float> result = resultOf(spec, std::numeric_limits<float>::quiet_NaN());
  for (int64_t channel = 0; channel < 16; ++channel)
    for (int64_t y = 0; y < 12; ++y)
      for (int64_t x = 0; x < 12; ++x)
        EXPECT_EQ(std::isnan(result[size_t((channel * 12 + y) * 12 + x)]),
                  std::abs(y - 4) <= 1 && std::abs(x - 5) <= 1);
}

TEST(ConvNumerics, InfinityPassesThroughDepthwise) {
  ConvSpec spec;
  spec.in = spec.out = spec.groups = 16, spec.extents = {12, 12};
  const std::vector<float> result = resultOf(spec, std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::isinf(result[size_t((3 * 12 + 4) * 12 + 5)]));
  EXPECT_TRUE(std::isfinite(result[size_t((3 * 12 + 4) * 12 + 8)]));
}

/// How work is cut into tasks changes no bit.
TEST(ConvNumerics, TasksChangeNoBits) {
  for (const char *name : {"conv_direct", "conv_depthwise"}) {
    ConvSpec spec;
    spec.in = spec.out = 32, spec.extents = {20, 20};
    spec.groups = std::strcmp(name, "conv_direct") == 0 ? 1 : 32;
    std::vector<std::vector<float>> results;
    for (int64_t groups : {1, 3, 8}) {
      spec.schedule.set_template_name(name);
      (*spec.schedule.mutable_knobs())["pixels"] = 4;
      (*spec.schedule.mutable_knobs())["groups"] = groups;
      results.push_back(resultOf(spec, 0));
    }
    EXPECT_EQ(std::memcmp(results[0].data(), results[1].data(), results[0].size() * 4), 0) << name;
    EXPECT_EQ(std::memcmp(results[0].data(), results[2].data(), results[0].size() * 4), 0) << name;
  }
}

/// Largest relative error of a 1x1 convolution whose operands are all positive.
static double errorOfLongSum(ConvSpec spec) {
  auto kernel = convKernel(spec);
  EXPECT_TRUE(bool(kernel)) << kernel.error();
  auto loaded = schedules::load(*kernel);
  EXPECT_TRUE(bool(loaded)) << loaded.error();
  Buffers buffers = randomBuffers(*kernel, spec, 5);
  for (Storage &input : buffers.inputs)
    input.each([](const std::vector<int64_t> &, float &value) { value = std::fabs(value); });
  EXPECT_TRUE(bool((*loaded)->run(buffers.hostInputs(), buffers.hostOutputs())));
  const std::vector<double> exact = convReference(spec, buffers.inputs);
  double worst = 0;
  size_t position = 0;
  buffers.outputs[0].each([&](const std::vector<int64_t> &, float value) {
    worst = std::max(worst, std::fabs(double(value) - exact[position]) / exact[position]);
    ++position;
  });
  return worst;
}

/// Rounding does not grow with the length of a sum, in large tiles and in those of few accumulators.
TEST(ConvNumerics, LongSumsAreCut) {
  for (int64_t extent : {7, 1}) {
    ConvSpec spec;
    spec.in = 2304, spec.out = 32, spec.extents = {extent, extent}, spec.window = {1, 1}, spec.pads = {0, 0, 0, 0};
    auto ranked = convKernel(spec);
    ASSERT_TRUE(bool(ranked)) << ranked.error();
    const double cut = errorOfLongSum(spec);
    spec.schedule = ranked->schedule();
    ASSERT_EQ(spec.schedule.template_name(), "conv_direct");
    (*spec.schedule.mutable_knobs())["partial"] = 0;
    const double whole = errorOfLongSum(spec);
    EXPECT_LT(cut, whole / 3) << extent;
    EXPECT_LT(cut, 1e-6) << extent;
  }
}

/// Wherever a sum is cut, the result is right: within channels, between taps, and where channels have no divisor.
TEST(ConvNumerics, CutsAnywhere) {
  for (int64_t in : {6, 40, 96, 131})
    for (int64_t partial : {3, 16, 120}) {
      ConvSpec spec;
      spec.in = in, spec.out = 24, spec.extents = {9, 9};
      spec.schedule.set_template_name("conv_direct");
      (*spec.schedule.mutable_knobs())["pixels"] = 4;
      (*spec.schedule.mutable_knobs())["unroll"] = 4;
      (*spec.schedule.mutable_knobs())["partial"] = partial;
      expectRight(spec, "conv_direct");
    }
}

TEST(ConvNumerics, WrongSchedulesAreRefused) {
  ConvSpec spec;
  spec.schedule.set_template_name("conv_direct");
  (*spec.schedule.mutable_knobs())["pixels"] = 29;
  EXPECT_NE(convKernel(spec).error().find("'pixels' of template 'conv_direct' is 29"), std::string::npos);
  spec.schedule.set_template_name("conv_depthwise");
  EXPECT_NE(convKernel(spec).error().find("not depthwise"), std::string::npos);
}

} // namespace convoy::test
