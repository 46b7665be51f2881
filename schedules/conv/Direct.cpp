#include "schedules/conv/Algorithm.h"
#include "schedules/conv/ConvShape.h"
#include "schedules/conv/Epilogue.h"
#include "schedules/conv/Operands.h"
#include "schedules/conv/Templates.h"
#include "schedules/conv/TileSchedule.h"
#include "schedules/conv/dot/Convolution.h"
#include "schedules/core/Algorithm.h"
#include "schedules/core/Tensors.h"

#include <algorithm>

namespace convoy::schedules {

namespace {

/// Extent that the model assumes where it is not known.
constexpr int64_t symbolicExtent = 420;

int64_t assumed(int64_t extent) { return extent < 0 ? symbolicExtent : extent; }

TileProblem problemOf(const proto::Kernel &kernel, const ConvShape &shape) {
  TileProblem problem = machineOf(kernel.target());
  const bool mixed = shape.groupOutputs() % problem.lanes != 0; // Vectors that hold several groups.
  problem.channelVectors = ((mixed ? shape.outChannels : shape.groupOutputs()) + problem.lanes - 1) / problem.lanes;
  problem.width = assumed(shape.width());
  problem.height = assumed(shape.height());
  problem.outer = (mixed ? 1 : shape.groups) * (shape.batch < 0 ? 1 : shape.batch);
  for (int i = 0; i + 2 < shape.spatial; ++i)
    problem.outer *= assumed(shape.outExtents[i]);
  const int64_t depth = convDotDepth(kernel, shape);
  problem.depth = (shape.groupInputs() + depth - 1) / depth * shape.taps();
  problem.registers -= depth > 1 ? dotRegisters(kernel.tensors(shape.input).type(), depth) : 0;
  problem.storeVectors = 1;
  problem.storeFunctions = double(functionsOf(kernel));
  for (int input : kernel.inputs())
    if (input != shape.input && input != shape.weight && rankOf(kernel.tensors(input)) == shape.rank)
      problem.storeVectors += 1;
  return problem;
}

Tile tileOf(const proto::Schedule &schedule) {
  return {knob(schedule, "vectors", 1), knob(schedule, "pixels", 1), knob(schedule, "rows", 1)};
}

/// Direct convolution: a tile of `vectors` vectors of channels times `pixels` pixels is summed in registers; each step
/// loads the vectors of weights and broadcasts one input element per pixel, or as many as one instruction sums.
///
/// Measured on one core of a Zen 5 (fp32, AVX-512), share of the peak of two multiply-adds per cycle: see
/// schedules/README.md.
class ConvDirect : public Template {
public:
  std::string name() const override { return "conv_direct"; }

  std::vector<Knob> knobs() const override {
    return {{"vectors", 1, 8, "vectors of output channels in a tile"},
            {"pixels", 1, 28, "neighbouring pixels in a tile"},
            {"rows", 1, 7, "rows of pixels in a tile"},
            {"unroll", 1, 16, "input channels at once"},
            {"partial", 0, 65536, "most steps of a partial sum; 0: the sum is not cut"},
            {"groups", 0, 4096, "parts along rows that are tasks of their own; 0: by the number of cores"}};
  }

  std::string misfit(const proto::Kernel &kernel) const override {
    if (std::string misfit = convolutionMisfit(kernel); !misfit.empty())
      return misfit;
    const ConvShape shape = convShape(kernel, kernel.anchor());
    if (shape.transposed)
      return "the convolution is transposed";
    const int64_t lanes = vectorLanes(kernel.target(), proto::F32);
    if (shape.groups > 1 && shape.groupOutputs() % lanes != 0 && lanes % shape.groupOutputs() != 0)
      return "the output channels of a group neither divide a vector nor are a multiple of it";
    if (shape.isDepthwise())
      return "the convolution is depthwise";
    return {};
  }

  double estimate(const proto::Kernel &kernel, const proto::Schedule &schedule) const override {
    return tileMicroseconds(problemOf(kernel, convShape(kernel, kernel.anchor())), tileOf(schedule));
  }

  std::vector<proto::Schedule> rank(const proto::Kernel &kernel) const override {
    const ConvShape shape = convShape(kernel, kernel.anchor());
    const int64_t depth = convDotDepth(kernel, shape);
    std::vector<proto::Schedule> schedules;
    for (const Tile &tile : rankTiles(problemOf(kernel, shape), 8)) {
      if (tile.rows > 1 && shape.height() < 0)
        continue;
      proto::Schedule &schedule = schedules.emplace_back();
      schedule.set_template_name(name());
      auto &knobs = *schedule.mutable_knobs();
      knobs["vectors"] = tile.vectors;
      knobs["pixels"] = tile.pixels;
      knobs["rows"] = tile.rows;
      knobs["unroll"] = unrollOf(shape, depth, tile, vectorRegisters(kernel.target()));
    }
    return schedules;
  }

