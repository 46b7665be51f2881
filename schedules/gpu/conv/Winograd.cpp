#include "schedules/conv/ConvShape.h"
#include "schedules/conv/Epilogue.h"
#include "schedules/conv/Operands.h"
#include "schedules/core/Algorithm.h"
#include "schedules/core/Tensors.h"
#include "schedules/gpu/Model.h"
#include "schedules/gpu/Threads.h"
#include "schedules/gpu/conv/Images.h"
#include "schedules/gpu/conv/Templates.h"
#include "schedules/gpu/product/Memory.h"
#include "schedules/gpu/product/Staged.h"
#include "schedules/winograd/Stages.h"

#include <algorithm>

using namespace Halide;

namespace convoy::schedules::gpu {

namespace {

/// Rounding grows with the transforms, and four launches follow one another: it must be worth it.
constexpr double cautious = 1.15;
constexpr int64_t leastChunk = 8;

/// The products: an image of tiles for each point of the transform.
ProductProblem problemOf(const proto::Kernel &kernel, const ConvShape &shape, int64_t outputs) {
  ProductProblem problem;
  problem.device = deviceOf(kernel.target());
  problem.lanes = vector;
  problem.channels = shape.outChannels;
  problem.depth = shape.inChannels;
  problem.x.extent = ceilDiv(shape.outExtents[1], outputs);
  problem.y.extent = ceilDiv(shape.outExtents[0], outputs);
  problem.outer = double((outputs + 2) * (outputs + 2) * std::max<int64_t>(1, shape.batch));
  problem.splits = false;
  return problem;
}

/// Microseconds of the transforms of weights (in each run), input and output: what they move, through L2 where it fits.
double transformMicroseconds(const proto::Kernel &kernel, const ConvShape &shape, int64_t outputs) {
  const Device device = deviceOf(kernel.target());
  const double points = double((outputs + 2) * (outputs + 2)), batch = double(std::max<int64_t>(1, shape.batch));
  const double tiles = double(ceilDiv(shape.outExtents[0], outputs) * ceilDiv(shape.outExtents[1], outputs)) * batch;
  const double weights = double(shape.inChannels * shape.outChannels) * 4;
  const double in = tiles * double(shape.inChannels) * 4, out = tiles * double(shape.outChannels) * 4;
  auto microseconds = [&](double written, double moved) {
    const double rate = device.gigabytesPerSecond * 1e3 * (written < 0.5 * double(device.l2Bytes) ? 2 : 1);
    return launchMicroseconds + moved / rate;
  };
  const double pixels = double(outputs * outputs);
  return microseconds(weights * points, weights * (9 + 2 * points)) +
         microseconds(in * points, in * (2 * pixels + 2 * points)) +
         microseconds(out * points, out * (2 * points + pixels));
}

/// 3x3 convolution of stride 1 by Winograd's F(4,3) or F(2,3): kernels that transform weights and input, multiply per
/// point of the transform as `gpu_matmul` does, and transform back through the epilogue.
class GpuWinograd : public Template {
public:
  std::string name() const override { return "gpu_winograd"; }
  bool onGpu() const override { return true; }

  std::vector<Knob> knobs() const override {
    std::vector<Knob> knobs = productKnobs();
    knobs.pop_back(); // Sums are whole.
    knobs.insert(knobs.begin(), {"outputs", 2, 4, "outputs of a tile along each axis: 2 or 4"});
    return knobs;
  }

  std::string misfit(const proto::Kernel &kernel) const override {
    if (std::string misfit = convolutionMisfit(kernel); !misfit.empty())
      return misfit;
    if (!isSingle(kernel))
      return "the convolution is not one of single floats";
    const ConvShape shape = convShape(kernel, kernel.anchor());
    const std::vector<int64_t> three{3, 3}, one{1, 1};
    if (shape.transposed || shape.groups != 1 || shape.kernel != three || shape.strides != one ||
        shape.dilations != one)
      return "the convolution is not 3x3 with stride 1, dilation 1 and one group";
    if (!isStatic(kernel))
      return "extents are symbolic";
    if (shape.inChannels % leastChunk != 0 || shape.outChannels % vector != 0 || !cutStore(kernel, 1).vectors)
      return "channels are no multiple of a vector";
    if (ceilDiv(shape.outExtents[0], 2) * shape.batch > mostRows || ceilDiv(shape.outExtents[1], 4) > mostRows)
      return "there are too many tiles for the blocks of a launch";
    return {};
  }

