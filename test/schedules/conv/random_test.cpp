#include "test/schedules/conv/MatmulKernels.h"
#include "test/schedules/conv/Runs.h"

#include <algorithm>
#include <gtest/gtest.h>

namespace convoy::test {

namespace {

/// Random specs that make sense.
class Specs {
public:
  explicit Specs(unsigned seed) : random(seed) {}

  ConvSpec next() {
    ConvSpec spec;
    chooseChannels(spec);
    spec.batch = one(4) ? 2 : 1;
    spec.transposed = one(5) && spec.groups == 1;
    for (int axis = 0; axis < 2; ++axis) {
      spec.window[axis] = between(1, 5);
      spec.strides[axis] = one(3) ? between(2, 3) : 1;
      spec.dilations[axis] = one(5) ? 2 : 1;
      const int64_t reach = (spec.window[axis] - 1) * spec.dilations[axis] + 1;
      spec.pads[axis] = between(0, reach - 1);
      spec.pads[2 + axis] = between(0, reach - 1);
      spec.extents[axis] = between(std::max<int64_t>(1, reach - spec.pads[axis] - spec.pads[2 + axis]), 24);
    }
    while (spec.transposed && (spec.outExtents()[0] < 1 || spec.outExtents()[1] < 1))
      spec.pads = {0, 0, 0, 0};
    spec.bias = !one(4);
    spec.halo = !one(3);
    spec.padChannels = !one(4);
    spec.sharedOutput = one(6);
    spec.residual = one(4);
    static const char *const activations[] = {"", "relu", "sigmoid", "swish"};
    spec.activation = activations[between(0, 3)];
    spec.symbolic = one(5);
    spec.planar = one(8) && !spec.transposed;
    return spec;
  }

  ConvSpec nextOfBytes() {
    ConvSpec spec = next();
    spec.type = one(2) ? proto::U8 : proto::I8;
    spec.result = one(2) ? proto::U8 : proto::I8;
    spec.padValue = one(2) && !spec.transposed ? between(spec.type == proto::U8 ? 0 : -128, 127) : 0;
    spec.halo = spec.halo && !spec.planar;
    static const char *const scaled[] = {"", "requantize", "dequantize", "quantize"};
    spec.scaled = scaled[between(0, 3)];
    const bool floats = spec.scaled == "dequantize" || spec.scaled == "quantize";
    spec.activation = spec.activation == "sigmoid" || spec.activation == "swish" ? "" : spec.activation;
    spec.residual = spec.residual && floats;
    return spec;
  }

  ConvSpec nextOfHalves() {
    ConvSpec spec = next();
    spec.type = proto::BF16;
    spec.result = one(2) ? proto::BF16 : proto::F32;
    spec.padValue = 0;
    return spec;
  }

  ConvSpec nextOfWinograd() {
    ConvSpec spec = next();
    spec.in = between(1, 70), spec.out = between(16, 70), spec.groups = 1;
    spec.activation = one(2) ? "relu" : ""; // A sigmoid would make its steepness of the rounding.
    spec.window = {3, 3}, spec.strides = {1, 1}, spec.dilations = {1, 1};
    for (int64_t &pad : spec.pads)
      pad = between(0, 2);
    for (int64_t &extent : spec.extents)
      extent = between(3, 24);
    spec.transposed = spec.symbolic = spec.planar = spec.sharedOutput = false;
    spec.halo = spec.padChannels = true;
    return spec;
  }

  MatmulSpec nextProduct() {
    MatmulSpec spec;
    const int64_t rows = one(4) ? 1 : between(2, 40), depth = between(1, 140), columns = between(1, 100);
    spec.packed = !one(3);
    spec.transposeLhs = one(4), spec.transposeRhs = one(3);
    spec.lhs = spec.transposeLhs ? std::vector{depth, rows} : std::vector{rows, depth};
    spec.rhs = spec.transposeRhs ? std::vector{columns, depth} : std::vector{depth, columns};
    if (one(2)) {
      const int64_t batch = between(1, 3);
      spec.lhs.insert(spec.lhs.begin(), batch);
      if (!spec.packed)
        spec.rhs.insert(spec.rhs.begin(), one(3) ? 1 : batch);
    }
    static const proto::DataType types[] = {proto::F32, proto::F32, proto::BF16, proto::U8, proto::I8};
    spec.type = types[between(0, 4)];
    spec.target = one(4) ? "x86-64-linux-avx-avx2-f16c-fma-sse41" : "host";
    return spec;
  }

private:
  int64_t between(int64_t least, int64_t most) { return std::uniform_int_distribution<int64_t>(least, most)(random); }
  bool one(int64_t of) { return between(1, of) == 1; }

