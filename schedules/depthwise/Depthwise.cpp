#include "schedules/conv/ConvShape.h"
#include "schedules/conv/Epilogue.h"
#include "schedules/conv/Operands.h"
#include "schedules/conv/TileSchedule.h"
#include "schedules/core/Algorithm.h"
#include "schedules/core/Tensors.h"
#include "schedules/depthwise/Dot.h"
#include "schedules/depthwise/Templates.h"

#include <algorithm>
#include <set>
#include <tuple>

namespace convoy::schedules {

namespace {

constexpr int64_t symbolicExtent = 64;
/// Multiply-adds of a tile that are unrolled at most: compile time.
constexpr int64_t mostUnrolled = 420;

int64_t assumed(int64_t extent) { return extent < 0 ? symbolicExtent : extent; }

struct Patch {
  int64_t pixels = 1, rows = 1;
};

/// Cycles of one core with instructions that sum four neighbours: loads and permutations of what is interleaved, then
/// sums and what the epilogue does, some eight operations per vector.
double dotPatchCycles(const proto::Kernel &kernel, const ConvShape &shape, const Patch &patch, int64_t depth) {
  const TileProblem machine = machineOf(kernel.target());
  const int64_t windowX = shape.kernel.back(), windowY = shape.spatial > 1 ? shape.kernel[0] : 1;
  const int64_t strideX = shape.strides.back(), strideY = shape.spatial > 1 ? shape.strides[0] : 1;
  const int64_t groups = ceilDiv(windowX, depth);
  const double tiles = double(ceilDiv(shape.width(), patch.pixels)) * double(ceilDiv(shape.height(), patch.rows)) *
                       double(ceilDiv(shape.outChannels, machine.lanes)) * double(std::max<int64_t>(1, shape.batch));
  const double quads = double(groups * ((patch.pixels - 1) * strideX + 1) * ((patch.rows - 1) * strideY + windowY));
  const double results = double(patch.pixels * patch.rows), products = results * double(groups * windowY);
  const double functions = double(functionsOf(kernel)) * 7;
  return tiles * (std::max(quads * double(depth) / 2, (quads * 3 + products + results * (8 + functions)) / 3.6) + 10);
}

/// Input elements that `outputs` neighbours read along the dimension `fromEnd` from the end (1: the last).
int64_t reach(const ConvShape &shape, int fromEnd, int64_t outputs) {
  const size_t dim = shape.kernel.size() - size_t(fromEnd);
  std::set<int64_t> read;
  for (int64_t output = 0; output < outputs; ++output)
    for (int64_t tap = 0; tap < shape.kernel[dim]; ++tap)
      read.insert(output * shape.strides[dim] + tap * shape.dilations[dim]);
  return int64_t(read.size());
}

/// Cycles of one core: multiply-adds or loads of the patch, whichever is more, and the traffic with L2.
double patchCycles(const proto::Kernel &kernel, const ConvShape &shape, const Patch &patch) {
  if (const int64_t depth = depthwiseDotDepth(kernel, shape); depth > 1)
    return dotPatchCycles(kernel, shape, patch, depth);
  const TileProblem machine = machineOf(kernel.target());
  const double tiles = double(ceilDiv(assumed(shape.width()), patch.pixels)) *
                       double(ceilDiv(assumed(shape.height()), patch.rows)) *
                       double(ceilDiv(shape.outChannels, machine.lanes)) * double(std::max<int64_t>(1, shape.batch));
  const double products = double(patch.pixels * patch.rows * shape.taps());
  const double inputs = double(reach(shape, 1, patch.pixels) * (shape.spatial > 1 ? reach(shape, 2, patch.rows) : 1));
  const double loads = inputs + double(shape.taps());
  const double stores = double(patch.pixels * patch.rows);
  // Measured: beyond some eight accumulators LLVM's order of the unrolled taps costs registers. Tall patches keep to
  // fewer input columns at once, but under windows of 25 taps columns of one pixel and patches of few sums are slow;
  // whole rows are as good.
  const bool wide = patch.pixels > patch.rows && patch.pixels != assumed(shape.width());
  const bool thin = shape.taps() >= 25 && shape.dilations.back() == 1 && (patch.pixels == 1 || stores < 7);
  const double crowded = (1 + 0.02 * std::max(0.0, stores - 8)) * (wide ? 1.15 : thin ? 1.2 : 1);
  return tiles * crowded *
         (std::max({products / 2, loads / 2, inputs * double(machine.lanes) * 4 / 60}) + 1.5 * stores + 8);
}

/// Depthwise convolution: a patch of pixels and rows of one vector of channels is held in registers; all taps are
/// unrolled, so that the rows of input that neighbours share are loaded once.
class ConvDepthwise : public Template {
public:
  std::string name() const override { return "conv_depthwise"; }

