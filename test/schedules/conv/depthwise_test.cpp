#include "test/schedules/conv/Runs.h"

#include <gtest/gtest.h>

namespace convoy::test {

static ConvSpec depthwise(int64_t channels, std::vector<int64_t> extents) {
  ConvSpec spec;
  spec.in = spec.out = spec.groups = channels;
  spec.extents = std::move(extents);
  return spec;
}

TEST(ConvDepthwise, ThreeByThree) { expectRight(depthwise(48, {14, 14}), "conv_depthwise"); }

TEST(ConvDepthwise, ChannelsBesideAVector) {
  expectRight(depthwise(24, {9, 7}), "conv_depthwise");
  ConvSpec tight = depthwise(5, {6, 6});
  tight.padChannels = false;
  expectRight(tight, "conv_depthwise");
  ConvSpec shared = depthwise(20, {6, 6});
  shared.sharedOutput = true;
  expectRight(shared, "conv_depthwise");
}

TEST(ConvDepthwise, FiveByFiveWithStride) {
  ConvSpec spec = depthwise(32, {15, 17});
  spec.window = {5, 5}, spec.strides = {2, 2}, spec.pads = {2, 2, 1, 2}, spec.batch = 2;
  expectRight(spec, "conv_depthwise");
}

TEST(ConvDepthwise, DilatedWithoutHalo) {
  ConvSpec spec = depthwise(16, {12, 11});
  spec.dilations = {2, 2}, spec.pads = {2, 2, 2, 2}, spec.halo = false;
  expectRight(spec, "conv_depthwise");
}

TEST(ConvDepthwise, OnePixel) { expectRight(depthwise(16, {1, 1}), "conv_depthwise"); }

/// All that is read of the halo has an index that is known when compiled.
TEST(ConvDepthwise, OneTile) {
  ConvSpec column = depthwise(3, {17, 1});
  column.strides = {2, 2}, column.planar = true;
  expectRight(column, "conv_depthwise");
  ConvSpec halves = depthwise(54, {2, 15});
  halves.window = {1, 5}, halves.strides = {1, 3}, halves.dilations = {1, 2}, halves.pads = {0, 1, 0, 1};
  halves.type = proto::BF16, halves.padChannels = false;
  expectRight(halves, "conv_depthwise");
  ConvSpec bytes = depthwise(16, {1, 1});
  bytes.window = {5, 5}, bytes.pads = {2, 2, 2, 2}, bytes.type = proto::U8;
  expectRight(bytes, "conv_depthwise");
}

TEST(ConvDepthwise, OneDimension) {
  ConvSpec line = depthwise(16, {40});
  line.window = {7}, line.strides = {1}, line.dilations = {1}, line.pads = {3, 3};
  expectRight(line, "conv_depthwise");
}

TEST(ConvDepthwise, SymbolicExtents) {
  for (int64_t width : {2, 19}) {
    ConvSpec spec = depthwise(32, {6, width});
    spec.symbolic = true;
    expectRight(spec, "conv_depthwise");
  }
}

/// The last vector of channels is not read where the image ends: behind it lies memory that can't be.
TEST(ConvDepthwise, ReadsNoChannelsThatAreNotThere) {
  ConvSpec spec = depthwise(40, {8, 8});
  spec.planar = true, spec.halo = false;
  expectNothingReadBehind(spec, "conv_depthwise");
}

} // namespace convoy::test
