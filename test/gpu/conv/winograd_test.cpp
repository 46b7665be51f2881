#include "test/gpu/conv/Device.h"

#include <gtest/gtest.h>

namespace convoy::test {

static ConvSpec layer(int64_t in, int64_t out, std::vector<int64_t> extents, int64_t outputs) {
  ConvSpec spec;
  spec.in = in, spec.out = out, spec.extents = std::move(extents), spec.activation = "relu";
  spec.schedule.set_template_name("gpu_winograd");
  auto &knobs = *spec.schedule.mutable_knobs();
  knobs["outputs"] = outputs, knobs["pixels"] = 2, knobs["rows"] = 2, knobs["threads_c"] = 8, knobs["threads_x"] = 2;
  knobs["chunk"] = 8;
  return spec;
}

TEST(GpuWinograd, WholeTiles) {
  for (int64_t outputs : {2, 4})
    expectRightOnDevice(layer(32, 64, {16, 24}, outputs), "gpu_winograd");
}

TEST(GpuWinograd, TilesThatOverhang) {
  ConvSpec spec = layer(16, 36, {9, 14}, 4);
  spec.batch = 2, spec.residual = true, spec.bias = false;
  expectRightOnDevice(spec, "gpu_winograd");
  spec = layer(8, 32, {11, 7}, 2);
  spec.pads = {0, 1, 2, 1};
  expectRightOnDevice(spec, "gpu_winograd");
}

TEST(GpuWinograd, OtherKernelsAreRefused) {
  ConvSpec spec = layer(16, 32, {9, 9}, 4);
  spec.target = "opencl", spec.halo = false;
  (*spec.schedule.mutable_knobs())["chunk"] = 12;
  auto kernel = convKernel(spec);
  ASSERT_TRUE(bool(kernel)) << kernel.error();
  EXPECT_NE(schedules::load(*kernel).error().find("must divide the input's channels"), std::string::npos);
  spec.strides = {2, 2};
  EXPECT_NE(convKernel(spec).error().find("not 3x3 with stride 1"), std::string::npos);
  spec.strides = {1, 1};
  for (const std::vector<int64_t> &large : {std::vector<int64_t>{8, 4 * 65536}, {2 * 65536, 8}}) {
    spec.extents = large;
    EXPECT_NE(convKernel(spec).error().find("too many tiles"), std::string::npos);
  }
}

} // namespace convoy::test