  std::vector<Knob> knobs() const override {
    return {{"pixels", 1, 16, "neighbouring pixels in a patch"},
            {"rows", 1, 8, "rows of pixels in a patch"},
            {"inside", 0, 1, "1: all channels of a patch before the next patch"},
            {"groups", 0, 4096, "parts along rows that are tasks of their own; 0: by the number of cores"}};
  }

  std::string misfit(const proto::Kernel &kernel) const override {
    if (std::string misfit = convolutionMisfit(kernel); !misfit.empty())
      return misfit;
    const ConvShape shape = convShape(kernel, kernel.anchor());
    if (shape.transposed)
      return "the convolution is transposed";
    if (!shape.isDepthwise())
      return "the convolution is not depthwise";
    if (shape.taps() > mostUnrolled)
      return "the kernel has too many taps to unroll";
    return {};
  }

  double estimate(const proto::Kernel &kernel, const proto::Schedule &schedule) const override {
    const ConvShape shape = convShape(kernel, kernel.anchor());
    const Patch patch{knob(schedule, "pixels", 1), knob(schedule, "rows", 1)};
    return patchCycles(kernel, shape, patch) / clockHz * 1e6 / std::max(1, kernel.target().cores());
  }

  std::vector<proto::Schedule> rank(const proto::Kernel &kernel) const override {
    const ConvShape shape = convShape(kernel, kernel.anchor());
    const int64_t registers = vectorRegisters(kernel.target());
    std::vector<std::tuple<double, int64_t, int64_t>> found;
    // Measured: a column shares what is interleaved best, and more of them spill.
    const bool column = depthwiseDotDepth(kernel, shape) > 1;
    const int64_t mostPixels = column ? 1 : 16, mostResults = column ? 8 : 3 * registers / 8;
    for (int64_t pixels = 1; pixels <= std::min<int64_t>(mostPixels, assumed(shape.width())); ++pixels)
      for (int64_t rows = 1; rows <= std::min<int64_t>(8, shape.height() < 0 ? 1 : shape.height()); ++rows)
        if (pixels * rows <= mostResults && pixels * rows * shape.taps() <= mostUnrolled)
          found.emplace_back(patchCycles(kernel, shape, {pixels, rows}), pixels, rows);
    std::sort(found.begin(), found.end());
    std::vector<proto::Schedule> schedules;
    for (const auto &[cycles, pixels, rows] : found) {
      proto::Schedule &schedule = schedules.emplace_back();
      schedule.set_template_name(name());
      auto &knobs = *schedule.mutable_knobs();
      knobs["pixels"] = pixels;
      knobs["rows"] = rows;
      knobs["inside"] = 1;
      if (schedules.size() == 8)
        break;
    }
    return schedules;
  }

  proto::Layout wantedLayout(const proto::Kernel &kernel, const proto::Schedule &, int input) const override {
    const ConvShape shape = convShape(kernel, kernel.anchor());
    const int tensor = kernel.inputs(input);
    const int64_t lanes = vectorLanes(kernel.target(), proto::F32);
    if (auto layout = layoutBesideWeights(kernel, shape, tensor, lanes))
      return *layout;
    std::vector<int> order;
    for (int dim = 2; dim < shape.rank; ++dim)
      order.push_back(dim);
    if (const int64_t depth = depthwiseDotDepth(kernel, shape); depth > 1) {
      order.push_back(1);
      return roundedUp(packedLayout(0, order, lanes), kernel.tensors(tensor), shape.rank - 1, depth);
    }
    order.insert(order.end(), {1, 0});
    return paddedLayout(order, 0, shape.outChannels, lanes);
  }

