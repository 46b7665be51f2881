#include "test/schedules/conv/Runs.h"

#include <gtest/gtest.h>

namespace convoy::test {

TEST(ConvDirect, ThreeByThree) {
  ConvSpec spec;
  spec.in = 32, spec.out = 64, spec.extents = {14, 14};
  expectRight(spec, "conv_direct");
}

TEST(ConvDirect, OddShapes) {
  ConvSpec one;
  one.in = 1, one.out = 1, one.extents = {1, 1}, one.window = {1, 1}, one.pads = {0, 0, 0, 0};
  expectRight(one, "conv_direct");
  ConvSpec wide;
  wide.in = 3, wide.out = 40, wide.extents = {9, 5}, wide.batch = 2;
  expectRight(wide, "conv_direct");
  ConvSpec classes;
  classes.in = 7, classes.out = 1000, classes.extents = {1, 1}, classes.window = {1, 1}, classes.pads = {0, 0, 0, 0};
  expectRight(classes, "conv_direct");
}

TEST(ConvDirect, StrideDilationAsymmetricPads) {
  ConvSpec strided;
  strided.in = 20, strided.out = 33, strided.extents = {17, 19}, strided.strides = {3, 2}, strided.pads = {0, 1, 2, 1};
  expectRight(strided, "conv_direct");
  ConvSpec dilated;
  dilated.in = 16, dilated.out = 32, dilated.extents = {20, 15}, dilated.dilations = {2, 2},
  dilated.pads = {2, 2, 2, 2};
  expectRight(dilated, "conv_direct");
}

TEST(ConvDirect, WithoutHalo) {
  ConvSpec spec;
  spec.in = 12, spec.out = 48, spec.extents = {13, 13}, spec.halo = false;
  expectRight(spec, "conv_direct");
}

TEST(ConvDirect, ChannelsThatAreSharedOrTight) {
  ConvSpec shared;
  shared.in = 16, shared.out = 12, shared.extents = {8, 8}, shared.sharedOutput = true;
  expectRight(shared, "conv_direct");
  ConvSpec tight;
  tight.in = 10, tight.out = 24, tight.extents = {6, 6}, tight.padChannels = false;
  expectRight(tight, "conv_direct");
}

TEST(ConvDirect, Groups) {
  ConvSpec spec;
  spec.in = 64, spec.out = 96, spec.groups = 2, spec.extents = {7, 7};
  expectRight(spec, "conv_direct");
}

TEST(ConvDirect, PlanarInput) {
  ConvSpec spec;
  spec.in = 3, spec.out = 32, spec.extents = {20, 20}, spec.window = {7, 7}, spec.strides = {2, 2};
  spec.pads = {3, 3, 3, 3}, spec.planar = true;
  expectRight(spec, "conv_direct");
}

TEST(ConvDirect, OneAndThreeSpatialDimensions) {
  ConvSpec line;
  line.in = 16, line.out = 24, line.extents = {50}, line.window = {5}, line.strides = {1}, line.dilations = {1};
  line.pads = {2, 2};
  expectRight(line, "conv_direct");
  ConvSpec volume;
  volume.in = 4, volume.out = 16, volume.extents = {5, 6, 7}, volume.window = {3, 3, 3}, volume.strides = {1, 1, 1};
  volume.dilations = {1, 1, 1}, volume.pads = {1, 1, 1, 1, 1, 1};
  expectRight(volume, "conv_direct");
}

TEST(ConvDirect, SymbolicExtents) {
  ConvSpec spec;
  spec.in = 16, spec.out = 32, spec.symbolic = true, spec.batch = 2;
  for (int64_t width : {3, 14, 37}) {
    spec.extents = {9, width};
    expectRight(spec, "conv_direct");
  }
}

} // namespace convoy::test
