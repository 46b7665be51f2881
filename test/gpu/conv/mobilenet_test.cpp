// Each distinct convolution of MobileNetV2 at batch 1, at its real size, on a device.
#include "test/gpu/conv/Device.h"
#include "test/gpu/conv/Layers.h"

#include <gtest/gtest.h>

namespace convoy::test {

namespace {

const std::vector<ConvSpec> &layers() {
  static const std::vector<ConvSpec> all = layersOf("mobilenet_v2", "opencl");
  return all;
}

std::string nameOf(const ConvSpec &spec) {
  const std::string window = std::to_string(spec.window[0]), stride = std::to_string(spec.strides[0]);
  return std::to_string(spec.in) + "To" + std::to_string(spec.out) + "Window" + window + "Stride" + stride + "At" +
         std::to_string(spec.extents[0]) + (spec.residual ? "Residual" : "");
}

class GpuMobileNetV2 : public testing::TestWithParam<ConvSpec> {};

TEST_P(GpuMobileNetV2, AgreesWithTheFormula) {
  expectRightOnDevice(GetParam(), GetParam().groups > 1 ? "gpu_depthwise" : "gpu_conv_direct");
}

INSTANTIATE_TEST_SUITE_P(Layers, GpuMobileNetV2, testing::ValuesIn(layers()),
                         [](const auto &info) { return nameOf(info.param); });

/// The file lists them all.
TEST(GpuMobileNetV2Layers, AreComplete) { EXPECT_EQ(layers().size(), 31u); }

} // namespace

} // namespace convoy::test
