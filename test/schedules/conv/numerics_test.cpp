#include "test/schedules/conv/Runs.h"

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

TEST(ConvNumerics, WrongSchedulesAreRefused) {
  ConvSpec spec;
  spec.schedule.set_template_name("conv_direct");
  (*spec.schedule.mutable_knobs())["pixels"] = 29;
  EXPECT_NE(convKernel(spec).error().find("'pixels' of template 'conv_direct' is 29"), std::string::npos);
  spec.schedule.set_template_name("conv_depthwise");
  EXPECT_NE(convKernel(spec).error().find("not depthwise"), std::string::npos);
}

} // namespace convoy::test
