#include "schedules/conv/ConvShape.h"
#include "schedules/conv/Epilogue.h"
#include "schedules/conv/Operands.h"
#include "schedules/core/Algorithm.h"
#include "schedules/core/Tensors.h"
#include "schedules/gpu/Model.h"
#include "schedules/gpu/conv/Images.h"
#include "schedules/gpu/conv/Templates.h"
#include "schedules/gpu/product/Memory.h"
#include "schedules/gpu/product/Staged.h"
#include "schedules/gpu/product/Terms.h"

#include <algorithm>
#include <cmath>

using namespace Halide;

namespace convoy::schedules::gpu {

namespace {

constexpr int64_t symbolicExtent = 64;
/// Multiply-adds of a thread that are unrolled at most: compile time. Rows of larger windows stay a loop.
constexpr int64_t mostUnrolled = 900;
/// Of a multiprocessor: what keeps caches and memory busy.
constexpr double bytesInFlight = 16 << 10;

int64_t assumed(int64_t extent) { return extent < 0 ? symbolicExtent : extent; }

/// One axis of a window, counted from the last dimension.
struct Window {
  int64_t taps = 1, stride = 1, dilation = 1, pad = 0, extent = 1;

  int64_t reach(int64_t results) const { return (results - 1) * stride + (taps - 1) * dilation + 1; }
};

Window windowOf(const ConvShape &shape, int axis) {
  if (axis >= shape.spatial)
    return {};
  const size_t i = size_t(shape.spatial - 1 - axis);
  return {shape.kernel[i], shape.strides[i], shape.dilations[i], shape.pads[i], assumed(shape.outExtents[i])};
}

bool unrollsRows(const ConvShape &shape, const ProductTile &tile) { return tile.sums() * shape.taps() <= mostUnrolled; }

/// Depthwise convolution: a thread computes a patch of pixels of `lanes` channels; the taps are unrolled, so that what
/// neighbouring windows share is loaded once. Neighbouring threads have neighbouring channels.
class GpuDepthwise : public Template {
public:
  std::string name() const override { return "gpu_depthwise"; }
  bool onGpu() const override { return true; }

  std::vector<Knob> knobs() const override {
    return {{"lanes", 1, 4, "channels of a thread: 1 or 4"},
            {"pixels", 1, 8, "neighbouring pixels of a thread"},
            {"rows", 1, 8, "rows of pixels of a thread"},
            {"threads_c", 1, 256, "threads of a block along channels"},
            {"threads_x", 1, 64, "threads of a block along pixels"},
            {"threads_y", 1, 64, "threads of a block along rows"}};
  }

  std::string misfit(const proto::Kernel &kernel) const override {
    if (std::string misfit = convolutionMisfit(kernel); !misfit.empty())
      return misfit;
    const ConvShape shape = convShape(kernel, kernel.anchor());
    if (shape.transposed)
      return "the convolution is transposed";
    if (!shape.isDepthwise())
      return "the convolution is not depthwise";
    return {};
  }

  double estimate(const proto::Kernel &kernel, const proto::Schedule &schedule) const override {
    return cost(kernel, convShape(kernel, kernel.anchor()), tileOf(schedule));
  }

  std::vector<proto::Schedule> rank(const proto::Kernel &kernel) const override {
    const ConvShape shape = convShape(kernel, kernel.anchor());
    std::vector<std::pair<double, ProductTile>> found;
    for (int64_t lanes : {4, 1})
      for (int64_t pixels : {1, 2, 4, 7})
        for (int64_t rows : {1, 2, 4, 7})
          if (ProductTile tile; lanes == 1 || vectorsFit(kernel, shape)) {
            tile.lanes = lanes, tile.pixels = pixels, tile.rows = rows;
            if (tile.sums() <= 32 && pixels < 2 * windowOf(shape, 0).extent && rows < 2 * windowOf(shape, 1).extent) {
              setThreads(shape, tile);
              found.emplace_back(cost(kernel, shape, tile), tile);
            }
          }
    std::sort(found.begin(), found.end(), [](const auto &a, const auto &b) {
      return std::make_tuple(a.first, a.second.lanes, a.second.pixels, a.second.rows) <
             std::make_tuple(b.first, b.second.lanes, b.second.pixels, b.second.rows);
    });
    std::vector<proto::Schedule> schedules;
    for (size_t i = 0; i < std::min<size_t>(8, found.size()); ++i) {
      proto::Schedule &schedule = schedules.emplace_back();
      schedule.set_template_name(name());
      auto &knobs = *schedule.mutable_knobs();
      const ProductTile &tile = found[i].second;
      knobs["lanes"] = tile.lanes, knobs["pixels"] = tile.pixels, knobs["rows"] = tile.rows;
      knobs["threads_c"] = tile.threadsC, knobs["threads_x"] = tile.threadsX, knobs["threads_y"] = tile.threadsY;
    }
    return schedules;
  }