  double estimate(const proto::Kernel &kernel, const proto::Schedule &schedule) const override {
    const ConvShape shape = convShape(kernel, kernel.anchor());
    const int64_t outputs = knob(schedule, "outputs", 4);
    return cautious * (estimateProduct(problemOf(kernel, shape, outputs), tileOf(schedule, vector)) +
                       transformMicroseconds(kernel, shape, outputs));
  }

  std::vector<proto::Schedule> rank(const proto::Kernel &kernel) const override {
    const ConvShape shape = convShape(kernel, kernel.anchor());
    std::vector<proto::Schedule> schedules;
    for (int64_t outputs : {4, 2}) {
      size_t count = 0;
      for (const ProductTile &tile : rankProducts(problemOf(kernel, shape, outputs), 64)) {
        if (shape.inChannels % tile.chunk != 0 || count++ == 4)
          continue;
        proto::Schedule &schedule = schedules.emplace_back();
        schedule.set_template_name(name());
        setKnobs(schedule, tile);
        schedule.mutable_knobs()->erase("split");
        (*schedule.mutable_knobs())["outputs"] = outputs;
      }
    }
    return schedules;
  }

  proto::Layout wantedLayout(const proto::Kernel &kernel, const proto::Schedule &schedule, int input) const override {
    const ConvShape shape = convShape(kernel, kernel.anchor());
    const int tensor = kernel.inputs(input);
    if (std::optional<proto::Layout> side = sideLayout(kernel, shape, tensor))
      return *side;
    return paddedLayout({2, 3, 1, 0}, 0, shape.outChannels, tileOf(schedule, vector).blockC());
  }

  void apply(Graph &graph, const proto::Schedule &schedule) const override {
    const proto::Kernel &kernel = *graph.kernel;
    const ConvShape shape = convShape(kernel, kernel.anchor());
    const int outputs = int(knob(schedule, "outputs", 4));
    const ProductTile tile = tileOf(schedule, vector);
    if (outputs != 2 && outputs != 4)
      throw CompileError("knob 'outputs' of gpu_winograd is 2 or 4");
    if (shape.inChannels % tile.chunk != 0)
      throw CompileError("knob 'chunk' of gpu_winograd must divide the input's channels");
    const int64_t covered = ceilDiv(shape.outChannels, tile.blockC()) * tile.blockC();
    if (!coversChannels(kernel, shape.weight, 0, covered))
      clampReads(graph, shape.weight, 0);
    if (shape.bias >= 0 && !coversChannels(kernel, shape.bias, 0, shape.outChannels))
      clampReads(graph, shape.bias, 0);
    widenOutput(graph, 1, cutStore(kernel, 1).channels);
    WinogradStages stages = buildWinograd(graph, shape, {outputs, tile.blockC()});
    transformWeights(stages, shape, outputs, tile);
    transformInput(stages, shape, outputs);
    multiply(stages, tile, stagedElements(problemOf(kernel, shape, outputs), tile), kernel.target());
    transformBack(graph, stages, outputs);
  }

private:
  static constexpr TailStrategy guard = TailStrategy::GuardWithIf;
  static constexpr int32_t weightThreads = 128; ///< Of a block that transforms weights.

  /// A thread transforms one column of points at a time from what `rows`, computed before, made of its input.
  static void unrollPoints(Func &func, Func &rows, const Var &at, const Var &i, const Var &j, const Var &rowAxis,
                           int points, int taps) {
    func.bound(i, 0, points).bound(j, 0, points).unroll(i).unroll(j);
    rows.compute_at(func, at).bound(i, 0, points).bound_extent(rowAxis, taps).unroll(i).unroll(rowAxis);
    func.never_partition_all();
    rows.never_partition_all();
  }

