// bfloat16, which the device keeps as bits and widens to single floats, in the same schedules.
#include "test/gpu/conv/Device.h"

#include <gtest/gtest.h>

namespace convoy::test {

static ConvSpec halves(int64_t in, int64_t out, std::vector<int64_t> extents, int64_t window) {
  return sameSize(proto::BF16, in, out, std::move(extents), window);
}

TEST(GpuConvHalves, ToSingleAndHalfFloats) {
  for (proto::DataType result : {proto::F32, proto::BF16})
    for (int64_t window : {1, 3}) {
      ConvSpec spec = halves(32, 64, {14, 14}, window);
      spec.result = result, spec.activation = "relu";
      expectRightOnDevice(spec, "gpu_conv_direct");
      spec.in = 19, spec.out = 42, spec.residual = true, spec.strides = {2, 1};
      expectRightOnDevice(spec, "gpu_conv_direct");
    }
}

TEST(GpuConvHalves, OtherTemplates) {
  ConvSpec spec = halves(40, 40, {13, 14}, 3);
  spec.groups = 40, spec.result = proto::BF16;
  expectRightOnDevice(spec, "gpu_depthwise");
  spec = halves(24, 32, {7, 9}, 4);
  spec.transposed = true, spec.strides = {2, 2}, spec.pads = {1, 1, 1, 1};
  expectRightOnDevice(spec, "gpu_conv_transposed");
  spec = halves(16, 32, {9, 14}, 3);
  spec.symbolic = true, spec.batch = 2;
  expectRightOnDevice(spec, "gpu_conv_direct");
}

TEST(GpuConvHalves, WholeSumsInPlainOnes) {
  ConvSpec spec = halves(16, 8, {5, 6}, 3);
  spec.schedule.set_template_name("gpu_plain");
  for (proto::DataType result : {proto::F32, proto::BF16}) {
    spec.result = result;
    expectRightOnDevice(spec, "gpu_plain");
  }
}

} // namespace convoy::test
