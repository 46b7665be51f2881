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

} // namespace convoy::test