  void apply(Graph &graph, const proto::Schedule &schedule) const override {
    const proto::Kernel &kernel = *graph.kernel;
    const ConvShape shape = convShape(kernel, kernel.anchor());
    const ChannelCut cut = cutChannels(kernel, 1);
    const int64_t covered = ceilDiv(cut.channels, cut.lanes) * cut.lanes;
    TilePlan plan = planOf(graph, shape, schedule, cut);
    if (isPacked(kernel.tensors(shape.weight), 0, cut.lanes))
      return applyDot(graph, shape, cut, plan);
    for (auto [tensor, dim] : {std::pair(shape.input, 1), std::pair(shape.weight, 0), std::pair(shape.bias, 0)})
      if (tensor >= 0 && !coversChannels(kernel, tensor, dim, covered))
        clampReads(graph, tensor, dim);
    widenOutput(graph, 1, cut.channels);
    scheduleTiles(graph, graph.anchor(), plan);
  }

private:
  static void applyDot(Graph &graph, const ConvShape &shape, const ChannelCut &cut, TilePlan plan) {
    const proto::Kernel &kernel = *graph.kernel;
    plan.depth = depthwiseDotDepth(kernel, shape);
    if (shape.bias >= 0 && !coversChannels(kernel, shape.bias, 0, ceilDiv(cut.channels, cut.lanes) * cut.lanes))
      clampReads(graph, shape.bias, 0);
    const DepthwiseDot dot = useDepthwiseDot(graph, shape, plan.depth);
    widenOutput(graph, 1, cut.channels);
    scheduleTiles(graph, graph.anchor(), plan);
    scheduleInterleaved(graph, dot, shape, plan);
    if (dot.correction.defined())
      schedulePerTask(graph, dot.correction, plan);
  }

  static TilePlan planOf(Graph &graph, const ConvShape &shape, const proto::Schedule &schedule, const ChannelCut &cut) {
    TilePlan plan;
    plan.tile = {1, knob(schedule, "pixels", 1), knob(schedule, "rows", 1)};
    plan.lanes = cut.lanes;
    plan.channel = argument(shape.rank, 1);
    plan.row = shape.spatial > 1 ? 1 : -1;
    if (cut.channels % cut.lanes != 0)
      plan.channelTail = ChannelTail::Guarded;
    plan.symbolic = shape.width() < 0;
    plan.pixels = outputExtent(graph, 0);
    plan.rows = outputExtent(graph, 1);
    plan.channels = int32_t(cut.channels);
    plan.unroll = 0;
    plan.blocksInside = knob(schedule, "inside", 1) != 0;
    plan.rowsOutside = true;
    cutTasks(plan, *graph.kernel, shape, knob(schedule, "groups", 0));
    return plan;
  }

  /// Rows first: neighbours in memory stay on one core; channels where there are too few rows.
  static void cutTasks(TilePlan &plan, const proto::Kernel &kernel, const ConvShape &shape, int64_t groups) {
    const int64_t cores = std::max(1, kernel.target().cores());
    const double serial = patchCycles(kernel, shape, {plan.tile.pixels, plan.tile.rows}) / clockHz * 1e6;
    plan.parallel = groups > 0 || (cores > 1 && serial > 2.5);
    if (!plan.parallel)
      return;
    const int64_t steps = ceilDiv(plan.row >= 0 ? assumed(shape.height()) : assumed(shape.width()),
                                  plan.row >= 0 ? plan.tile.rows : plan.tile.pixels);
    const int64_t wanted = std::clamp<int64_t>(int64_t(serial / 1.5), cores, 4 * cores);
    plan.groups = groups > 0 ? groups : std::min(steps, wanted);
    if (plan.groups * std::max<int64_t>(1, shape.batch) < wanted && plan.groups < 2 * cores)
      plan.parts = std::min(ceilDiv(wanted, plan.groups), ceilDiv(shape.outChannels, plan.lanes));
  }
};

} // namespace

void registerDepthwise(Registry &registry) { registry.add<ConvDepthwise>(); }

} // namespace convoy::schedules