  proto::Layout wantedLayout(const proto::Kernel &kernel, const proto::Schedule &, int input) const override {
    const ConvShape shape = convShape(kernel, kernel.anchor());
    const int tensor = kernel.inputs(input);
    if (std::optional<proto::Layout> side = sideLayout(kernel, shape, tensor))
      return *side;
    std::vector<int> order;
    for (int dim = 2; dim < shape.rank; ++dim)
      order.push_back(dim);
    order.insert(order.end(), {1, 0});
    return paddedLayout(order, 0, shape.outChannels, vector);
  }

  void apply(Graph &graph, const proto::Schedule &schedule) const override {
    const proto::Kernel &kernel = *graph.kernel;
    const ConvShape shape = convShape(kernel, kernel.anchor());
    ProductTile tile = tileOf(schedule);
    if (tile.lanes != 1 && tile.lanes != vector)
      throw CompileError("knob 'lanes' of gpu_depthwise is 1 or 4");
    StoreCut cut = cutStore(kernel, 1);
    if (tile.lanes == 1)
      cut = {shape.outChannels, false};
    for (auto [tensor, dim] : {std::pair(shape.input, 1), std::pair(shape.weight, 0), std::pair(shape.bias, 0)})
      if (tensor >= 0 && !coversChannels(kernel, tensor, dim, ceilDiv(cut.channels, tile.lanes) * tile.lanes))
        clampReads(graph, tensor, dim);
    widenOutput(graph, 1, cut.channels);
    setSymbolicStrides(graph);
    const RDom taps = domainOf(shape);
    Func sum = build(graph, shape, taps);
    ProductStore store = storeOf(graph, shape);
    store.vectors = cut.vectors;
    scheduleStore(store, tile, kernel.target());
    scheduleSum(sum, store, shape, taps, tile);
  }

private:
  static ProductTile tileOf(const proto::Schedule &schedule) {
    ProductTile tile = gpu::tileOf(schedule, knob(schedule, "lanes", 1));
    tile.vectors = 1;
    return tile;
  }

  /// Whether input and output may be moved in vectors of channels.
  static bool vectorsFit(const proto::Kernel &kernel, const ConvShape &shape) {
    const StoreCut cut = cutStore(kernel, 1);
    return cut.vectors && beginsAligned(kernel.tensors(shape.input), 1) &&
           coversChannels(kernel, shape.input, 1, cut.channels);
  }

  /// As many channels as there are, up to two warps of them; then pixels, then rows.
  static void setThreads(const ConvShape &shape, ProductTile &tile) {
    auto upTo = [](int64_t count, int64_t most) {
      int64_t threads = 1;
      while (threads < count && threads * 2 <= most)
        threads *= 2;
      return threads;
    };
    tile.threadsC = upTo(ceilDiv(shape.outChannels, tile.lanes), 64);
    tile.threadsX = upTo(ceilDiv(windowOf(shape, 0).extent, tile.pixels), 128 / tile.threadsC);
    tile.threadsY = upTo(ceilDiv(windowOf(shape, 1).extent, tile.rows), 128 / tile.threadsC / tile.threadsX);
  }

  static double cost(const proto::Kernel &kernel, const ConvShape &shape, const ProductTile &tile) {
    const Window x = windowOf(shape, 0), y = windowOf(shape, 1);
    Launch launch;
    double outer = double(std::max<int64_t>(1, shape.batch));
    for (int axis = 2; axis < shape.spatial; ++axis)
      outer *= double(windowOf(shape, axis).extent);
    launch.blocks = double(ceilDiv(shape.outChannels, tile.blockC()) * ceilDiv(x.extent, tile.blockX()) *
                           ceilDiv(y.extent, tile.blockY())) *
                    outer;
    launch.threads = int(tile.threads());
    const double patch = double(x.reach(tile.pixels) * y.reach(tile.rows));
    launch.registers = int(std::min(255.0, 30 + double(tile.lanes) * (double(tile.pixels * tile.rows) + 0.6 * patch)));
    const Device device = deviceOf(kernel.target());
    const int resident = residentBlocks(device, launch);
    if (resident == 0)
      return 1e9;
    const double threads = launch.blocks * launch.threads, each = std::ceil(launch.blocks / device.multiprocessors);
    // Loads of the patch: an address, guards and the load for each vector; multiply-adds for each tap.
    const double instructions = double(tile.sums() * shape.taps()) + 7 * patch + double(shape.taps()) + 40 +
                                8 * double(functionsOf(kernel)) * double(tile.sums());
    const double warpsAtOnce = std::min(each, double(resident)) * launch.threads / warp;
    // Per round: what the multiprocessor issues, or the latency of a thread alone.
    const double rounds = std::ceil(each / resident), warpsPerRound = each / rounds * launch.threads / warp;
    const double issue = warpsPerRound * instructions * warp / device.lanes, alone = 1200 + 2 * instructions;
    const double compute = rounds * std::max(issue, alone) / (device.gigahertz * 1e3);
    // Bytes on their way hide the latency of memory.
    const double inFlight = warpsAtOnce * warp * double(tile.lanes) * 4 * std::min(patch, 12.0);
    const double hidden = std::min(1.0, inFlight / bytesInFlight), bandwidth = device.gigabytesPerSecond * 1e3;
    const double cached = threads * double(tile.lanes) * 4 * (patch + double(shape.taps()));
    return launchMicroseconds + std::max({compute, parameterBytes(kernel) / (bandwidth * hidden),
                                          cached / (bandwidth * 2 * device.cacheFactor * hidden)});
  }