  proto::Layout wantedLayout(const proto::Kernel &kernel, const proto::Schedule &schedule, int input) const override {
    const ConvShape shape = convShape(kernel, kernel.anchor());
    const int tensor = kernel.inputs(input);
    const int64_t block = blockOf(kernel, schedule);
    if (auto layout = layoutBesideWeights(kernel, shape, tensor, block))
      return *layout;
    std::vector<int> inner;
    for (int dim = 2; dim < shape.rank; ++dim)
      inner.push_back(dim);
    inner.push_back(1);
    const int64_t depth = convDotDepth(kernel, shape);
    return depth > 1 ? roundedUp(packedLayout(0, inner, vectorLanes(kernel.target(), proto::F32)),
                                 kernel.tensors(tensor), 1, depth)
                     : packedLayout(0, inner, block);
  }

  void apply(Graph &graph, const proto::Schedule &schedule) const override {
    const proto::Kernel &kernel = *graph.kernel;
    const ConvShape shape = convShape(kernel, kernel.anchor());
    const ChannelCut cut = cutChannels(kernel, 1);
    const int64_t block = blockOf(kernel, schedule);
    const int64_t covered = (cut.channels + block - 1) / block * block;
    TilePlan plan = planOf(graph, shape, schedule, cut);
    const bool packed = isPacked(kernel.tensors(shape.weight), 0, plan.depth > 1 ? cut.lanes : block);
    if (!packed && !coversChannels(kernel, shape.weight, 0, covered))
      clampReads(graph, shape.weight, 0);
    if (shape.bias >= 0 && !coversChannels(kernel, shape.bias, 0, covered))
      clampReads(graph, shape.bias, 0);
    Halide::Func correction;
    if (plan.depth > 1)
      correction = useDot(graph, shape, plan.depth);
    widenOutput(graph, 1, cut.channels);
    if (packed && shape.groups == 1)
      streamWeights(graph, shape.weight, plan,
                    block * ceilDiv(shape.inChannels, plan.depth) * plan.depth * shape.taps());
    scheduleTiles(graph, graph.anchor(), plan);
    if (correction.defined())
      schedulePerTask(graph, correction, plan);
  }

private:
  static int64_t blockOf(const proto::Kernel &kernel, const proto::Schedule &schedule) {
    return tileOf(schedule).vectors * vectorLanes(kernel.target(), proto::F32);
  }

  /// Few accumulators leave time for loop control; unrolling hides it.
  static int64_t unrollOf(const ConvShape &shape, int64_t depth, const Tile &tile, int64_t registers) {
    for (int64_t unroll : {4, 2})
      if (tile.accumulators() * unroll <= registers && shape.groupInputs() % (unroll * depth) == 0)
        return unroll;
    return 1;
  }

  static TilePlan planOf(Graph &graph, const ConvShape &shape, const proto::Schedule &schedule, const ChannelCut &cut) {
    TilePlan plan;
    plan.tile = tileOf(schedule);
    plan.lanes = cut.lanes;
    plan.channel = argument(shape.rank, 1);
    plan.pixel = 0;
    plan.row = shape.spatial > 1 ? 1 : -1;
    if (cut.channels % (plan.tile.vectors * cut.lanes) != 0)
      plan.channelTail = ChannelTail::Guarded;
    plan.symbolic = shape.width() < 0;
    plan.pixels = outputExtent(graph, 0);
    plan.rows = outputExtent(graph, 1);
    plan.depth = convDotDepth(*graph.kernel, shape);
    plan.unroll = knob(schedule, "unroll", 1);
    plan.partial = knob(schedule, "partial", longestPart(plan.tile));
    if (shape.groups > 1 && shape.groupOutputs() < cut.lanes)
      plan.groupLanes = shape.groupOutputs();
    const Split split = splitTasks(problemOf(*graph.kernel, shape), plan.tile);
    const int64_t groups = knob(schedule, "groups", 0);
    plan.groups = groups > 0 ? groups : split.groups;
    plan.rowsOutside = split.rowsOutside;
    plan.parallel = groups > 0 || split.tasks > 1;
    return plan;
  }
};

} // namespace

void registerConv(Registry &registry) {
  registry.algorithms["convolution"] = convolution;
  registry.add<ConvDirect>();
  registerConvTransposed(registry);
}

} // namespace convoy::schedules
