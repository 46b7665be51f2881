#include "test/gpu/conv/Device.h"
#include "test/schedules/conv/MatmulKernels.h"

#include <cmath>
#include <gtest/gtest.h>

namespace convoy::test {

namespace {

void expectProduct(MatmulSpec spec) {
  if (!deviceMissing().empty())
    GTEST_SKIP() << deviceMissing();
  spec.target = "opencl", spec.relu = spec.type == proto::F32;
  if (!spec.knobs.empty())
    spec.templateName = "gpu_matmul";
  auto kernel = matmulKernel(spec);
  ASSERT_TRUE(bool(kernel)) << kernel.error();
  EXPECT_EQ(kernel->schedule().template_name(), "gpu_matmul");
  auto loaded = schedules::load(*kernel);
  ASSERT_TRUE(bool(loaded)) << loaded.error();
  std::mt19937 random(3);
  Storage lhs(kernel->tensors(0), spec.lhs), rhs(kernel->tensors(1), spec.rhs),
      out(kernel->tensors(spec.relu ? 3 : 2), resultShape(spec));
  lhs.fillRandom(random), rhs.fillRandom(random);
  auto ran = (*loaded)->run({lhs.host(), rhs.host()}, {out.host()});
  ASSERT_TRUE(bool(ran)) << ran.error();
  double worst = 0, largest = 1e-3;
  out.eachIndex([&](const std::vector<int64_t> &at) {
    const double product = productAt(spec, lhs, rhs, at), expected = spec.relu ? std::max(product, 0.0) : product;
    const double distance = std::abs(out.value(at) - expected);
    largest = std::max(largest, std::abs(expected));
    worst = std::isnan(distance) ? HUGE_VAL : std::max(worst, distance);
  });
  EXPECT_LE(worst, spec.type == proto::U8 || spec.type == proto::I8 ? 0 : 1e-5 * largest)
      << kernel->schedule().ShortDebugString();
  EXPECT_EQ(out.strayWrites(false), 0);
}

} // namespace

TEST(GpuMatmul, FullyConnected) {
  expectProduct({{1, 64}, {64, 1000}});
  expectProduct({{5, 40}, {40, 10}});
  expectProduct({{33, 70}, {50, 70}, false, true});
  expectProduct({{64, 96}, {96, 72}});
}

/// Classifiers of MobileNetV2 and ResNet-20.
TEST(GpuMatmul, Classifiers) {
  expectProduct({{1, 1280}, {1280, 1000}});
  expectProduct({{1, 1280}, {1000, 1280}, false, true});
  expectProduct({{1, 64}, {64, 10}, false, false, true, true});
}

TEST(GpuMatmul, Batched) {
  expectProduct({{2, 7, 9, 24}, {24, 96}});
  expectProduct({{2, 3, 20, 32}, {2, 3, 32, 36}, false, false, false});
  expectProduct({{2, 3, 20, 32}, {2, 3, 36, 32}, false, true, false});
  expectProduct({{4, 6, 5}, {1, 6, 40}, true, false, false});
}

TEST(GpuMatmul, SplitSums) {
  MatmulSpec spec{{6, 200}, {200, 36}};
  spec.knobs = {{"pixels", 2}, {"threads_c", 8}, {"chunk", 16}, {"split", 5}};
  expectProduct(spec);
}

TEST(GpuMatmul, SymbolicRows) {
  for (int64_t rows : {1, 40})
    expectProduct({{rows, 48}, {48, 64}, false, false, true, true});
}

TEST(GpuMatmul, BytesAndHalves) {
  for (proto::DataType type : {proto::U8, proto::I8, proto::BF16}) {
    auto expect = [&](MatmulSpec spec) {
      spec.type = type;
      expectProduct(spec);
    };
    expect({{1, 64}, {64, 1000}});
    expect({{9, 22}, {22, 48}}); // No whole number of words.
    expect({{33, 72}, {50, 72}, false, true});
    expect({{2, 3, 20, 32}, {2, 3, 32, 36}, false, false, false});
    expect({{4, 6, 5}, {1, 6, 40}, true, false, false});
    expect({{13, 48}, {48, 64}, false, false, true, true});
    MatmulSpec cut{{6, 200}, {200, 36}};
    cut.knobs = {{"pixels", 2}, {"threads_c", 8}, {"chunk", 16}, {"split", 3}};
    expect(cut);
  }
}

} // namespace convoy::test
