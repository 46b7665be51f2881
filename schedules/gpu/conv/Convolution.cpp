#include "schedules/conv/Epilogue.h"
#include "schedules/conv/Operands.h"
#include "schedules/core/Algorithm.h"
#include "schedules/core/Tensors.h"
#include "schedules/gpu/conv/Collapse.h"
#include "schedules/gpu/conv/Images.h"
#include "schedules/gpu/conv/Templates.h"
#include "schedules/gpu/product/Memory.h"

#include <algorithm>

using namespace Halide;

namespace convoy::schedules::gpu {

namespace {

/// Results of a transposed convolution per period of its strides that fit the registers of a thread.
constexpr int64_t mostPhases = 16;

/// Convolution as a product whose terms lie in shared memory: a block stages the patch of the input that its pixels'
/// windows cover (or, where windows hardly overlap, what each tap reads) for `chunk` channels, and the weights; its
/// threads keep tiles of sums in registers. Sums of few results are cut into parts.
class Convolution : public Template {
public:
  explicit Convolution(bool transposed) : transposed(transposed) {}

  bool onGpu() const override { return true; }
  std::vector<Knob> knobs() const override { return productKnobs(); }

  std::string misfit(const proto::Kernel &kernel) const override {
    if (std::string misfit = convolutionMisfit(kernel); !misfit.empty())
      return misfit;
    const ConvShape shape = convShape(kernel, kernel.anchor());
    if (shape.transposed != transposed)
      return transposed ? "the convolution is not transposed" : "the convolution is transposed";
    if (imagePhases(shape) > mostPhases)
      return "the strides of the transposed convolution are too large";
    for (int i = 0; i < shape.spatial && transposed; ++i)
      if (shape.strides[size_t(i)] > 1 && shape.dilations[size_t(i)] > 1)
        return "the transposed convolution has strides and dilations";
    if (!transposed && shape.isDepthwise())
      return "the convolution is depthwise";
    return {};
  }

  double estimate(const proto::Kernel &kernel, const proto::Schedule &schedule) const override {
    const ProductProblem problem = imageProblem(rewritten(kernel));
    return estimateProduct(problem, tileOf(schedule, problem.lanes, problem.phases));
  }

  std::vector<proto::Schedule> rank(const proto::Kernel &kernel) const override {
    std::vector<proto::Schedule> schedules;
    for (const ProductTile &tile : rankProducts(imageProblem(rewritten(kernel)), 8)) {
      schedules.emplace_back().set_template_name(name());
      setKnobs(schedules.back(), tile);
    }
    return schedules;
  }

  proto::Kernel rewritten(const proto::Kernel &kernel) const override { return pixelsJoined(kernel); }

  /// Weights by tap and channel of the input, channels of the output innermost (around the bytes of a word).
  proto::Layout wantedLayout(const proto::Kernel &kernel, const proto::Schedule &schedule, int input) const override {
    const ConvShape shape = convShape(kernel, kernel.anchor());
    const int tensor = kernel.inputs(input);
    const int64_t block = tileOf(schedule, imageLanes(shape)).blockC();
    if (std::optional<proto::Layout> side = sideLayout(kernel, shape, tensor))
      return *side;
    SummedLayout wanted;
    for (int dim = 2; dim < shape.rank; ++dim)
      wanted.outer.push_back(dim);
    wanted.channel = transposed ? 1 : 0;
    wanted.dim = 1 - wanted.channel;
    wanted.channels = transposed ? shape.groupOutputs() : shape.outChannels;
    wanted.block = shape.groups > 1 ? 1 : ceilDiv(block, vector) * vector;
    return summedLayout(Terms(kernel), wanted);
  }

