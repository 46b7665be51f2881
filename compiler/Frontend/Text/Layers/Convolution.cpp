#include "compiler/Frontend/Text/Layers/LayerBuilder.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace convoy::frontend {

using Numbers = google::protobuf::RepeatedField<int64_t>;

/// One number per spatial dimension from a list that has one for all, or one for each.
static SmallVector<int64_t> spread(LayerBuilder &b, const Numbers &list, StringRef field, ArrayRef<int64_t> standard) {
  size_t rank = static_cast<size_t>(b.spatialRank());
  SmallVector<int64_t> numbers(list.begin(), list.end());
  if (numbers.empty())
    return SmallVector<int64_t>(standard);
  if (numbers.size() == 1)
    numbers.resize(rank, numbers.front());
  if (numbers.size() != rank)
    b.error(field) << "'" << field << "' has " << list.size() << " numbers for " << rank << " spatial dimensions";
  for (int64_t number : numbers)
    if (!b.hasFailed())
      b.requirePositive(number, field);
  return numbers;
}

static SmallVector<int64_t> explicitPads(LayerBuilder &b, const Numbers &list) {
  size_t rank = static_cast<size_t>(b.spatialRank());
  SmallVector<int64_t> pads(list.begin(), list.end());
  if (pads.empty())
    return SmallVector<int64_t>(2 * rank, 0);
  if (pads.size() == 1)
    pads.resize(rank, pads.front());
  if (pads.size() == rank)
    pads.append(pads.begin(), pads.begin() + rank);
  if (pads.size() != 2 * rank)
    b.error("padding") << "'padding' has " << list.size() << " numbers for " << rank << " spatial dimensions";
  if (llvm::any_of(pads, [](int64_t pad) { return pad < 0 || pad > INT32_MAX; }) && !b.hasFailed())
    b.error("padding") << "'padding' must not be negative";
  return pads;
}

/// Padding with which the result has ceil(input / stride) elements.
static SmallVector<int64_t> samePads(LayerBuilder &b, const Window &window, bool oddInFront) {
  size_t rank = window.kernel.size();
  SmallVector<int64_t> pads(2 * rank, 0);
  for (size_t i = 0; i < rank && !b.hasFailed(); ++i) {
    int64_t reach = (window.kernel[i] - 1) * window.dilations[i] + 1;
    int64_t total = reach - 1;
    if (window.strides[i] != 1) {
      int64_t extent = b.knownExtent(static_cast<int64_t>(i) + 2);
      int64_t result = llvm::divideCeil(extent, window.strides[i]);
      total = std::max<int64_t>((result - 1) * window.strides[i] + reach - extent, 0);
    }
    pads[i] = oddInFront ? total - total / 2 : total / 2;
    pads[rank + i] = total - pads[i];
  }
  return pads;
}

template <typename Settings> static Window windowOf(LayerBuilder &b, const Settings &settings, bool strideIsKernel) {
  Window window;
  if (!b.requireRank(3))
    return window;
  SmallVector<int64_t> ones(static_cast<size_t>(b.spatialRank()), 1);
  if (settings.kernel().empty())
    b.error() << "it needs a kernel: kernel: 3";
  window.kernel = spread(b, settings.kernel(), "kernel", ones);
  window.strides = spread(b, settings.stride(), "stride", strideIsKernel ? window.kernel : ones);
  window.dilations = spread(b, settings.dilation(), "dilation", ones);
  if (b.hasFailed())
    return window;
  if (settings.auto_padding() != text::EXPLICIT && !settings.padding().empty())
    b.error("padding") << "'padding' and 'auto_padding' exclude each other";
  else if (settings.auto_padding() != text::EXPLICIT)
    window.pads = samePads(b, window, settings.auto_padding() == text::SAME_LOWER);
  else
    window.pads = explicitPads(b, settings.padding());
  return window;
}

//===-- Convolutions ----------------------------------------------------------------------------===//

namespace {
struct Channels {
  int64_t in, out, groups;
};
} // namespace

