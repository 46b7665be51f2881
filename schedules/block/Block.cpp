#include "schedules/block/Block.h"
#include "schedules/block/Model.h"
#include "schedules/block/Templates.h"
#include "schedules/conv/ConvShape.h"
#include "schedules/conv/Epilogue.h"
#include "schedules/conv/Operands.h"
#include "schedules/conv/TileSchedule.h"
#include "schedules/core/Algorithm.h"
#include "schedules/core/Tensors.h"

#include <algorithm>

using namespace Halide;

namespace convoy::schedules {

namespace {

constexpr int x = 0, y = 1, channel = 2; ///< Arguments of Funcs over images.

/// One kernel computes a chain strip by strip: all channels of a few rows of the depthwise result, from a window of
/// rows of the dense result that slides down the task's part of the image. Both lie in the task's scratch, so that they
/// stay in the second cache; rows that windows share are computed once a task.
class Builder {
public:
  Builder(Graph &graph, const BlockCut &cut)
      : graph(graph), kernel(*graph.kernel), chain(chainOf(kernel)), cut(cut),
        lanes(vectorLanes(kernel.target(), proto::F32)), last(shapeOf(chain.parts.size() - 1)),
        depthwise(shapeOf(size_t(chain.depthwise))) {}

  void build() {
    for (size_t position = 0; position < chain.parts.size(); ++position)
      fitOperands(position);
    if (chain.expands())
      makeWindow();
    if (chain.projects())
      makeStrip();
    storeOutput();
    if (chain.expands())
      scheduleWindow();
    if (chain.projects())
      scheduleStrip();
  }

private:
  Graph &graph;
  const proto::Kernel &kernel;
  const Chain chain;
  const BlockCut cut;
  const int64_t lanes;
  const ConvShape last, depthwise;
  Func window; ///< Rows of the dense part's result with zeros around the image.
  Func strip;  ///< Rows of the depthwise part's result.
  RVar inRow{"inRow"}, inTile{"inTile"};
  int body = 0; ///< The update of `window` that computes; those before it write zeros.

  ConvShape shapeOf(size_t position) const { return convShape(chain.parts[position], chain.parts[position].anchor()); }
  Func result(size_t position) const { return graph.values[chain.parts[position].outputs(0)]; }
  Var var(int argument) const { return graph.vars[argument]; }
  /// Channels of the hidden images, rounded up to tiles.
  int32_t windowChannels() const {
    const int64_t block = cut.expand.vectors * lanes;
    return int32_t(ceilDiv(depthwise.inChannels, block) * block);
  }
  int32_t stripChannels() const { return int32_t(ceilDiv(depthwise.outChannels, lanes) * lanes); }

  /// Rows of the window's memory: those that a strip reads, rounded up so that rows are found by masks.
  int32_t windowRows() const {
    const int64_t read = (cut.rows - 1) * depthwise.strides[0] + (depthwise.kernel[0] - 1) * depthwise.dilations[0] + 1;
    int32_t rows = 1;
    while (rows < read)
      rows *= 2;
    return rows;
  }

  /// Tiles read whole vectors of channels of weights and biases.
  void fitOperands(size_t position) {
    const ConvShape shape = shapeOf(position);
    const bool isDepthwise = int(position) == chain.depthwise;
    const int64_t block = lanes * (isDepthwise ? 1 : position == 0 ? cut.expand.vectors : cut.project.vectors);
    const int64_t covered = ceilDiv(shape.outChannels, block) * block;
    if (!isPacked(kernel.tensors(shape.weight), 0, block) && !coversChannels(kernel, shape.weight, 0, covered))
      clampReads(graph, shape.weight, 0);
    if (shape.bias >= 0 && !coversChannels(kernel, shape.bias, 0, covered))
      clampReads(graph, shape.bias, 0);
    if (isDepthwise && position == 0 && !coversChannels(kernel, shape.input, 1, covered))
      clampReads(graph, shape.input, 1);
  }