  void apply(Graph &graph, const proto::Schedule &schedule) const override {
    const proto::Kernel &kernel = *graph.kernel;
    const ConvShape shape = convShape(kernel, kernel.anchor());
    const ImageProduct image = imageProduct(kernel, tileOf(schedule, imageLanes(shape), imagePhases(shape)));
    if (sharedBytes(imageProblem(kernel), image.tile) > kernel.target().gpu().shared_bytes())
      throw CompileError("the knobs of " + name() + " ask for more shared memory than a block has");
    const StoreCut cut = cutStore(kernel, 1);
    const int64_t covered = ceilDiv(cut.channels, image.tile.blockC()) * image.tile.blockC();
    if (transposed ? shape.groups == 1 && !coversChannels(kernel, shape.weight, 1, covered)
                   : !coversChannels(kernel, shape.weight, 0, covered))
      clampReads(graph, shape.weight, transposed ? 1 : 0);
    if (shape.bias >= 0 && !coversChannels(kernel, shape.bias, 0, cut.channels))
      clampReads(graph, shape.bias, 0);
    widenOutput(graph, 1, cut.channels);
    setSymbolicStrides(graph);
    ImageStages stages = buildImages(graph, image);
    ProductStore store = image.tile.split > 1 ? storeOfParts(stages, shape) : storeOfOutput(graph, stages, image);
    store.vectors = image.tile.split > 1 ? image.tile.lanes == vector : cut.vectors && image.tile.lanes == vector;
    stages.product.elements = stagedElements(imageProblem(kernel), image.tile);
    scheduleProduct(stages.product, store, image.tile, kernel.target());
    if (image.tile.split > 1)
      storeSum(graph, 1, cut);
  }

  std::string name() const override { return transposed ? "gpu_conv_transposed" : "gpu_conv_direct"; }

private:
  const bool transposed;

  /// The sums go through the epilogue into the output. A transposed convolution's loops count periods of the strides.
  static ProductStore storeOfOutput(Graph &graph, const ImageStages &, const ImageProduct &image) {
    ProductStore store;
    const ConvShape &shape = image.shape;
    store.func = graph.outputs[0];
    const std::vector<Var> args = store.func.args();
    std::vector<Var> axes;
    for (int axis = 0; axis < shape.spatial; ++axis) {
      axes.push_back(args[size_t(axis)]);
      if (!shape.transposed || image.stride(axis) == 1)
        continue;
      Var phase("phase" + std::to_string(axis));
      store.func.split(axes.back(), axes.back(), phase, int32_t(image.stride(axis)), TailStrategy::GuardWithIf);
      store.phases.push_back(phase);
    }
    store.pixel = axes[0];
    if (shape.spatial > 1)
      store.row = axes[1];
    for (int axis = 2; axis < shape.spatial; ++axis)
      store.others.push_back(axes[size_t(axis)]);
    store.channel = args[size_t(shape.spatial)];
    store.others.push_back(args[size_t(shape.spatial) + 1]);
    return store;
  }

  /// Parts of sums are stored as they are, channels innermost.
  static ProductStore storeOfParts(ImageStages &stages, const ConvShape &shape) {
    ProductStore store;
    store.func = stages.parts;
    const std::vector<Var> args = store.func.args();
    const int64_t channels = ceilDiv(shape.outChannels, vector) * vector;
    store.func.compute_root().store_in(MemoryType::Heap).bound(args[0], 0, int32_t(channels));
    store.channel = args[0];
    store.pixel = args[1];
    if (shape.spatial > 1)
      store.row = args[2];
    store.phases = stages.product.phases;
    for (size_t i = shape.spatial > 1 ? 3 : 2; i < args.size(); ++i)
      if (std::none_of(store.phases.begin(), store.phases.end(), [&](const Var &var) { return var.same_as(args[i]); }))
        store.others.push_back(args[i]);
    return store;
  }
};

} // namespace

void registerConvolution(Registry &registry) {
  registry.templates.push_back(std::make_unique<Convolution>(false));
  registry.templates.push_back(std::make_unique<Convolution>(true));
}

} // namespace convoy::schedules::gpu
