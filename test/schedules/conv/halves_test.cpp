#include "test/schedules/conv/Runs.h"

#include <gtest/gtest.h>

namespace convoy::test {

static ConvSpec halves(int64_t in, int64_t out, std::vector<int64_t> extents, int64_t window) {
  return sameSize(proto::BF16, in, out, std::move(extents), window);
}

TEST(ConvHalves, ToSingleAndHalfFloats) {
  for (proto::DataType result : {proto::F32, proto::BF16})
    for (int64_t window : {1, 3}) {
      ConvSpec spec = halves(32, 64, {14, 14}, window);
      spec.result = result, spec.activation = "relu";
      expectRight(spec, "conv_direct");
      spec.in = 24, spec.out = 40, spec.residual = true, spec.halo = false, spec.strides = {2, 1};
      expectRight(spec, "conv_direct");
    }
}

TEST(ConvHalves, SumsOfWinograd) {
  ConvSpec spec = halves(32, 32, {14, 18}, 3);
  spec.result = proto::BF16, spec.activation = "relu", spec.residual = true;
  expectRight(spec, "conv_winograd");
}

TEST(ConvHalves, OddChannels) {
  for (int64_t in : {3, 17}) {
    ConvSpec spec = halves(in, 32, {20, 20}, 7);
    spec.strides = {2, 2};
    expectRight(spec, "conv_direct");
  }
}

TEST(ConvHalves, WhereNoInstructionSums) {
  ConvSpec spec = halves(24, 40, {9, 11}, 3);
  spec.target = "x86-64-linux-avx-avx2-f16c-fma-sse41";
  expectRight(spec, "conv_direct");
  spec.target = "host", spec.planar = true, spec.halo = false;
  expectRight(spec, "conv_direct");
  spec.planar = false, spec.out = 32, spec.groups = 4, spec.result = proto::BF16;
  expectRight(spec, "conv_direct");
}

TEST(ConvHalves, DepthwiseAndTransposed) {
  ConvSpec spec = halves(40, 40, {13, 14}, 3);
  spec.groups = 40, spec.result = proto::BF16;
  expectRight(spec, "conv_depthwise");
  spec = halves(24, 32, {7, 9}, 4);
  spec.transposed = true, spec.strides = {2, 2}, spec.pads = {1, 1, 1, 1};
  expectRight(spec, "conv_transposed");
}

TEST(ConvHalves, SymbolicExtents) {
  ConvSpec spec = halves(16, 32, {9, 14}, 3);
  spec.symbolic = true, spec.batch = 2;
  expectRight(spec, "conv_direct");
}

} // namespace convoy::test
