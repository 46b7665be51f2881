#include "schedules/gpu/conv/Images.h"
#include "schedules/conv/Epilogue.h"
#include "schedules/conv/Operands.h"
#include "schedules/core/Algorithm.h"
#include "schedules/core/Tensors.h"
#include "schedules/gpu/product/Memory.h"

#include <algorithm>

using namespace Halide;

namespace convoy::schedules::gpu {

namespace {

constexpr int64_t symbolicExtent = 64;

int64_t assumed(int64_t extent) { return extent < 0 ? symbolicExtent : extent; }

ProductAxis axisOf(const ImageProduct &image, int axis) {
  if (axis >= image.shape.spatial)
    return {};
  const int64_t extent = assumed(image.shape.outExtents[size_t(image.shape.spatial - 1 - axis)]);
  return {image.shape.transposed ? ceilDiv(extent, image.stride(axis)) : extent, image.taps(axis), image.step(axis),
          image.tapStep(axis), image.shape.transposed && image.pad(axis) % image.stride(axis) != 0 ? 1 : 0};
}

} // namespace

int64_t ImageProduct::taps(int axis) const {
  return shape.transposed ? ceilDiv(kernel(axis), stride(axis)) : kernel(axis);
}
int64_t ImageProduct::step(int axis) const { return shape.transposed ? 1 : stride(axis); }
int64_t ImageProduct::tapStep(int axis) const {
  const int64_t dilation = shape.dilations[size_t(shape.spatial - 1 - axis)];
  return shape.transposed ? -dilation : dilation;
}

bool ImageProduct::overhangs(int axis) const {
  const size_t i = size_t(shape.spatial - 1 - axis);
  const int64_t reach = (shape.kernel[i] - 1) * shape.dilations[i];
  return reach > shape.pads[i] ||
         reach + shape.outputPadding[i] - shape.pads[size_t(shape.spatial) + i] >= stride(axis);
}

int64_t imageLanes(const ConvShape &shape) {
  return shape.groups == 1 || shape.groupOutputs() % vector == 0 ? vector : 1;
}

int64_t imagePhases(const ConvShape &shape) {
  int64_t phases = 1;
  for (int64_t stride : shape.strides)
    phases *= shape.transposed ? stride : 1;
  return phases;
}

ProductProblem imageProblem(const proto::Kernel &kernel) {
  const ImageProduct image{convShape(kernel, kernel.anchor()), Terms(kernel), {}};
  const ConvShape &shape = image.shape;
  ProductProblem problem;
  problem.device = deviceOf(kernel.target());
  problem.lanes = imageLanes(shape);
  problem.phases = imagePhases(shape);
  problem.transposed = shape.transposed;
  problem.channels = shape.groupOutputs();
  problem.groups = shape.groups;
  problem.depth = image.terms.steps(shape.groupInputs());
  problem.x = axisOf(image, 0);
  problem.y = axisOf(image, 1);
  problem.outer = double(std::max<int64_t>(1, shape.batch));
  for (int axis = 2; axis < shape.spatial; ++axis) {
    const ProductAxis other = axisOf(image, axis);
    problem.outer *= double(other.extent);
    problem.outerTaps *= other.taps;
  }
  problem.memoryBytes = parameterBytes(kernel);
  problem.splits = isStatic(kernel);
  problem.functions = double(functionsOf(kernel));
  return problem;
}

ImageProduct imageProduct(const proto::Kernel &kernel, const ProductTile &tile) {
  ImageProduct image{convShape(kernel, kernel.anchor()), Terms(kernel), tile};
  image.patch = stagesPatch(imageProblem(kernel), tile);
  const int64_t inputs = image.shape.groupInputs();
  image.chunks = ceilDiv(ceilDiv(image.terms.steps(inputs), tile.chunk), tile.split);
  image.input = stepsInMemory(kernel, image.shape.input, 1, inputs);
  return image;
}

namespace {

/// Builds the Funcs of one convolution.
class Builder {
public:
  Builder(Graph &graph, const ImageProduct &image)
      : graph(graph), image(image), shape(image.shape), terms(image.terms), spatial(image.shape.spatial),
        steps(image.terms.steps(image.shape.groupInputs())),
        around(OpContext(graph, graph.kernel->anchor()).integer("pad_value")) {
    for (int axis = 0; axis < spatial; ++axis) {
      const std::string name(1, "xyz"[std::min(axis, 2)]);
      position.emplace_back("q" + name);
      phase.emplace_back("phase_" + name);
      tap.emplace_back("tap_" + name);
    }
  }

