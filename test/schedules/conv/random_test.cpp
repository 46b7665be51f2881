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

TEST(ConvRandom, AgreesWithTheFormula) {
  const char *given = std::getenv("CONVOY_TEST_SEED");
  const unsigned seed = given ? unsigned(std::atoi(given)) : 2026;
  Specs specs(seed);
  const int count = std::getenv("CONVOY_TEST_COUNT") ? std::atoi(std::getenv("CONVOY_TEST_COUNT")) : 30;
  for (int i = 0; i < count; ++i) {
    SCOPED_TRACE("case " + std::to_string(i) + " of seed " + std::to_string(seed));
    expectRight(specs.next(), "", seed + unsigned(i));
  }
}

TEST(ConvRandom, IntegersAreExact) {
  const char *given = std::getenv("CONVOY_TEST_SEED");
  const unsigned seed = given ? unsigned(std::atoi(given)) : 2027;
  Specs specs(seed);
  const int count = std::getenv("CONVOY_TEST_COUNT") ? std::atoi(std::getenv("CONVOY_TEST_COUNT")) : 8;
  for (int i = 0; i < count; ++i) {
    SCOPED_TRACE("case " + std::to_string(i) + " of seed " + std::to_string(seed));
    expectExact(specs.nextOfBytes(), "", seed + unsigned(i));
  }
}

} // namespace convoy::test
