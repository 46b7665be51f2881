#include "test/schedules/conv/Runs.h"

#include <gtest/gtest.h>

namespace convoy::test {

static ConvSpec layer(int64_t in, int64_t out, std::vector<int64_t> extents, int64_t outputs) {
  ConvSpec spec;
  spec.in = in, spec.out = out, spec.extents = std::move(extents), spec.activation = "relu";
  spec.schedule.set_template_name("conv_winograd");
  (*spec.schedule.mutable_knobs())["outputs"] = outputs;
  (*spec.schedule.mutable_knobs())["vectors"] = 2;
  (*spec.schedule.mutable_knobs())["pixels"] = 2;
  return spec;
}

TEST(ConvWinograd, WholeTiles) {
  for (int64_t outputs : {2, 4})
    expectRight(layer(32, 64, {16, 24}, outputs), "conv_winograd");
}

TEST(ConvWinograd, TilesThatOverhang) {
  for (int64_t outputs : {2, 4})
    for (int64_t extent : {9, 10, 11})
      expectRight(layer(16, 32, {extent, extent + 4}, outputs), "conv_winograd");
}

TEST(ConvWinograd, WithoutHaloAndOddChannels) {
  ConvSpec spec = layer(19, 48, {13, 14}, 4);
  spec.halo = false, spec.batch = 2, spec.residual = true;
  expectRight(spec, "conv_winograd");
}

TEST(ConvWinograd, AsymmetricPadsAndRowsOfTiles) {
  ConvSpec spec = layer(16, 32, {14, 14}, 4);
  spec.pads = {0, 1, 2, 1}, spec.bias = false;
  (*spec.schedule.mutable_knobs())["rows"] = 2;
  expectRight(spec, "conv_winograd");
}

TEST(ConvWinograd, PartsOfARow) {
  ConvSpec spec = layer(16, 32, {10, 38}, 4);
  (*spec.schedule.mutable_knobs())["columns"] = 4;
  expectRight(spec, "conv_winograd");
  spec.halo = false;
  expectRight(spec, "conv_winograd");
}

static ConvSpec blocks(int64_t in, int64_t out, std::vector<int64_t> extents, int64_t outputs, int64_t chunk) {
  ConvSpec spec = layer(in, out, std::move(extents), outputs);
  spec.schedule.set_template_name("conv_winograd_blocks");
  (*spec.schedule.mutable_knobs())["chunk"] = chunk;
  return spec;
}

TEST(ConvWinogradBlocks, PartsOfTheInputChannels) {
  for (int64_t outputs : {2, 4})
    for (int64_t chunk : {16, 32, 96})
      expectRight(blocks(96, 64, {8, 16}, outputs, chunk), "conv_winograd_blocks");
}

TEST(ConvWinogradBlocks, TilesThatOverhang) {
  for (int64_t extent : {7, 9, 10, 11}) {
    ConvSpec spec = blocks(32, 48, {extent, extent + 4}, 4, 16);
    (*spec.schedule.mutable_knobs())["rows"] = 2;
    spec.batch = 2, spec.residual = true;
    expectRight(spec, "conv_winograd_blocks");
  }
}

TEST(ConvWinogradBlocks, WithoutHaloAndOddChannels) {
  ConvSpec spec = blocks(19, 48, {13, 14}, 4, 64);
  spec.halo = false, spec.pads = {0, 1, 2, 1};
  (*spec.schedule.mutable_knobs())["strip"] = 1;
  expectRight(spec, "conv_winograd_blocks");
}

TEST(ConvWinogradBlocks, SymbolicBatch) {
  ConvSpec spec = blocks(32, 64, {8, 8}, 4, 16);
  spec.batch = 3, spec.symbolicBatch = true;
  expectRight(spec, "conv_winograd_blocks");
  spec.schedule = layer(32, 64, {8, 8}, 4).schedule;
  expectRight(spec, "conv_winograd");
}

TEST(ConvWinogradBlocks, WeightsTransformedInRegisters) {
  for (int64_t outputs : {2, 4}) {
    ConvSpec spec = blocks(64, 48, {7, 7}, outputs, 32);
    (*spec.schedule.mutable_knobs())["registers"] = 1;
    (*spec.schedule.mutable_knobs())["vectors"] = 1;
    (*spec.schedule.mutable_knobs())["rows"] = 2;
    expectRight(spec, "conv_winograd_blocks");
    spec.batch = 3, spec.residual = true, spec.halo = false;
    expectRight(spec, "conv_winograd_blocks");
  }
}

} // namespace convoy::test