  void chooseChannels(ConvSpec &spec) {
    if (one(4)) {
      spec.in = spec.out = spec.groups = between(2, 70);
    } else if (one(5)) {
      spec.groups = between(2, 4);
      spec.in = spec.groups * between(1, 9);
      spec.out = spec.groups * (one(2) ? 16 : between(1, 20));
    } else {
      spec.in = between(1, 40);
      spec.out = one(3) ? 16 * between(1, 6) : between(1, 90);
    }
  }

  std::mt19937 random;
};

} // namespace

/// Calls `check(specs, seed of the case)` for as many cases as CONVOY_TEST_COUNT says, else `count`; the seed is that
/// of CONVOY_TEST_SEED, else `seed`, and printed when a case fails.
template <typename Check> static void repeat(unsigned seed, int count, Check check) {
  if (const char *given = std::getenv("CONVOY_TEST_SEED"))
    seed = unsigned(std::atoi(given));
  if (const char *given = std::getenv("CONVOY_TEST_COUNT"))
    count = std::atoi(given);
  Specs specs(seed);
  for (int i = 0; i < count && !testing::Test::HasFatalFailure(); ++i) {
    SCOPED_TRACE("case " + std::to_string(i) + " of CONVOY_TEST_SEED=" + std::to_string(seed));
    check(specs, seed + unsigned(i));
  }
}

static const char *const avx2 = "x86-64-linux-avx-avx2-f16c-fma-sse41";
static const char *const avx512 = "x86-64-linux-avx-avx2-avx512-avx512_skylake-f16c-fma-sse41";

TEST(ConvRandom, AgreesWithTheFormula) {
  repeat(2026, 30, [](Specs &specs, unsigned seed) { expectRight(specs.next(), "", seed); });
}

TEST(ConvRandom, AgreesWithTheFormulaOnAvx2) {
  repeat(2030, 8, [](Specs &specs, unsigned seed) {
    ConvSpec spec = specs.next();
    spec.target = avx2;
    expectRight(spec, "", seed);
  });
}

TEST(ConvRandom, HalvesAgreeWithTheFormula) {
  repeat(2028, 10, [](Specs &specs, unsigned seed) { expectRight(specs.nextOfHalves(), "", seed); });
}

TEST(ConvRandom, IntegersAreExact) {
  repeat(2027, 8, [](Specs &specs, unsigned seed) { expectExact(specs.nextOfBytes(), "", seed); });
}

/// Without an instruction that sums bytes: by pairs of 16 bits.
TEST(ConvRandom, IntegersAreExactOnOlderMachines) {
  repeat(2029, 6, [](Specs &specs, unsigned seed) {
    ConvSpec spec = specs.nextOfBytes();
    spec.target = seed % 2 ? avx2 : avx512;
    expectExact(spec, "", seed);
  });
}

/// 3x3 with stride 1: what Winograd takes, whether the model prefers it or not.
TEST(ConvRandom, WinogradAgreesWithTheFormula) {
  repeat(2031, 6, [](Specs &specs, unsigned seed) {
    ConvSpec spec = specs.nextOfWinograd();
    for (const char *name : {"conv_winograd", "conv_direct"}) {
      spec.onlyTemplate = name;
      expectRight(spec, name, seed);
    }
  });
}

TEST(MatmulRandom, AgreesWithTheFormula) {
  repeat(2032, 20, [](Specs &specs, unsigned seed) { expectProduct(specs.nextProduct(), "", seed); });
}

} // namespace convoy::test
