#include "schedules/conv/ConvShape.h"
#include "schedules/conv/Epilogue.h"
#include "schedules/conv/Operands.h"
#include "schedules/conv/Templates.h"
#include "schedules/conv/TileSchedule.h"
#include "schedules/conv/dot/Convolution.h"
#include "schedules/core/Algorithm.h"
#include "schedules/core/Tensors.h"

#include <algorithm>
#include <tuple>

namespace convoy::schedules {

namespace {

/// Terms of a tile before those that hit no input element fold away: compile time.
constexpr int64_t mostTerms = 1024;
constexpr int64_t symbolicExtent = 64;

int64_t assumed(int64_t extent) { return extent < 0 ? symbolicExtent : extent; }

int64_t strideX(const ConvShape &shape) { return shape.strides.back(); }
int64_t strideY(const ConvShape &shape) { return shape.spatial > 1 ? shape.strides[shape.spatial - 2] : 1; }

/// Cycles of one core. Each step over an input channel loads all taps' weights and multiplies those that hit.
double cyclesOf(const proto::Kernel &kernel, const ConvShape &shape, const Tile &tile) {
  const TileProblem machine = machineOf(kernel.target());
  const int64_t width = assumed(shape.width()), height = assumed(shape.height());
  double tiles = double(ceilDiv(width, tile.pixels) * ceilDiv(height, tile.rows)) *
                 double(ceilDiv(ceilDiv(shape.outChannels, machine.lanes), tile.vectors)) *
                 double(std::max<int64_t>(1, shape.batch));
  const double hits = double(tile.accumulators() * shape.taps()) / double(strideX(shape) * strideY(shape));
  const double reads = double((tile.pixels / strideX(shape) + 1) * (tile.rows / strideY(shape) + 1));
  const int64_t depth = convDotDepth(kernel, shape);
  const double loads = double(tile.vectors * shape.taps() * (depth > 1 ? 2 : 1)) + reads; // And permutations.
  // Measured: long thin tiles and those that leave few registers for weights lose a quarter.
  const bool thin = std::min(tile.pixels / strideX(shape), tile.rows / strideY(shape)) < 2;
  const double penalty = (tile.accumulators() > 24 ? 1.25 : 1) * (thin ? 1.1 : 1);
  return tiles * penalty *
         (double(ceilDiv(shape.groupInputs(), depth)) * std::max(hits / 2, loads / 2) +
          2 * double(tile.accumulators()) + 12);
}

/// Transposed convolution in gather form: a tile covers whole periods of the strides and all taps are unrolled, so
/// that the taps which hit an element of the input are known when compiled. No zeros are inserted or multiplied.
class ConvTransposed : public Template {
public:
  std::string name() const override { return "conv_transposed"; }

  std::vector<Knob> knobs() const override {
    return {{"vectors", 1, 4, "vectors of output channels in a tile"},
            {"pixels", 1, 28, "neighbouring pixels in a tile"},
            {"rows", 1, 16, "rows of pixels in a tile"},
            {"groups", 0, 4096, "parts along rows that are tasks of their own; 0: by the number of cores"}};
  }

  std::string misfit(const proto::Kernel &kernel) const override {
    if (std::string misfit = convolutionMisfit(kernel); !misfit.empty())
      return misfit;
    const ConvShape shape = convShape(kernel, kernel.anchor());
    if (!shape.transposed)
      return "the convolution is not transposed";
    if (shape.groups != 1 && !shape.isDepthwise())
      return "the transposed convolution has groups of several channels";
    if (tilesOf(kernel, shape).empty())
      return "the kernel has too many taps to unroll";
    return {};
  }

  double estimate(const proto::Kernel &kernel, const proto::Schedule &schedule) const override {
    const ConvShape shape = convShape(kernel, kernel.anchor());
    return cyclesOf(kernel, shape, tileOf(schedule)) / clockHz * 1e6 / std::max(1, kernel.target().cores());
  }

  std::vector<proto::Schedule> rank(const proto::Kernel &kernel) const override {
    std::vector<proto::Schedule> schedules;
    for (const Tile &tile : tilesOf(kernel, convShape(kernel, kernel.anchor()))) {
      proto::Schedule &schedule = schedules.emplace_back();
      schedule.set_template_name(name());
      auto &knobs = *schedule.mutable_knobs();
      knobs["vectors"] = tile.vectors;
      knobs["pixels"] = tile.pixels;
      knobs["rows"] = tile.rows;
      if (schedules.size() == 8)
        break;
    }
    return schedules;
  }