static Channels channelsOf(LayerBuilder &b, const text::Convolution &settings, ConvolutionKind kind) {
  bool isDepthwise = kind == ConvolutionKind::Depthwise;
  int64_t in = b.knownExtent(1);
  Channels channels{in, settings.filters(), isDepthwise ? in : settings.has_groups() ? settings.groups() : 1};
  if (isDepthwise && settings.has_groups() && !b.hasFailed())
    b.error("groups") << "a depthwise convolution has one group per channel; leave 'groups' out";
  if (isDepthwise && channels.out == 0)
    channels.out = in;
  if (b.hasFailed() || !b.requirePositive(channels.out, "filters") || !b.requirePositive(channels.groups, "groups"))
    return channels;
  if (channels.in % channels.groups != 0)
    b.error("groups") << "'groups' is " << channels.groups << ", which doesn't divide the " << in << " input channels";
  else if (channels.out % channels.groups != 0)
    b.error("filters") << "'filters' is " << channels.out << ", which isn't a multiple of the " << channels.groups
                       << " groups";
  return channels;
}

static SmallVector<int64_t> outputPadding(LayerBuilder &b, const text::Convolution &settings, bool isTransposed) {
  SmallVector<int64_t> padding(settings.output_padding().begin(), settings.output_padding().end());
  size_t rank = static_cast<size_t>(b.spatialRank());
  if (!isTransposed) {
    if (!padding.empty())
      b.error("output_padding") << "only transposed convolutions have 'output_padding'";
    return {};
  }
  padding.resize(padding.size() <= 1 ? rank : padding.size(), padding.empty() ? 0 : padding.front());
  if (padding.size() != rank)
    b.error("output_padding") << "'output_padding' has " << padding.size() << " numbers for " << rank
                              << " spatial dimensions";
  return padding;
}

Value buildConvolution(LayerBuilder &b, const text::Convolution &settings, ConvolutionKind kind) {
  bool isTransposed = kind == ConvolutionKind::Transposed;
  Window window = windowOf(b, settings, /*strideIsKernel=*/false);
  if (b.hasFailed())
    return {};
  if (isTransposed && settings.auto_padding() != text::EXPLICIT) {
    b.error("auto_padding") << "a transposed convolution needs its padding said: padding: 1";
    return {};
  }
  Channels channels = channelsOf(b, settings, kind);
  SmallVector<int64_t> extra = b.hasFailed() ? SmallVector<int64_t>() : outputPadding(b, settings, isTransposed);
  if (b.hasFailed())
    return {};
  SmallVector<int64_t> dims{isTransposed ? channels.in : channels.out,
                            (isTransposed ? channels.out : channels.in) / channels.groups};
  dims.append(window.kernel);
  Value weight = b.tensor("weight", dims);
  Value bias = !settings.has_bias() || settings.bias() ? b.tensor("bias", channels.out) : Value();
  return b.create<cnn::ConvolutionOp>(b.elementOf(b.input()), b.input(), weight, bias, window.strides, window.dilations,
                                      window.pads, channels.groups, isTransposed, extra);
}

//===-- Pools -----------------------------------------------------------------------------------===//

static cnn::PoolKind kindOf(text::PoolKind kind) {
  return kind == text::AVERAGE ? cnn::PoolKind::Average : cnn::PoolKind::Max;
}

Value buildPool(LayerBuilder &b, const text::Pool &settings) {
  Window window = windowOf(b, settings, /*strideIsKernel=*/true);
  return b.create<cnn::PoolOp>(b.elementOf(b.input()), b.input(), kindOf(settings.kind()), window.kernel,
                               window.strides, window.dilations, window.pads, settings.ceil_mode(),
                               settings.count_include_pad(), 2);
}

Value buildGlobalPool(LayerBuilder &b, const text::GlobalPool &settings) {
  if (!b.requireRank(3))
    return {};
  auto axes = llvm::to_vector(llvm::seq<int64_t>(2, b.rankOf(b.input())));
  return b.reduce(settings.kind() == text::AVERAGE ? cnn::ReduceKind::Mean : cnn::ReduceKind::Max, b.input(), axes,
                  !settings.has_keep_dims() || settings.keep_dims());
}

} // namespace convoy::frontend