  /// What a convolution reads in place of its image: the image itself, or that with zeros around it.
  Internal::Function imageOf(const ConvShape &shape) const {
    const Internal::Function sum = graph.values[shape.output].function();
    for (auto &[name, function] : Internal::find_transitive_calls(sum))
      if (name.find("_padded0") != std::string::npos && starts(name, sum.name()))
        return function;
    return graph.values[shape.input].function();
  }

  static bool starts(const std::string &name, const std::string &op) {
    const std::string stem = op.substr(0, op.find('$'));
    return name.compare(0, stem.size() + 1, stem + "_") == 0;
  }

  void makeWindow() {
    const Internal::Function image = imageOf(depthwise);
    const int32_t height = int32_t(depthwise.inExtents[0]), width = int32_t(depthwise.inExtents[1]);
    const int32_t left = int32_t(depthwise.pads[1]), right = int32_t(depthwise.pads[3]);
    const std::vector<Var> vars(graph.vars.begin(), graph.vars.begin() + depthwise.rank);
    const Expr isRow = var(y) >= 0 && var(y) < height;
    auto at = [&](const Expr &column, const Expr &row) {
      std::vector<Expr> arguments(vars.begin(), vars.end());
      arguments[x] = column;
      arguments[y] = row;
      return arguments;
    };
    window = Func("window");
    window(vars) = undef<float>();
    if (left + right > 0) {
      RDom beside(0, left + right, "beside");
      window(at(select(beside < left, beside - left, width + beside - left), var(y))) = 0.0f;
      window.update(body++).vectorize(var(channel), int(lanes)).unroll(beside);
    }
    // Rows outside of the image are computed from the next one inside: Halide 21 slides no stage that leaves rows out.
    RDom inside(0, width, "inside");
    const Expr value = result(0)(at(inside, clamp(var(y), 0, height - 1)));
    window(at(inside, var(y))) = select(likely(isRow), value, 0.0f);
    window.update(body).split(inside, inRow, inTile, int32_t(cut.expand.pixels));
    graph.values[depthwise.output].function().substitute_calls(image, window.function());
  }

  void makeStrip() {
    const Func whole = result(size_t(chain.depthwise));
    const std::vector<Var> vars(graph.vars.begin(), graph.vars.begin() + depthwise.rank);
    strip = Func("strip");
    strip(vars) = whole(vars);
    graph.values[last.output].function().substitute_calls(whole.function(), strip.function());
  }

  TilePlan planOf(const Tile &tile) const {
    TilePlan plan;
    plan.tile = tile;
    plan.lanes = lanes;
    plan.channel = channel;
    plan.pixel = x;
    plan.row = y;
    return plan;
  }

  TilePlan densePlan(const Tile &tile) const {
    TilePlan plan = planOf(tile);
    plan.partial = longestPart(tile);
    return plan;
  }

  TilePlan patchPlan() const {
    TilePlan plan = planOf({1, cut.patch, cut.rows});
    plan.unroll = 0;
    return plan;
  }

  void storeOutput() {
    const ChannelCut channels = cutChannels(chain.last(), 1);
    TilePlan plan = chain.projects() ? densePlan(cut.project) : patchPlan();
    if (channels.channels % (plan.tile.vectors * lanes) != 0)
      plan.channelTail = ChannelTail::Guarded;
    plan.pixels = int32_t(last.width());
    plan.rows = int32_t(last.height());
    plan.channels = int32_t(channels.channels);
    plan.blocksInside = true;
    plan.groups = cut.groups;
    plan.parallel = kernel.target().cores() > 1;
    widenOutput(graph, 1, channels.channels);
    scheduleTiles(graph, graph.values[last.output], plan);
    if (chain.projects() && cut.rows > 1)
      graph.outputs[0].split(rowLoop(), stripLoop(), rowLoop(), int32_t(cut.rows));
  }

  Var stripLoop() const { return chain.projects() && cut.rows > 1 ? Var("strip") : rowLoop(); }

  void place(Func &func, int32_t channels) const {
    func.compute_at(graph.outputs[0], stripLoop()).bound(var(channel), 0, channels);
    std::vector<Var> order{var(channel), var(x), var(y)};
    for (int i = 3; i < depthwise.rank; ++i)
      order.push_back(var(i));
    func.reorder_storage(order);
  }