  static RDom domainOf(const ConvShape &shape) {
    Region region;
    for (int axis = 0; axis < shape.spatial; ++axis)
      region.push_back({0, int32_t(windowOf(shape, axis).taps)});
    return RDom(region, "r");
  }

  /// Puts the sum and the bias in the place of the anchor.
  static Func build(Graph &graph, const ConvShape &shape, const RDom &taps) {
    const std::vector<Var> arguments(graph.vars.begin(), graph.vars.begin() + shape.rank);
    std::vector<Expr> read(arguments.begin(), arguments.end()), weight;
    Expr inside = Internal::const_true();
    for (int axis = 0; axis < shape.spatial; ++axis) {
      const Window window = windowOf(shape, axis);
      Expr at = arguments[size_t(axis)] * int32_t(window.stride) + taps[axis] * int32_t(window.dilation) -
                int32_t(window.pad);
      Expr extent = graph.extent(graph.tensorOf(shape.input), shape.rank - 1 - axis);
      inside = inside && at >= 0 && at < extent;
      read[size_t(axis)] = clamp(at, 0, extent - 1);
      weight.emplace_back(taps[axis]);
    }
    const Var channel = arguments[size_t(shape.spatial)];
    weight.insert(weight.end(), {Expr(0), Expr(channel)});
    Func sum("sum"), result("product");
    const Type type = Terms(*graph.kernel).sumType();
    const int64_t around = OpContext(graph, graph.kernel->anchor()).integer("pad_value");
    sum(arguments) = cast(type, 0);
    Expr value = select(inside, cast(type, graph.values[shape.input](read)), Internal::make_const(type, around));
    sum(arguments) += value * cast(type, graph.values[shape.weight](weight));
    const std::vector<Expr> call(arguments.begin(), arguments.end());
    result(arguments) = shape.bias >= 0 ? sum(call) + cast(type, graph.values[shape.bias](channel)) : sum(call);
    replaceValue(graph, shape.output, result);
    return sum;
  }

  static ProductStore storeOf(Graph &graph, const ConvShape &shape) {
    ProductStore store;
    store.func = graph.outputs[0];
    const std::vector<Var> args = store.func.args();
    store.pixel = args[0];
    if (shape.spatial > 1)
      store.row = args[1];
    store.channel = args[size_t(shape.spatial)];
    for (int axis = 2; axis < shape.spatial; ++axis)
      store.others.push_back(args[size_t(axis)]);
    store.others.push_back(args[size_t(shape.spatial) + 1]);
    return store;
  }

  static void scheduleSum(Func &sum, const ProductStore &store, const ConvShape &shape, const RDom &taps,
                          const ProductTile &tile) {
    const std::vector<Var> args = sum.args();
    const Var channel = args[size_t(shape.spatial)];
    std::vector<Var> storage{channel};
    for (const Var &arg : args)
      if (!arg.same_as(channel))
        storage.push_back(arg);
    sum.compute_at(store.func, threadLoop())
        .reorder_storage(storage)
        .bound_extent(channel, int32_t(tile.lanes))
        .bound_extent(args[0], int32_t(tile.pixels));
    if (shape.spatial > 1)
      sum.bound_extent(args[1], int32_t(tile.rows));
    for (int stage = 0; stage < 2; ++stage) {
      Stage current = stage == 0 ? Stage(sum) : sum.update();
      std::vector<VarOrRVar> order{channel, args[0]};
      if (shape.spatial > 1)
        order.emplace_back(args[1]);
      if (stage == 1)
        for (int axis = 0; axis < shape.spatial; ++axis)
          order.emplace_back(RVar(taps[axis]));
      current.reorder(order).unroll(args[0]);
      if (tile.lanes > 1)
        current.vectorize(channel);
      if (shape.spatial > 1)
        current.unroll(args[1]);
      if (stage == 0)
        continue;
      current.unroll(RVar(taps[0]));
      for (int axis = 1; axis < shape.spatial && unrollsRows(shape, tile); ++axis)
        current.unroll(RVar(taps[axis]));
    }
    sum.never_partition_all();
  }
};

} // namespace

void registerDepthwise(Registry &registry) { registry.add<GpuDepthwise>(); }

} // namespace convoy::schedules::gpu