  ImageStages build() {
    ImageStages stages;
    makeDomain(stages.product);
    stages.product.left = left();
    stages.product.right = right();
    stages.product.sum = sum(stages.product);
    stages.product.channel = c;
    stages.product.pixel = position[0];
    if (spatial > 1)
      stages.product.row = position[1];
    for (int axis = 0; axis < spatial; ++axis)
      if (hasPhase(axis))
        stages.product.phases.push_back(phase[size_t(axis)]);
    stages.product.leftNeighbours = image.input.vectors ? Neighbours::FirstVectors : Neighbours::First;
    if (innermost(graph.tensorOf(shape.input)) != 1)
      stages.product.leftNeighbours = Neighbours::Second;
    const proto::Tensor &weight = graph.tensorOf(shape.weight);
    const int weightChannel = shape.transposed ? 1 : 0;
    const bool neighbours = orderOf(weight).back() == weightChannel;
    stages.product.rightNeighbours = !neighbours ? Neighbours::Second
                                     : image.tile.lanes == vector && beginsAligned(weight, weightChannel)
                                         ? Neighbours::FirstVectors
                                         : Neighbours::First;
    stages.position = position;
    stages.parts = parts(stages.product);
    stages.result = result(stages);
    replaceValue(graph, shape.output, stages.result);
    return stages;
  }

private:
  Graph &graph;
  const ImageProduct &image;
  const ConvShape &shape;
  const Terms &terms;
  const int spatial;
  const int64_t steps;  ///< Of the sum, taps not counted.
  const int64_t around; ///< What the input is taken for around it.
  Var c{"c"}, k{"k"}, n{"n"}, g{"g"}, part{"part"};
  std::vector<Var> position, phase, tap;
  RDom domain;
  std::vector<int> loopOf; ///< Per axis: which variable of the domain counts its taps; -1: there is one.

  /// A staged operand; elsewhere `otherwise` takes its place.
  Expr where(const Expr &inside, const Expr &value, int64_t otherwise) const {
    return Internal::is_const_one(inside) ? value : select(inside, value, terms.filled(otherwise));
  }

  void makeDomain(StagedProduct &product) {
    Region region{{0, int32_t(vector)}, {0, int32_t(image.tile.chunk / vector)}};
    for (int axis = 0; axis < spatial; ++axis) {
      loopOf.push_back(image.taps(axis) > 1 ? int(region.size()) : -1);
      if (image.taps(axis) > 1)
        region.push_back({0, int32_t(image.taps(axis))});
    }
    region.push_back({0, int32_t(image.chunks)});
    domain = RDom(region, "r");
    product.inThread = {RVar(domain[0]), RVar(domain[1])};
    for (int axis = 0; axis < spatial; ++axis) {
      if (loopOf[size_t(axis)] < 0)
        continue;
      const bool inside = image.patch && axis == 0;
      (inside ? product.inThread : product.inBlock).push_back(RVar(domain[loopOf[size_t(axis)]]));
    }
    product.inBlock.push_back(RVar(domain[int(region.size()) - 1]));
    product.leftAt = image.patch && spatial > 1 && loopOf[1] >= 0 ? 1 : 0;
  }

  Expr tapAt(int axis) const { return loopOf[size_t(axis)] < 0 ? Expr(0) : Expr(domain[loopOf[size_t(axis)]]); }
  bool covered() const { return image.chunks * image.tile.split * image.tile.chunk == steps; }

  /// Argument `k` of the input, for a step: at most the last one of a group, `inside` false beyond it.
  Expr stepOf(Expr &inside) const {
    const int32_t lanes = int32_t(vector), inputs = int32_t(steps);
    if (covered())
      return k;
    if (!image.input.vectors) {
      inside = inside && k < inputs;
      return min(k, inputs - 1);
    }
    inside = inside && (inputs % lanes == 0 ? k / lanes < inputs / lanes : k < inputs);
    return min(k / lanes, int32_t(ceilDiv(inputs, vector)) - 1) * lanes + k % lanes;
  }

  /// The input by step, pixel (or pixel of the output and tap), image and group; zero (or what a quantised image has
  /// for it) around it.
  Func left() {
    Expr inside = Internal::const_true();
    std::vector<Expr> read;
    for (int axis = 0; axis < spatial; ++axis) {
      Expr at = position[size_t(axis)];
      if (!image.patch)
        at = at * int32_t(image.step(axis)) +
             (loopOf[size_t(axis)] < 0 ? Expr(0) : Expr(tap[size_t(axis)])) * int32_t(image.tapStep(axis));
      if (!shape.transposed)
        at -= int32_t(image.pad(axis));
      Expr extent = graph.extent(graph.tensorOf(shape.input), shape.rank - 1 - axis);
      inside = inside && at >= 0 && at < extent;
      read.push_back(clamp(at, 0, extent - 1));
    }
    const Expr step = stepOf(inside);
    const int32_t inputs = int32_t(shape.groupInputs());
    auto at = [&](const Expr &element) {
      Expr channel = image.input.together ? element : min(element, inputs - 1);
      std::vector<Expr> arguments = read;
      arguments.push_back(shape.groups > 1 ? g * inputs + channel : channel);
      arguments.emplace_back(n);
      return graph.values[shape.input](arguments);
    };
    Func staged("left");
    staged(leftArguments(k, position, tap)) =
        where(inside, terms.staged(step * int32_t(terms.each()), at, image.input.together), around);
    return staged;
  }

