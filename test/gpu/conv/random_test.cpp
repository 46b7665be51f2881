#include "test/gpu/conv/Device.h"

#include <algorithm>
#include <gtest/gtest.h>

namespace convoy::test {

namespace {

/// Random convolutions of few multiply-adds: any groups, windows, strides, dilations, pads, epilogues, layouts and
/// types.
class Layers {
public:
  explicit Layers(unsigned seed) : random(seed) {}

  ConvSpec next() {
    ConvSpec spec;
    chooseChannels(spec);
    spec.batch = between(1, 3);
    spec.transposed = one(4);
    for (size_t axis = 0; axis < 2; ++axis) {
      spec.window[axis] = between(1, 5);
      spec.strides[axis] = one(2) ? between(2, 3) : 1;
      spec.dilations[axis] = one(4) && !spec.transposed ? 2 : 1;
      const int64_t reach = (spec.window[axis] - 1) * spec.dilations[axis] + 1;
      spec.pads[axis] = between(0, reach - 1);
      spec.pads[2 + axis] = between(0, reach - 1);
      spec.extents[axis] = between(std::max<int64_t>(1, reach - spec.pads[axis] - spec.pads[2 + axis]), 17);
    }
    while (spec.transposed && (spec.outExtents()[0] < 1 || spec.outExtents()[1] < 1))
      spec.pads = {0, 0, 0, 0};
    spec.bias = !one(4);
    spec.padChannels = !one(3);
    spec.sharedOutput = one(6);
    spec.residual = one(3);
    static const char *const activations[] = {"", "relu", "sigmoid", "swish"};
    spec.activation = activations[between(0, 3)];
    spec.symbolic = one(5);
    spec.planar = one(6) && !spec.transposed;
    chooseType(spec);
    return spec;
  }

private:
  std::mt19937 random;

  int64_t between(int64_t least, int64_t most) { return std::uniform_int_distribution<int64_t>(least, most)(random); }
  bool one(int64_t of) { return between(1, of) == 1; }

  void chooseType(ConvSpec &spec) {
    if (one(4)) {
      spec.type = proto::BF16, spec.result = one(2) ? proto::BF16 : proto::F32;
    } else if (one(3)) {
      // Sums alone, which are exact: OpenCL may fuse a product and a sum of floats where the processor rounds twice.
      spec.type = one(2) ? proto::U8 : proto::I8;
      spec.padValue = spec.transposed ? 0 : between(0, 100);
      spec.residual = false, spec.activation = "";
    }
  }

  void chooseChannels(ConvSpec &spec) {
    if (one(4)) {
      spec.in = spec.out = spec.groups = between(2, 70);
      return;
    }
    spec.groups = one(3) ? between(2, 4) : 1;
    spec.in = spec.groups * between(1, 40 / spec.groups);
    spec.out = spec.groups * (one(2) ? 4 * between(1, 6) : between(1, 60 / spec.groups));
  }
};

} // namespace

TEST(GpuConvRandom, AgreesWithTheFormula) {
  if (!deviceMissing().empty())
    GTEST_SKIP() << deviceMissing();
  const char *given = std::getenv("CONVOY_TEST_SEED");
  const unsigned seed = given ? unsigned(std::atoi(given)) : 2026;
  Layers layers(seed);
  const int count = std::getenv("CONVOY_TEST_COUNT") ? std::atoi(std::getenv("CONVOY_TEST_COUNT")) : 12;
  for (int i = 0; i < count; ++i) {
    SCOPED_TRACE("case " + std::to_string(i) + " of seed " + std::to_string(seed));
    const ConvSpec spec = layers.next();
    const bool exact = spec.type == proto::U8 || spec.type == proto::I8;
    (exact ? expectExactOnDevice : expectRightOnDevice)(spec, "", seed + unsigned(i));
  }
}

} // namespace convoy::test
