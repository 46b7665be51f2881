// Targets with a GPU, and what is said where something does not fit.
#include "test/gpu/schedules/Builder.h"

#include <algorithm>
#include <gtest/gtest.h>

namespace convoy::test {

namespace {

proto::Kernel relu(const std::string &target) {
  KernelBuilder builder;
  const int in = builder.input({64});
  builder.elementwise("relu", {in}, builder.tensor({64}));
  proto::Kernel kernel = builder.finish();
  *kernel.mutable_target() = *schedules::parseTarget(target);
  return kernel;
}

TEST(GpuTarget, CudaMeansCapability80) {
  Result<proto::Target> target = schedules::parseTarget("cuda");
  ASSERT_TRUE(target) << target.error();
  EXPECT_NE(target->halide().find("cuda_capability_80"), std::string::npos);
  EXPECT_EQ(target->gpu().capability(), 80);
  EXPECT_EQ(target->gpu().multiprocessors(), 108);
  EXPECT_GT(target->gpu().l2_bytes(), target->gpu().shared_bytes());
}

/// Modules run beside any processor, and records and caches serve on all machines.
TEST(GpuTarget, CudaDoesNotDependOnThisProcessor) {
  const proto::Target target = *schedules::parseTarget("cuda");
  const std::string halide = target.halide();
  EXPECT_EQ(std::count(halide.begin(), halide.end(), '-'), schedules::hostTarget().halide().find("x86") == 0 ? 4 : 3);
  EXPECT_EQ(target.cores(), 0);
  EXPECT_EQ(target.l2_bytes(), 0);
}

TEST(GpuTarget, NewerOnesKeepTheirNumberAndUseTheNewestCode) {
  for (int capability : {86, 89, 90, 100, 120}) {
    Result<proto::Target> target = schedules::parseTarget("cuda-sm_" + std::to_string(capability));
    ASSERT_TRUE(target) << target.error();
    EXPECT_EQ(target->gpu().capability(), capability);
    EXPECT_NE(target->halide().find("cuda_capability_86"), std::string::npos);
  }
}

TEST(GpuTarget, ItsHalideStringIsOneToo) {
  const std::string halide = schedules::parseTarget("cuda-sm_86")->halide();
  Result<proto::Target> again = schedules::parseTarget(halide);
  ASSERT_TRUE(again) << again.error();
  EXPECT_EQ(again->gpu().capability(), 86);
}

TEST(GpuTarget, ProcessorsHaveNone) { EXPECT_FALSE(schedules::parseTarget("host")->has_gpu()); }

TEST(GpuTarget, UnknownOnesAreErrorsThatListTheKnown) {
  for (const char *name : {"cuda-sm_81", "cuda-sm_", "cuda-80", "cuda-sm_9x", "cuda-sm_1234567890123"}) {
    Result<proto::Target> target = schedules::parseTarget(name);
    ASSERT_FALSE(target) << name;
    EXPECT_NE(target.error().find(name), std::string::npos);
    EXPECT_NE(target.error().find("sm_86, sm_89"), std::string::npos) << target.error();
  }
}

TEST(GpuTarget, TemplatesStayOnTheirSide) {
  proto::Kernel kernel = relu("cuda");
  kernel.mutable_schedule()->set_template_name("stream");
  EXPECT_NE(schedules::verify(kernel).error().find("not for GPUs"), std::string::npos);
  kernel = relu("host");
  kernel.mutable_schedule()->set_template_name("gpu_stream");
  EXPECT_NE(schedules::verify(kernel).error().find("for GPUs"), std::string::npos);
}

TEST(GpuTarget, BlocksHaveLimits) {
  proto::Kernel kernel = relu("cuda");
  kernel.mutable_schedule()->set_template_name("gpu_stream");
  (*kernel.mutable_schedule()->mutable_knobs())["x"] = 64;
  (*kernel.mutable_schedule()->mutable_knobs())["y"] = 32;
  Result<schedules::CompiledKernel> compiled = schedules::compile(kernel);
  ASSERT_FALSE(compiled);
  EXPECT_NE(compiled.error().find("larger than 1024"), std::string::npos) << compiled.error();
}

TEST(GpuTarget, VectorsMustDivide) {
  KernelBuilder builder;
  const int in = builder.input({63});
  builder.elementwise("relu", {in}, builder.tensor({63}));
  proto::Kernel kernel = builder.finish();
  *kernel.mutable_target() = *schedules::parseTarget("cuda");
  kernel.mutable_schedule()->set_template_name("gpu_stream");
  (*kernel.mutable_schedule()->mutable_knobs())["vector"] = 4;
  Result<schedules::CompiledKernel> compiled = schedules::compile(kernel);
  ASSERT_FALSE(compiled);
  EXPECT_NE(compiled.error().find("do not divide"), std::string::npos) << compiled.error();
}

TEST(GpuTarget, TypesOfTensors) {
  for (proto::DataType type : {proto::F16, proto::BF16, proto::I8, proto::F64}) {
    KernelBuilder builder;
    const int in = builder.input({64}, Lies::Rows, type);
    builder.elementwise("relu", {in}, builder.tensor({64}, Lies::Rows, type));
    proto::Kernel kernel = builder.finish();
    *kernel.mutable_target() = *schedules::parseTarget("cuda");
    Result<schedules::CompiledKernel> compiled = schedules::compile(kernel);
    ASSERT_TRUE(compiled) << proto::DataType_Name(type) << ": " << compiled.error();
    EXPECT_EQ(compiled->deviceCode.find("bf16"), std::string::npos) << compiled->deviceCode;
  }
}

TEST(GpuTarget, RunningAsksForTheDevice) {
  Result<std::unique_ptr<schedules::InProcessKernel>> loaded = schedules::load(relu("cuda"));
  if (loaded)
    GTEST_SKIP() << "this machine has a CUDA device";
  EXPECT_NE(loaded.error().find("no CUDA device"), std::string::npos) << loaded.error();
}

} // namespace

} // namespace convoy::test
