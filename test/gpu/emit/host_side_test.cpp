// What the host may do in a kernel for a GPU, by kernels scheduled rightly and wrongly.
#include "schedules/core/emit/Guard.h"
#include "schedules/core/emit/device/Device.h"

#include <gtest/gtest.h>

using namespace convoy::schedules;
using namespace Halide;

namespace {

/// result = 2 x + 1 through an intermediate.
struct Doubled {
  ImageParam in{Float(32), 2, "in"};
  Var x{"x"}, y{"y"}, threadX{"threadX"}, threadY{"threadY"};
  Func twice{"twice"}, result{"result"};

  explicit Doubled(bool isStatic = true) {
    twice(x, y) = in(x, y) * 2.f;
    result(x, y) = twice(x, y) + 1.f;
    if (isStatic)
      result.output_buffer().dim(0).set_bounds(0, 64).dim(1).set_bounds(0, 32);
  }

  void onDevice(Func &func) const {
    Var blockX, blockY;
    func.gpu_tile(x, y, blockX, blockY, threadX, threadY, 16, 8);
  }

  Module lower() {
    Target target = get_host_target().with_feature(Target::CUDA).with_feature(Target::CUDACapability80);
    for (Target::Feature feature : {Target::NoRuntime, Target::UserContext, Target::NoAsserts, Target::NoBoundsQuery})
      target.set_feature(feature);
    return Pipeline(result).compile_to_module({in}, "kernel", target);
  }
};

/// The scratch, or why the module is refused.
convoy::Result<int64_t> check(Doubled &kernel) {
  return guarded([&]() -> convoy::Result<int64_t> { return checkHostSide(kernel.lower()); });
}

void expectRefused(Doubled &kernel, const std::string &why) {
  auto checked = check(kernel);
  ASSERT_FALSE(checked);
  EXPECT_NE(checked.error().find(why), std::string::npos) << checked.error();
}

TEST(HostSide, LaunchesAreAllItDoes) {
  Doubled kernel;
  kernel.onDevice(kernel.result);
  auto checked = check(kernel);
  ASSERT_TRUE(checked) << checked.error();
  EXPECT_EQ(*checked, 0);
}

TEST(HostSide, IntermediatesOfTheDeviceAreCounted) {
  Doubled kernel;
  kernel.onDevice(kernel.result);
  kernel.twice.compute_root();
  kernel.onDevice(kernel.twice);
  auto checked = check(kernel);
  ASSERT_TRUE(checked) << checked.error();
  EXPECT_EQ(*checked, 64 * 32 * 4);
}

TEST(HostSide, SharedMemoryIsNoScratch) {
  Doubled kernel;
  Var blockX, blockY;
  kernel.result.gpu_tile(kernel.x, kernel.y, blockX, blockY, kernel.threadX, kernel.threadY, 16, 8);
  kernel.twice.compute_at(kernel.result, blockX).gpu_threads(kernel.x, kernel.y);
  auto checked = check(kernel);
  ASSERT_TRUE(checked) << checked.error();
  EXPECT_EQ(*checked, 0);
}

TEST(HostSide, IntermediatesHaveConstantSizes) {
  Doubled kernel(/*isStatic=*/false);
  kernel.onDevice(kernel.result);
  kernel.twice.compute_root();
  kernel.onDevice(kernel.twice);
  expectRefused(kernel, "the intermediate 'twice");
}

TEST(HostSide, KernelsWithoutALaunchAreRefused) {
  Doubled kernel;
  expectRefused(kernel, "a part of the kernel would run on the host: ");
}

TEST(HostSide, LoopsOfTheHostAreRefused) {
  Doubled kernel;
  kernel.onDevice(kernel.result);
  kernel.twice.compute_root();
  expectRefused(kernel, "a part of the kernel would run on the host: ");
}

TEST(HostSide, LoopsAroundLaunchesAreRefused) {
  Doubled kernel;
  Var block;
  kernel.result.gpu_tile(kernel.x, block, kernel.threadX, 16);
  expectRefused(kernel, "a loop over 'result");
}

TEST(HostSide, ResultsFetchedByTheHostAreRefused) {
  Doubled kernel;
  kernel.twice.compute_root();
  kernel.onDevice(kernel.twice);
  expectRefused(kernel, "a part of the kernel would run on the host: ");
}

} // namespace