  void scheduleWindow() {
    place(window, windowChannels());
    window.store_at(graph.outputs[0], taskLoop()).fold_storage(var(y), windowRows());
    Var block("block"), inBlock("inBlock"), vector("vector"), lane("lane");
    window.update(body)
        .split(var(channel), block, inBlock, int32_t(cut.expand.vectors * lanes))
        .split(inBlock, vector, lane, int32_t(lanes))
        .reorder(lane, vector, inTile, inRow, block, var(y))
        .vectorize(lane)
        .unroll(vector)
        .unroll(inTile);
    scheduleSum(graph.values[shapeOf(0).output], LoopLevel(window, inRow), densePlan(cut.expand));
  }

  void scheduleStrip() {
    place(strip, stripChannels());
    Var tile("tile"), pixel("pixel"), block("block"), lane("lane");
    strip.bound_extent(var(y), int32_t(cut.rows))
        .split(var(x), tile, pixel, int32_t(cut.patch), TailStrategy::ShiftInwards)
        .split(var(channel), block, lane, int32_t(lanes))
        .reorder(lane, pixel, var(y), block, tile)
        .vectorize(lane)
        .unroll(pixel)
        .unroll(var(y));
    scheduleSum(graph.values[depthwise.output], LoopLevel(strip, block), patchPlan());
  }
};

class Block : public Template {
public:
  std::string name() const override { return "block"; }

  std::vector<Knob> knobs() const override {
    return {{"expand_vectors", 1, 8, "vectors of channels in a tile of the convolution before the depthwise one"},
            {"expand_pixels", 1, 28, "neighbouring pixels in such a tile; a divisor of the width"},
            {"project_vectors", 1, 8, "vectors of channels in a tile of the convolution behind the depthwise one"},
            {"project_pixels", 1, 28, "neighbouring pixels in such a tile"},
            {"patch", 1, 16, "neighbouring pixels in a patch of the depthwise convolution"},
            {"rows", 1, 8, "rows of a strip and of a patch; a divisor of the rows of a task"},
            {"groups", 1, 4096, "parts along rows that are tasks of their own; a divisor of the height"}};
  }

  std::string misfit(const proto::Kernel &kernel) const override {
    if (std::string misfit = chainMisfit(kernel); !misfit.empty())
      return misfit;
    const Chain chain = chainOf(kernel);
    const ConvShape shape = convShape(chain.strip(), chain.strip().anchor());
    if (std::any_of(shape.pads.begin(), shape.pads.end(), [](int64_t pad) { return pad < 0; }))
      return "the depthwise convolution has negative pads";
    if (shape.taps() > 100)
      return "the depthwise convolution has too many taps to unroll";
    if (shape.width() * shape.height() < 32)
      return "the images are smaller than a strip";
    return {};
  }

  double estimate(const proto::Kernel &kernel, const proto::Schedule &schedule) const override {
    return blockMicroseconds(chainOf(kernel), cutOf(schedule));
  }

  std::vector<proto::Schedule> rank(const proto::Kernel &kernel) const override {
    std::vector<proto::Schedule> schedules;
    for (const BlockCut &cut : rankCuts(chainOf(kernel)))
      schedules.push_back(scheduleOf(cut));
    return schedules;
  }

  /// As the template of the convolution that reads it wants it.
  proto::Layout wantedLayout(const proto::Kernel &kernel, const proto::Schedule &schedule, int input) const override {
    const Chain chain = chainOf(kernel);
    int own = 0;
    const int part = chain.readerOf(kernel.inputs(input), own);
    if (part < 0)
      return kernel.tensors(kernel.inputs(input)).layout();
    const proto::Schedule scheduled = scheduleOfPart(chain, size_t(part), cutOf(schedule));
    return registry().findTemplate(scheduled.template_name())->wantedLayout(chain.parts[size_t(part)], scheduled, own);
  }

  void apply(Graph &graph, const proto::Schedule &schedule) const override { Builder(graph, cutOf(schedule)).build(); }
};

} // namespace

void registerBlock(Registry &registry) { registry.add<Block>(); }

} // namespace convoy::schedules
