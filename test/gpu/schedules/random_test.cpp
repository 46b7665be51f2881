// Random kernels of every family that schedules/gpu computes.
#include "test/gpu/schedules/Builder.h"

#include <gtest/gtest.h>
#include <random>

namespace convoy::test {

namespace {

/// A kernel: perhaps an op before, one of a family, perhaps one behind.
class RandomKernel {
public:
  explicit RandomKernel(unsigned seed) : random(seed) {}
  dev::Symbols symbols;

  proto::Kernel next() {
    dims = {between(1, 2), between(1, 70), between(2, 20), between(2, 20)};
    if (one(5)) {
      symbols = {{1, dims[2]}, {2, dims[3]}};
      dims[2] = -1, dims[3] = -2;
    }
    int value = builder.input(dims, lies());
    int position = 0;
    if (one(3)) {
      value = builder.elementwise("swish", {value}, builder.tensor(dims), {1});
      ++position;
    }
    static const char *const families[] = {"elementwise", "pool",     "pool", "reduce", "reduce",
                                           "softmax",     "relayout", "pad",  "concat", "resize"};
    const std::string family = families[between(0, 9)];
    std::vector<int64_t> result = dims;
    const std::string attributes = attributesOf(family, result);
    const bool ends = one(2) || family == "pad"; // Pads of symbols have no symbol.
    const int made = builder.tensor(result, ends ? lies() : Lies::Rows);
    family == "concat" ? builder.op(family, {value, value}, made, attributes)
                       : builder.op(family, {value}, made, attributes);
    if (!ends) {
      const int scale = builder.input({1, result[1], 1, 1}, lies());
      builder.elementwise("mul", {made, scale}, builder.tensor(result, lies()));
    }
    return builder.finish(family == "elementwise" ? -1 : position);
  }

private:
  int64_t between(int64_t least, int64_t most) { return std::uniform_int_distribution<int64_t>(least, most)(random); }
  bool one(int64_t of) { return between(1, of) == 1; }
  Lies lies() { return Lies(between(0, 3)); }

  std::string attributesOf(const std::string &family, std::vector<int64_t> &result) {
    if (family == "elementwise")
      return text("function", one(2) ? "tanh" : "relu");
    if (family == "softmax")
      return ints("axis", {between(1, 3)});
    if (family == "concat") {
      result[1] *= 2;
      return ints("axis", {1});
    }
    if (family == "pool")
      return poolAttributes(result);
    if (family == "reduce")
      return reduceAttributes(result);
    if (family == "resize" && dims[2] > 0) {
      result[2] *= 2, result[3] *= 2;
      return text("mode", one(2) ? "nearest" : "linear") + ints("axes", {2, 3});
    }
    if (family == "pad" && dims[2] > 0) {
      result[2] += 3, result[3] += 2;
      return ints("pads", {0, 0, 1, 2, 0, 0, 2, 0}) + text("mode", one(2) ? "constant" : "reflect");
    }
    return family == "resize" ? text("mode", "nearest") + ints("axes", {1})
           : family == "pad"  ? ints("pads", {0, 0, 0, 0, 0, 0, 0, 0})
                              : "";
  }

  std::string poolAttributes(std::vector<int64_t> &result) {
    const int64_t stride = dims[2] > 0 ? between(1, 2) : 1, window = stride == 1 ? 3 : 2, pad = stride == 1 ? 1 : 0;
    for (int dim : {2, 3})
      if (stride == 2)
        result[size_t(dim)] /= 2;
    return text("kind", one(2) ? "max" : "average") + ints("window", {window, window}) +
           ints("strides", {stride, stride}) + ints("dilations", {1, 1}) + ints("pads", {pad, pad, pad, pad});
  }

  std::string reduceAttributes(std::vector<int64_t> &result) {
    static const char *const kinds[] = {"sum", "mean", "max", "l2", "log_sum_exp", "min"};
    static const std::vector<int64_t> axes[] = {{2, 3}, {1}, {3}, {2}, {1, 2, 3}};
    const std::vector<int64_t> chosen = axes[between(0, 4)];
    for (int64_t axis : chosen)
      result[size_t(axis)] = 1;
    return text("kind", kinds[between(0, 5)]) + ints("axes", chosen);
  }

  std::mt19937 random;
  KernelBuilder builder;
  std::vector<int64_t> dims;
};

TEST(GpuRandom, AgreesWithTheProcessor) {
  if (!deviceMissing().empty())
    GTEST_SKIP() << deviceMissing();
  const char *given = std::getenv("CONVOY_TEST_SEED"), *number = std::getenv("CONVOY_TEST_COUNT");
  const unsigned seed = given ? unsigned(std::atoi(given)) : 2026;
  const int count = number ? std::atoi(number) : 8;
  std::cout << "seed " << seed << "\n";
  for (int i = 0; i < count && !HasFailure(); ++i) {
    SCOPED_TRACE("case " + std::to_string(i) + " of seed " + std::to_string(seed));
    RandomKernel kernel(seed * 1000 + unsigned(i));
    const proto::Kernel made = kernel.next();
    expectRightOnDevice(made, "", kernel.symbols);
  }
}

} // namespace

} // namespace convoy::test