  template <typename Position, typename Tap>
  std::vector<Expr> leftCall(const Expr &term, const Position &at, const Tap &taps, const Expr &group) const {
    std::vector<Expr> arguments{term};
    for (int axis = 0; axis < spatial; ++axis)
      arguments.push_back(at[size_t(axis)]);
    for (int axis = 0; axis < spatial; ++axis)
      if (!image.patch && loopOf[size_t(axis)] >= 0)
        arguments.push_back(taps[size_t(axis)]);
    arguments.emplace_back(n);
    if (shape.groups > 1)
      arguments.push_back(group);
    return arguments;
  }

  std::vector<Var> leftArguments(const Var &term, const std::vector<Var> &at, const std::vector<Var> &taps) const {
    std::vector<Var> arguments{term};
    arguments.insert(arguments.end(), at.begin(), at.end());
    for (int axis = 0; axis < spatial; ++axis)
      if (!image.patch && loopOf[size_t(axis)] >= 0)
        arguments.push_back(taps[size_t(axis)]);
    arguments.push_back(n);
    if (shape.groups > 1)
      arguments.push_back(g);
    return arguments;
  }

  /// The weights by channel of the output, step, tap and phase; zero beyond the last element: no infinity may meet the
  /// zeros of the input there, and no byte the bytes that fill the last word.
  Func right() {
    const int32_t inputs = int32_t(shape.groupInputs()), outputs = int32_t(shape.groupOutputs());
    Expr inside = covered() ? Internal::const_true() : k < int32_t(steps);
    const Expr step = covered() ? Expr(k) : min(k, int32_t(steps) - 1);
    std::vector<Expr> read;
    std::vector<Var> arguments{c, k};
    for (int axis = 0; axis < spatial; ++axis) {
      const bool loop = loopOf[size_t(axis)] >= 0;
      Expr at = loop ? Expr(tap[size_t(axis)]) : Expr(0);
      if (loop)
        arguments.push_back(tap[size_t(axis)]);
      if (hasPhase(axis)) {
        at = tapOf(axis, at);
        arguments.push_back(phase[size_t(axis)]);
        if (!image.isWhole(axis)) {
          inside = inside && at < int32_t(image.kernel(axis));
          at = min(at, int32_t(image.kernel(axis)) - 1);
        }
      }
      read.push_back(at);
    }
    const StepsInMemory lie = stepsInMemory(*graph.kernel, shape.weight, shape.transposed ? 0 : 1, inputs);
    const bool together = lie.together && lie.zeros;
    const bool fills = !together && inputs % terms.each() != 0;
    auto at = [&](const Expr &element) {
      Expr input = fills ? min(element, inputs - 1) : element;
      std::vector<Expr> arguments = read;
      if (shape.transposed) {
        arguments.push_back(shape.groups > 1 ? c % outputs : Expr(c));
        arguments.push_back(shape.groups > 1 ? c / outputs * inputs + input : input);
      } else {
        arguments.push_back(input);
        arguments.emplace_back(c);
      }
      Expr value = graph.values[shape.weight](arguments);
      return fills ? select(element < inputs, value, cast(value.type(), 0)) : value;
    };
    Func staged("right");
    staged(arguments) = where(inside, terms.staged(step * int32_t(terms.each()), at, together), 0);
    return staged;
  }

  /// Tap `step` of a phase, among all of the kernel.
  Expr tapOf(int axis, const Expr &step) const {
    const int32_t stride = int32_t(image.stride(axis));
    return (phase[size_t(axis)] + int32_t(image.pad(axis))) % stride + step * stride;
  }

  bool hasPhase(int axis) const { return shape.transposed && image.stride(axis) > 1; }

  std::vector<Var> sumArguments() const {
    std::vector<Var> arguments{c};
    arguments.insert(arguments.end(), position.begin(), position.end());
    arguments.push_back(n);
    for (int axis = 0; axis < spatial; ++axis)
      if (hasPhase(axis))
        arguments.push_back(phase[size_t(axis)]);
    if (image.tile.split > 1)
      arguments.push_back(part);
    return arguments;
  }