  /// Weights by point: neighbouring threads have neighbouring channels of the output.
  static void transformWeights(WinogradStages &s, const ConvShape &shape, int outputs, const ProductTile &tile) {
    Var channel("channel"), thread("thread"), rest("rest");
    const int points = outputs + 2;
    const int32_t block = int32_t(tile.blockC());
    s.weights.compute_root()
        .store_in(MemoryType::Heap)
        .bound(s.c, 0, block)
        .bound(s.k, 0, int32_t(shape.inChannels))
        .fuse(s.c, s.k, channel)
        .fuse(channel, s.b, channel)
        .split(channel, rest, thread, weightThreads, guard)
        .reorder(s.j, s.i, thread, rest)
        .gpu_threads(thread)
        .gpu_blocks(rest);
    unrollPoints(s.weights, s.weightRows, thread, s.i, s.j, s.weightRows.args()[4], points, 3);
  }

  /// The input by point: neighbouring threads have neighbouring channels.
  static void transformInput(WinogradStages &s, const ConvShape &shape, int outputs) {
    Var channel("channel"), rest("rest"), threadX("thread_x"), tiles("tiles");
    const int points = outputs + 2;
    const int32_t threads = int32_t(std::min<int64_t>(64, shape.inChannels));
    s.input.compute_root()
        .store_in(MemoryType::Heap)
        .bound(s.k, 0, int32_t(shape.inChannels))
        .split(s.k, rest, channel, threads, guard)
        .split(s.x, s.x, threadX, 2, guard)
        .reorder(s.j, s.i, channel, threadX, rest, s.x, s.y, s.n)
        .fuse(s.y, s.n, tiles)
        .gpu_threads(channel, threadX)
        .gpu_blocks(rest, s.x, tiles);
    unrollPoints(s.input, s.inputRows, channel, s.i, s.j, s.inputRows.args()[1], points, points);
  }

  static void multiply(WinogradStages &s, const ProductTile &tile, const StagedElements &elements,
                       const proto::Target &target) {
    StagedProduct product;
    product.elements = elements;
    product.sum = s.tile;
    RVar chunk("chunk"), inChunk("in_chunk"), fours("fours"), four("four");
    s.tile.update()
        .split(RVar(s.sum.x), chunk, inChunk, int32_t(tile.chunk))
        .split(inChunk, fours, four, int32_t(vector));
    product.left = s.input.in(s.tile);
    product.right = s.weights.in(s.tile);
    product.inThread = {four, fours};
    product.inBlock = {chunk};
    product.channel = s.c;
    product.pixel = s.x;
    product.row = s.y;
    s.product.compute_root().store_in(MemoryType::Heap).bound(s.c, 0, int32_t(tile.blockC()));
    ProductStore store{s.product, s.c, s.x, s.y, {}, {s.i, s.j, s.b, s.n}, true};
    scheduleProduct(product, store, tile, target);
  }

  /// Outputs of a tile by one thread, in vectors of channels.
  static void transformBack(Graph &graph, WinogradStages &s, int outputs) {
    Func output = graph.outputs[0];
    const std::vector<Var> args = output.args(), rows = s.outputRows.args();
    Var inX("in_x"), inY("in_y"), lane("lane"), channel("channel"), threadX("thread_x"), rest("rest"), tiles("tiles");
    const int64_t channels = extentOf(graph.tensorOf(graph.kernel->outputs(0)), 1);
    const int32_t threads = int32_t(std::min<int64_t>(32, ceilDiv(channels, vector)));
    output.split(args[0], args[0], inX, outputs, guard)
        .split(args[1], args[1], inY, outputs, guard)
        .split(args[2], channel, lane, int32_t(vector))
        .split(channel, rest, channel, threads, guard)
        .split(args[0], args[0], threadX, 4, guard)
        .reorder(lane, inX, inY, channel, threadX, rest, args[0], args[1], args[3])
        .fuse(args[1], args[3], tiles)
        .unroll(inX)
        .unroll(inY)
        .gpu_threads(channel, threadX)
        .gpu_blocks(rest, args[0], tiles);
    makeVector(output, lane, graph.kernel->target());
    s.outputRows.compute_at(output, channel)
        .bound_extent(rows[0], int32_t(vector))
        .bound_extent(s.x, 1)
        .bound_extent(s.y, 1)
        .bound(rows[3], 0, outputs)
        .bound(s.j, 0, outputs + 2)
        .vectorize(rows[0], int32_t(vector))
        .unroll(s.j)
        .unroll(rows[3]);
    output.never_partition_all();
    s.outputRows.never_partition_all();
  }
};

} // namespace

void registerWinograd(Registry &registry) { registry.add<GpuWinograd>(); }

} // namespace convoy::schedules::gpu
