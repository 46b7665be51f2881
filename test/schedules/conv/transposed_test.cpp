#include "test/schedules/conv/Runs.h"

#include <gtest/gtest.h>

namespace convoy::test {

static ConvSpec transposed(int64_t window, int64_t stride, int64_t pad) {
  ConvSpec spec;
  spec.transposed = true;
  spec.in = 24, spec.out = 32, spec.extents = {7, 9};
  spec.window = {window, window}, spec.strides = {stride, stride}, spec.pads = {pad, pad, pad, pad};
  return spec;
}

TEST(ConvTransposed, TwoByTwo) { expectRight(transposed(2, 2, 0), "conv_transposed"); }
TEST(ConvTransposed, FourByFour) { expectRight(transposed(4, 2, 1), "conv_transposed"); }
TEST(ConvTransposed, StrideOne) { expectRight(transposed(3, 1, 0), "conv_transposed"); }
TEST(ConvTransposed, WindowBelowStride) { expectRight(transposed(2, 3, 0), "conv_transposed"); }

TEST(ConvTransposed, FromOnePixel) {
  ConvSpec spec = transposed(4, 1, 0);
  spec.extents = {1, 1}, spec.out = 40;
  expectRight(spec, "conv_transposed");
}

TEST(ConvTransposed, OutputPaddingAndOddChannels) {
  ConvSpec spec = transposed(3, 2, 1);
  spec.outputPadding = {1, 1}, spec.out = 3, spec.batch = 2, spec.padChannels = false;
  expectRight(spec, "conv_transposed");
}

TEST(ConvTransposed, Dilated) {
  ConvSpec spec = transposed(3, 2, 1);
  spec.dilations = {2, 2}, spec.bias = false;
  expectRight(spec, "conv_transposed");
}

TEST(ConvTransposed, Depthwise) {
  ConvSpec spec = transposed(4, 2, 1);
  spec.in = spec.out = spec.groups = 21;
  expectRight(spec, "conv_transposed");
}

TEST(ConvTransposed, OneDimension) {
  ConvSpec spec = transposed(4, 2, 1);
  spec.extents = {11}, spec.window = {4}, spec.strides = {2}, spec.pads = {1, 1}, spec.dilations = {1};
  spec.outputPadding = {0};
  expectRight(spec, "conv_transposed");
}

TEST(ConvTransposed, SymbolicExtents) {
  for (int64_t width : {1, 6}) {
    ConvSpec spec = transposed(2, 2, 0);
    spec.symbolic = true, spec.extents = {3, width};
    expectRight(spec, "conv_transposed");
  }
}

/// Taps that fall beside the input meet nothing, no zero that would make no number of an infinity.
TEST(ConvTransposed, InfinitiesAtTheBorder) {
  for (ConvSpec spec : {transposed(4, 2, 1), transposed(3, 1, 0), transposed(3, 2, 1)}) {
    spec.in = 3, spec.out = 20;
    expectInfinitiesInside(spec, "conv_transposed");
    spec.halo = false;
    expectInfinitiesInside(spec, "conv_transposed");
    spec.in = spec.out = spec.groups = 21;
    expectInfinitiesInside(spec, "conv_transposed");
  }
}

/// Behind the last row of tiles, which is not stored whole, there is no image.
TEST(ConvTransposed, ReadsNoPixelsThatAreNotThere) {
  for (auto [type, window] : {std::pair(proto::F32, 1), std::pair(proto::BF16, 2), std::pair(proto::U8, 2)}) {
    ConvSpec spec = transposed(window, 2, 0);
    spec.in = 64, spec.extents = {5, 7}, spec.type = type, spec.halo = false;
    spec.schedule.set_template_name("conv_transposed");
    for (auto [name, value] : {std::pair("vectors", 1), std::pair("pixels", 4), std::pair("rows", 4)})
      (*spec.schedule.mutable_knobs())[name] = value;
    expectNothingReadBehind(spec, "conv_transposed");
  }
}

} // namespace convoy::test
