// Each kernel of test/schedules/kernels, and those around the convolutions of ResNet-20 and MobileNetV2, on a device.
#include "test/gpu/schedules/Builder.h"

#include <algorithm>
#include <filesystem>
#include <gtest/gtest.h>

namespace convoy::test {

namespace {

class GpuKernels : public testing::TestWithParam<std::string> {};

TEST_P(GpuKernels, AgreeWithTheProcessor) {
  Result<proto::Kernel> kernel = dev::readKernel(GetParam());
  ASSERT_TRUE(kernel) << kernel.error();
  expectRightOnDevice(*kernel);
}

INSTANTIATE_TEST_SUITE_P(All, GpuKernels,
                         testing::ValuesIn(dev::kernelFiles(CONVOY_SOURCE_DIR "/test/schedules/kernels")),
                         [](const auto &info) { return std::filesystem::path(info.param).stem().string(); });

std::string pool(const std::string &kind, int64_t window, int64_t stride, int64_t pad) {
  return text("kind", kind) + ints("window", {window, window}) + ints("strides", {stride, stride}) +
         ints("dilations", {1, 1}) + ints("pads", {pad, pad, pad, pad});
}

TEST(GpuNetworks, ResidualOfResNet20) {
  KernelBuilder builder;
  const int a = builder.input({1, 32, 16, 16}, Lies::Last), b = builder.input({1, 32, 16, 16}, Lies::Last);
  const int sum = builder.elementwise("add", {a, b}, builder.tensor({1, 32, 16, 16}));
  builder.elementwise("relu", {sum}, builder.tensor({1, 32, 16, 16}, Lies::Last));
  expectRightOnDevice(builder.finish(), "gpu_stream", {}, 2);
}

TEST(GpuNetworks, GlobalAverageOfResNet20) {
  KernelBuilder builder;
  const int in = builder.input({2, 64, 8, 8}, Lies::Last);
  builder.op("reduce", {in}, builder.tensor({2, 64, 1, 1}, Lies::Last), text("kind", "mean") + ints("axes", {2, 3}));
  expectRightOnDevice(builder.finish(0), "gpu_reduce", {}, 2);
}

TEST(GpuNetworks, GlobalAverageOfMobileNetV2) {
  KernelBuilder builder;
  const int in = builder.input({1, 1280, 7, 7}, Lies::Last);
  builder.op("reduce", {in}, builder.tensor({1, 1280, 1, 1}, Lies::Last), text("kind", "mean") + ints("axes", {2, 3}));
  expectRightOnDevice(builder.finish(0), "gpu_reduce");
}

TEST(GpuNetworks, ImageOfMobileNetV2) {
  KernelBuilder builder;
  const int in = builder.input({1, 3, 224, 224});
  builder.op("relayout", {in}, builder.tensor({1, 3, 224, 224}, Lies::Last));
  expectRightOnDevice(builder.finish(0), "gpu_stream");
}

TEST(GpuNetworks, GlobalAverageOfPlanes) {
  KernelBuilder builder;
  const int in = builder.input({1, 320, 7, 7});
  builder.op("reduce", {in}, builder.tensor({1, 320, 1, 1}), text("kind", "mean") + ints("axes", {2, 3}));
  expectRightOnDevice(builder.finish(0), "gpu_reduce", {}, 2);
}

/// Few long sums: groups of blocks, then a second launch.
TEST(GpuNetworks, SqueezeOfEfficientNet) {
  KernelBuilder builder;
  const int in = builder.input({1, 20, 112, 112}, Lies::Last);
  builder.op("reduce", {in}, builder.tensor({1, 20, 1, 1}, Lies::Last), text("kind", "mean") + ints("axes", {2, 3}));
  proto::Kernel kernel = builder.finish(0);
  *kernel.mutable_target() = *schedules::parseTarget("cuda");
  Result<std::vector<proto::Schedule>> found = schedules::candidates(kernel);
  ASSERT_TRUE(found) << found.error();
  EXPECT_GT(found->front().knobs().at("groups"), 1) << found->front().DebugString();
  expectRightOnDevice(kernel, "gpu_reduce");
}

TEST(GpuNetworks, ClipOfMobileNetV2) {
  KernelBuilder builder;
  const int in = builder.input({1, 24, 56, 56}, Lies::Last);
  builder.elementwise("clip", {in}, builder.tensor({1, 24, 56, 56}, Lies::Last), {0, 0.5});
  expectRightOnDevice(builder.finish(), "gpu_stream");
}

TEST(GpuNetworks, SoftmaxOfMobileNetV2) {
  KernelBuilder builder;
  builder.op("softmax", {builder.input({1, 1000})}, builder.tensor({1, 1000}), ints("axis", {1}));
  expectRightOnDevice(builder.finish(0), "gpu_softmax", {}, 2);
}

TEST(GpuNetworks, SoftmaxOfPixels) {
  KernelBuilder builder;
  builder.op("softmax", {builder.input({1, 21, 9, 40})}, builder.tensor({1, 21, 9, 40}), ints("axis", {1}));
  expectRightOnDevice(builder.finish(0), "gpu_softmax", {}, 2);
}

TEST(GpuNetworks, MaximumOfResNet50) {
  KernelBuilder builder;
  const int in = builder.input({1, 64, 28, 28}, Lies::Last);
  builder.op("pool", {in}, builder.tensor({1, 64, 14, 14}, Lies::Last), pool("max", 3, 2, 1));
  expectRightOnDevice(builder.finish(0), "gpu_pool", {}, 2);
}

TEST(GpuNetworks, ImageToChannelsLastAndBack) {
  for (const auto &[from, to] : {std::pair(Lies::Rows, Lies::Last), std::pair(Lies::Last, Lies::Rows)})
    for (int64_t channels : {3, 40}) {
      KernelBuilder builder;
      const int in = builder.input({1, channels, 30, 50}, from);
      builder.op("relayout", {in}, builder.tensor({1, channels, 30, 50}, to));
      expectRightOnDevice(builder.finish(0), channels == 40 ? "gpu_transpose" : "gpu_stream");
    }
}

/// Sums that a block shares give the same bits each time.
TEST(GpuNetworks, SumsAreDeterministic) {
  if (!deviceMissing().empty())
    GTEST_SKIP() << deviceMissing();
  KernelBuilder builder;
  const int in = builder.input({3, 5000});
  builder.op("reduce", {in}, builder.tensor({3, 1}), text("kind", "sum") + ints("axes", {1}));
  proto::Kernel kernel = builder.finish(0);
  *kernel.mutable_target() = *schedules::parseTarget("opencl");
  std::vector<std::string> inputs{dev::randomDense(kernel.tensors(0), {}, 3)};
  Result<std::vector<std::string>> first = dev::runDense(kernel, inputs, {});
  ASSERT_TRUE(first) << first.error();
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(*dev::runDense(kernel, inputs, {}), *first);
}

} // namespace

} // namespace convoy::test
