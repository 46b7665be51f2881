// The elementary functions on a device against the C library's in a wider type.
#include "test/gpu/schedules/Builder.h"

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <random>

namespace convoy::test {

namespace {

struct Function {
  const char *name;
  long double (*exact)(long double);
  double most;  ///< Largest sample.
  double bound; ///< Units of the last place.
};
void PrintTo(const Function &function, std::ostream *stream) { *stream << function.name; }

long double exactSigmoid(long double x) { return 1 / (1 + expl(-x)); }
long double exactSoftplus(long double x) { return (x > 0 ? x : 0) + log1pl(expl(-fabsl(x))); }

std::vector<float> samples(double most) {
  std::mt19937_64 random(11);
  std::uniform_real_distribution<double> uniform(-1, 1);
  std::vector<float> values{0, -0.0f, 1, -1, INFINITY, -INFINITY, NAN, 0.5f, -0.5f};
  for (int i = 0; i < 6000; ++i) {
    values.push_back(float(uniform(random) * most));
    values.push_back(float(uniform(random) * std::min(most, 2.0)));
    values.push_back(float(std::exp(uniform(random) * std::log(most) + (i % 3 - 1) * 4) * (i % 2 ? 1 : -1)));
  }
  return values;
}

double distance(float got, long double exact) {
  if (std::isnan(exact) || std::isnan(got))
    return std::isnan(exact) && std::isnan(got) ? 0 : INFINITY;
  const float rounded = float(exact);
  if (std::isinf(rounded) || std::isinf(got))
    return rounded == got || std::fabs(exact) > 0.999L * std::numeric_limits<float>::max() ? 0 : INFINITY;
  const float size = std::max(std::fabs(rounded), std::numeric_limits<float>::min());
  return double(std::fabs((long double)got - exact) / (std::nextafter(size, INFINITY) - size));
}

class GpuMath : public testing::TestWithParam<Function> {};

TEST_P(GpuMath, IsWithinTheBoundsOfTheProcessor) {
  if (!deviceMissing().empty())
    GTEST_SKIP() << deviceMissing();
  const Function &function = GetParam();
  const std::vector<float> values = samples(function.most);
  KernelBuilder builder;
  const int in = builder.input({int64_t(values.size())});
  builder.elementwise(function.name, {in}, builder.tensor({int64_t(values.size())}));
  proto::Kernel kernel = builder.finish();
  *kernel.mutable_target() = *schedules::parseTarget("opencl");
  std::string bytes(values.size() * sizeof(float), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  Result<std::vector<std::string>> results = dev::runDense(kernel, {bytes}, {});
  ASSERT_TRUE(results) << results.error();
  double worst = 0;
  float at = 0, got = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    if (std::fabs(values[i]) > function.most && std::isfinite(values[i]) && function.most <= 1e5)
      continue;
    float result;
    std::memcpy(&result, results->front().data() + i * sizeof result, sizeof result);
    if (const double error = distance(result, function.exact(values[i])); error > worst)
      worst = error, at = values[i], got = result;
  }
  EXPECT_LE(worst, function.bound) << "of " << at << " gives " << got << ", exact is " << double(function.exact(at));
}

// The bounds of test/schedules/math_test.cpp. Halide prints constants of doubles for OpenCL as single floats, so that
// angles, which are reduced in double, have others here; their code for CUDA is looked at below.
const Function functions[] = {
    {"exp", expl, 120, 2},
    {"log", logl, 1e30, 2},
    {"sin", sinl, 1.5, 16},
    {"cos", cosl, 1.5, 16},
    {"tan", tanl, 1.5, 16},
    {"asin", asinl, 1, 4},
    {"acos", acosl, 1, 4},
    {"atan", atanl, 1e6, 4},
    {"sinh", sinhl, 80, 4},
    {"cosh", coshl, 80, 3},
    {"tanh", tanhl, 30, 4},
    {"asinh", asinhl, 1e6, 4},
    {"acosh", acoshl, 1e6, 4},
    {"atanh", atanhl, 1, 4},
    {"erf", erfl, 10, 6},
    {"sigmoid", exactSigmoid, 87, 4},
    {"softplus", exactSoftplus, 100, 4},
};

INSTANTIATE_TEST_SUITE_P(All, GpuMath, testing::ValuesIn(functions),
                         [](const auto &info) { return std::string(info.param.name); });

/// Code for a GPU must not fall back to doubles, of which consumer devices have few, where no result needs them.
TEST(GpuMathCode, UsesDoublesOnlyToReduceAngles) {
  for (const Function &function : functions) {
    KernelBuilder builder;
    const int in = builder.input({512});
    builder.elementwise(function.name, {in}, builder.tensor({512}));
    proto::Kernel kernel = builder.finish();
    *kernel.mutable_target() = *schedules::parseTarget("cuda");
    Result<schedules::CompiledKernel> compiled = schedules::compile(kernel);
    ASSERT_TRUE(compiled) << compiled.error();
    const std::string name = function.name;
    const bool reduces = name == "sin" || name == "cos" || name == "tan";
    EXPECT_EQ(compiled->deviceCode.find(".f64") != std::string::npos, reduces) << name;
    if (reduces)
      EXPECT_NE(compiled->deviceCode.find("0d3FE45F306DC9C883"), std::string::npos) << "2 / pi, to its last bit";
    EXPECT_EQ(compiled->deviceCode.find(".ftz"), std::string::npos) << name;
    EXPECT_EQ(compiled->deviceCode.find(".approx"), std::string::npos) << name;
    EXPECT_EQ(compiled->deviceCode.find("call"), std::string::npos) << name;
  }
}

/// Means of quantised numbers end in the middle of two: a product that is not rounded would take them elsewhere.
TEST(GpuMathCode, RoundsProductsBeforeSums) {
  KernelBuilder builder;
  const int in = builder.input({1, 8, 12, 12}), scale = builder.input({});
  const int scaled = builder.elementwise("mul", {in, scale}, builder.tensor({1, 8, 12, 12}));
  builder.op("pool", {scaled}, builder.tensor({1, 8, 6, 6}),
             text("kind", "average") + ints("window", {2, 2}) + ints("strides", {2, 2}));
  proto::Kernel kernel = builder.finish(1);
  *kernel.mutable_target() = *schedules::parseTarget("cuda");
  Result<schedules::CompiledKernel> compiled = schedules::compile(kernel);
  ASSERT_TRUE(compiled) << compiled.error();
  EXPECT_NE(compiled->deviceCode.find("mul.rn.f32"), std::string::npos);
  EXPECT_EQ(compiled->deviceCode.find("fma.rn"), std::string::npos);
}

} // namespace

} // namespace convoy::test