  Func sum(const StagedProduct &product) {
    Func total("sum");
    const std::vector<Var> arguments = sumArguments();
    Expr chunk = domain[domain.dimensions() - 1];
    if (image.tile.split > 1)
      chunk += part * int32_t(image.chunks);
    Expr term = chunk * int32_t(image.tile.chunk) + domain[1] * int32_t(vector) + domain[0];
    std::vector<Expr> at, taps, weight{c, term};
    for (int axis = 0; axis < spatial; ++axis) {
      Expr loop = tapAt(axis);
      at.push_back(image.patch ? positionOf(axis) + loop * int32_t(image.tapStep(axis)) : Expr(position[size_t(axis)]));
      taps.push_back(loop);
      if (loopOf[size_t(axis)] >= 0)
        weight.push_back(loop);
      if (hasPhase(axis))
        weight.emplace_back(phase[size_t(axis)]);
    }
    Expr group = shape.groups > 1 ? Expr(c) / int32_t(shape.groupOutputs()) : Expr(0);
    total(arguments) = cast(terms.sumType(), 0);
    const Expr before = total(callOf(arguments));
    const Expr more = terms.plus(before, product.left(leftCall(term, at, taps, group)), product.right(weight));
    const Expr both = shape.transposed && !terms.areWords() ? multiplies(at, taps) : Internal::const_true();
    total(arguments) = Internal::is_const_one(both) ? more : select(both, more, before);
    for (int axis = 0; axis < spatial; ++axis)
      if (hasPhase(axis))
        total.bound(phase[size_t(axis)], 0, int32_t(image.stride(axis)));
    return total;
  }

  /// Whether a step of a transposed convolution multiplies a tap and an element of the input. Where one of them is not
  /// there, the zero that is staged for it must not meet an infinity.
  Expr multiplies(const std::vector<Expr> &at, const std::vector<Expr> &taps) const {
    Expr both = Internal::const_true();
    for (int axis = 0; axis < spatial; ++axis) {
      const Expr &place = at[size_t(axis)];
      if (image.overhangs(axis))
        both = both && place >= 0 && place < graph.extent(graph.tensorOf(shape.input), shape.rank - 1 - axis);
      if (hasPhase(axis) && !image.isWhole(axis))
        both = both && tapOf(axis, taps[size_t(axis)]) < int32_t(image.kernel(axis));
    }
    return both;
  }

  /// Where the first tap of a position reads.
  Expr positionOf(int axis) const {
    Expr at = position[size_t(axis)] * int32_t(image.step(axis));
    if (!shape.transposed)
      return at;
    if (!hasPhase(axis))
      return at + int32_t(image.pad(axis));
    return at + (phase[size_t(axis)] + int32_t(image.pad(axis))) / int32_t(image.stride(axis));
  }

  Func parts(const StagedProduct &product) {
    if (image.tile.split == 1)
      return {};
    Func stored("parts");
    stored(sumArguments()) = product.sum(callOf(sumArguments()));
    return stored;
  }

  static std::vector<Expr> callOf(const std::vector<Var> &arguments) { return {arguments.begin(), arguments.end()}; }

  Func result(const ImageStages &stages) {
    const std::vector<Var> arguments(graph.vars.begin(), graph.vars.begin() + shape.rank);
    std::vector<Expr> at{arguments[size_t(spatial)]}, phases;
    for (int axis = 0; axis < spatial; ++axis) {
      const int32_t stride = int32_t(image.stride(axis));
      Expr place = arguments[size_t(axis)];
      if (hasPhase(axis))
        phases.push_back(place % stride);
      at.push_back(hasPhase(axis) ? place / stride : place);
    }
    at.emplace_back(arguments[size_t(spatial) + 1]);
    at.insert(at.end(), phases.begin(), phases.end());
    Expr value;
    for (int64_t i = 0; i < image.tile.split; ++i) {
      std::vector<Expr> call = at;
      if (image.tile.split > 1)
        call.emplace_back(int32_t(i));
      Expr term = image.tile.split > 1 ? stages.parts(call) : stages.product.sum(call);
      value = value.defined() ? value + term : term;
    }
    if (shape.bias >= 0)
      value += cast(terms.sumType(), graph.values[shape.bias](arguments[size_t(spatial)]));
    Func made("product");
    made(arguments) = value;
    return made;
  }
};

} // namespace

std::optional<proto::Layout> sideLayout(const proto::Kernel &kernel, const ConvShape &shape, int tensor) {
  if (tensor == shape.weight)
    return std::nullopt;
  if (tensor == shape.input)
    return kernel.tensors(tensor).layout();
  if (tensor == shape.bias)
    return paddedLayout({0}, 0, shape.outChannels, vector);
  return channelVectorLayout(kernel, tensor, 1, vector);
}

ImageStages buildImages(Graph &graph, const ImageProduct &image) { return Builder(graph, image).build(); }

} // namespace convoy::schedules::gpu