  proto::Layout wantedLayout(const proto::Kernel &kernel, const proto::Schedule &schedule, int input) const override {
    const ConvShape shape = convShape(kernel, kernel.anchor());
    const int tensor = kernel.inputs(input);
    const int64_t block = tileOf(schedule).vectors * vectorLanes(kernel.target(), proto::F32);
    if (auto layout = layoutBesideWeights(kernel, shape, tensor, block))
      return *layout;
    std::vector<int> taps;
    for (int dim = 2; dim < shape.rank; ++dim)
      taps.push_back(dim);
    if (shape.isDepthwise()) {
      taps.insert(taps.end(), {1, 0});
      return paddedLayout(taps, 0, shape.inChannels, block);
    }
    if (const int64_t depth = convDotDepth(kernel, shape); depth > 1) {
      taps.push_back(0);
      return roundedUp(packedLayout(1, taps, vectorLanes(kernel.target(), proto::F32)), kernel.tensors(tensor), 0,
                       depth);
    }
    taps.insert(taps.begin(), 0);
    return packedLayout(1, taps, block);
  }

  void apply(Graph &graph, const proto::Schedule &schedule) const override {
    const proto::Kernel &kernel = *graph.kernel;
    const ConvShape shape = convShape(kernel, kernel.anchor());
    const ChannelCut cut = cutChannels(kernel, 1);
    const int64_t block = tileOf(schedule).vectors * cut.lanes, covered = ceilDiv(cut.channels, block) * block;
    const int weightChannels = shape.isDepthwise() ? 0 : 1;
    const TilePlan plan = planOf(graph, shape, schedule, cut);
    if (!isPacked(kernel.tensors(shape.weight), weightChannels, plan.depth > 1 ? cut.lanes : block) &&
        !coversChannels(kernel, shape.weight, weightChannels, covered))
      clampReads(graph, shape.weight, weightChannels);
    if (shape.bias >= 0 && !coversChannels(kernel, shape.bias, 0, covered))
      clampReads(graph, shape.bias, 0);
    if (shape.isDepthwise() && !coversChannels(kernel, shape.input, 1, covered))
      clampReads(graph, shape.input, 1);
    if (plan.depth > 1)
      useDot(graph, shape, plan.depth);
    widenOutput(graph, 1, cut.channels);
    scheduleTiles(graph, graph.anchor(), plan);
  }

private:
  static Tile tileOf(const proto::Schedule &schedule) {
    return {knob(schedule, "vectors", 1), knob(schedule, "pixels", 1), knob(schedule, "rows", 1)};
  }

  static std::vector<Tile> tilesOf(const proto::Kernel &kernel, const ConvShape &shape) {
    const TileProblem machine = machineOf(kernel.target());
    const int64_t depth = convDotDepth(kernel, shape);
    const int64_t registers =
        machine.registers - (depth > 1 ? dotRegisters(kernel.tensors(shape.input).type(), depth) : 0);
    const int64_t vectors = ceilDiv(shape.outChannels, machine.lanes);
    std::vector<std::tuple<double, int64_t, int64_t, int64_t>> found;
    for (int64_t v : {1, 2, 4})
      for (int64_t pixels = strideX(shape); v <= vectors && pixels <= 28; pixels += strideX(shape))
        for (int64_t rows = strideY(shape); rows <= 16; rows += strideY(shape)) {
          const Tile tile{v, pixels, rows};
          const bool tooWide =
              pixels - strideX(shape) >= assumed(shape.width()) || rows - strideY(shape) >= assumed(shape.height());
          if (vectors % v == 0 && !tooWide && fitsRegisters(tile, registers) &&
              tile.accumulators() * shape.taps() <= mostTerms)
            found.emplace_back(cyclesOf(kernel, shape, tile), v, pixels, rows);
        }
    std::sort(found.begin(), found.end());
    std::vector<Tile> tiles;
    for (const auto &[cycles, v, pixels, rows] : found)
      tiles.push_back({v, pixels, rows});
    return tiles;
  }

  static TilePlan planOf(Graph &graph, const ConvShape &shape, const proto::Schedule &schedule, const ChannelCut &cut) {
    const proto::Kernel &kernel = *graph.kernel;
    TilePlan plan;
    plan.tile = tileOf(schedule);
    plan.lanes = cut.lanes;
    plan.channel = argument(shape.rank, 1);
    plan.row = shape.spatial > 1 ? 1 : -1;
    if (cut.channels % (plan.tile.vectors * cut.lanes) != 0)
      plan.channelTail = ChannelTail::Guarded;
    plan.guardPixels = plan.tapsInside = true;
    plan.depth = convDotDepth(kernel, shape);
    plan.pixels = outputExtent(graph, 0);
    plan.rows = outputExtent(graph, 1);
    const int64_t cores = std::max(1, kernel.target().cores()), groups = knob(schedule, "groups", 0);
    const double serial = cyclesOf(kernel, shape, plan.tile) / clockHz * 1e6;
    const int64_t blocks = ceilDiv(ceilDiv(shape.outChannels, cut.lanes), plan.tile.vectors);
    plan.groups = groups > 0 ? groups : std::max<int64_t>(1, ceilDiv(4 * cores, blocks));
    plan.parallel = groups > 0 || (cores > 1 && serial > 6);
    return plan;
  }
};

} // namespace

void registerConvTransposed(Registry &registry) { registry.add<ConvTransposed>(); }

} // namespace convoy::schedules
