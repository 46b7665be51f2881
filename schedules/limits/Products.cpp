#include "schedules/block/Model.h"
#include "schedules/conv/ConvShape.h"
#include "schedules/conv/Tiling.h"
#include "schedules/conv/dot/Convolution.h"
#include "schedules/core/Template.h"
#include "schedules/core/Tensors.h"
#include "schedules/limits/Reasons.h"
#include "schedules/matmul/Dot.h"
#include "schedules/matmul/ProductShape.h"

#include <algorithm>
#include <set>

namespace convoy::schedules {

namespace {

/// What is summed, whether convolution or matrix product.
struct Sums {
  int64_t channels = 0, width = 1, height = 1;
  int64_t steps = 1; ///< Of one sum, as instructions take them.
  int64_t depth = 1; ///< Products of a lane that one instruction sums.
  int64_t groupChannels = 0;
  proto::DataType type = proto::F32;
};

Sums sumsOf(const proto::Kernel &kernel) {
  const proto::Op &anchor = kernel.ops(kernel.anchor());
  Sums sums;
  sums.type = kernel.tensors(anchor.inputs(0)).type();
  if (anchor.kind() == "matmul") {
    const ProductShape shape = productShape(kernel);
    sums.depth = matmulDotDepth(kernel);
    sums.channels = sums.groupChannels = shape.columns;
    sums.width = shape.rows, sums.height = shape.images;
    sums.steps = ceilDiv(shape.depth, sums.depth);
    return sums;
  }
  const ConvShape shape = convShape(kernel, kernel.anchor());
  sums.depth = convDotDepth(kernel, shape);
  sums.channels = shape.outChannels, sums.groupChannels = shape.groupOutputs();
  sums.width = shape.width(), sums.height = shape.height();
  sums.steps = ceilDiv(shape.groupInputs(), sums.depth) * shape.taps();
  if (shape.transposed)
    for (int64_t stride : shape.strides) // The taps that meet a pixel.
      sums.steps = ceilDiv(sums.steps, stride);
  return sums;
}

/// Operands of the shape of the result that the epilogue reads.
int64_t residuals(const proto::Kernel &kernel) {
  const proto::Op &anchor = kernel.ops(kernel.anchor());
  const std::set<int> own(anchor.inputs().begin(), anchor.inputs().end());
  int64_t count = 0;
  for (int input : kernel.inputs())
    count += !own.count(input) && elements(kernel.tensors(input)) == elements(kernel.tensors(kernel.outputs(0)));
  return count;
}

void explainWaste(int64_t extent, int64_t part, const std::string &what, Reasons &reasons) {
  const int64_t covered = ceilDiv(extent, part) * part;
  if (part > 1 && 20 * extent < 19 * covered)
    reasons.push_back("tiles of " + std::to_string(part) + " " + what + " compute " + std::to_string(covered) +
                      " for " + std::to_string(extent));
}

/// Instructions that `op`, behind the sum, takes per vector: see "Bytes and halves" in schedules/README.md. Quotients
/// by a scale are products with its reciprocal, and two corrections.
int64_t instructionsOf(const proto::Kernel &kernel, const proto::Op &op) {
  const auto found = op.attributes().find("function");
  const std::string function = found == op.attributes().end() ? std::string() : found->second.text();
  if (function == "requantize")
    return 7;
  if (function == "quantize")
    return 10;
  if (function != "dequantize")
    return 1;
  if (kernel.tensors(op.inputs(0)).type() == proto::I32)
    return 2;
  // What is rounded in the same kernel stays a float, and is counted where it is rounded.
  const auto &inputs = kernel.inputs();
  return std::find(inputs.begin(), inputs.end(), op.inputs(0)) == inputs.end() ? 0 : 4;
}

/// A store and the arithmetic behind the sum, operands in memory included, against the sum.
void explainStore(const proto::Kernel &kernel, const Sums &sums, Reasons &reasons) {
  int64_t operations = residuals(kernel);
  for (int i = 0; i < kernel.ops_size(); ++i)
    operations += i == kernel.anchor() ? 0 : instructionsOf(kernel, kernel.ops(i));
  if (sums.steps < 8 * (operations + 1))
    reasons.push_back("sums of " + std::to_string(sums.steps) + " steps, then " + std::to_string(operations) +
                      (operations == 1 ? " operation" : " operations") + " and a store a vector");
}

} // namespace

void explainTiles(const proto::Kernel &kernel, Reasons &reasons) {
  const Sums sums = sumsOf(kernel);
  const proto::Schedule &schedule = kernel.schedule();
  const Tile tile{knob(schedule, "vectors", 1), knob(schedule, "pixels", 1), knob(schedule, "rows", 1)};
  const int64_t lanes = vectorLanes(kernel.target(), proto::F32), needed = sums.type == proto::BF16 ? 12 : 8;
  if (sums.groupChannels < sums.channels && sums.groupChannels < lanes)
    reasons.push_back("groups of " + std::to_string(sums.groupChannels) + " channels: an input is spread over " +
                      std::to_string(sums.groupChannels) + " of " + std::to_string(lanes) + " lanes by a shuffle");
  else
    explainLanes(sums.groupChannels, lanes, "channels", reasons);
  explainWaste(sums.width, tile.pixels, "pixels", reasons);
  explainWaste(sums.height, tile.rows, "rows", reasons);
  if (tile.accumulators() < needed)
    reasons.push_back(std::to_string(tile.accumulators()) + " sums at once where the latency asks for " +
                      std::to_string(needed));
  else if (tile.accumulators() < tile.vectors + tile.pixels * tile.rows)
    reasons.push_back("a tile loads " + std::to_string(tile.vectors + tile.pixels * tile.rows) + " operands for " +
                      std::to_string(tile.accumulators()) + " products");
  if (sums.width * sums.height <= tile.pixels * tile.rows && sums.width * sums.height < 4)
    reasons.push_back("each weight is read for " + std::to_string(sums.width * sums.height) +
                      (sums.width * sums.height == 1 ? " pixel" : " pixels"));
  if (sums.depth == 1 && sums.type != proto::F32)
    reasons.push_back("operands are widened and multiplied one by one");
  explainStore(kernel, sums, reasons);
  explainChain(kernel, reasons);
}

void explainDepthwise(const proto::Kernel &kernel, Reasons &reasons) {
  const ConvShape shape = convShape(kernel, kernel.anchor());
  const int64_t lanes = vectorLanes(kernel.target(), proto::F32);
  const int64_t pixels = knob(kernel.schedule(), "pixels", 1), rows = knob(kernel.schedule(), "rows", 1);
  explainLanes(shape.outChannels, lanes, "channels", reasons);
  explainWaste(shape.width(), pixels, "pixels", reasons);
  explainWaste(shape.height(), rows, "rows", reasons);
  const proto::DataType type = kernel.tensors(shape.input).type();
  if (type == proto::U8 || type == proto::I8)
    reasons.push_back("four neighbours are interleaved by three permutations and two loads, then requantised by seven "
                      "operations, for " +
                      std::to_string(shape.taps()) + " products a result");
  else if (type == proto::BF16)
    reasons.push_back("halves are widened one by one");
  const auto reach = [&](size_t fromEnd, int64_t outputs) {
    if (shape.kernel.size() < fromEnd)
      return int64_t(1);
    const size_t dim = shape.kernel.size() - fromEnd;
    return std::min(outputs * shape.kernel[dim],
                    (outputs - 1) * shape.strides[dim] + (shape.kernel[dim] - 1) * shape.dilations[dim] + 1);
  };
  const int64_t products = pixels * rows * shape.taps(), loads = reach(1, pixels) * reach(2, rows) + shape.taps();
  if (2 * (loads + 2 * pixels * rows) > products)
    reasons.push_back("a patch loads " + std::to_string(loads) + " vectors and stores " +
                      std::to_string(pixels * rows) + " for " + std::to_string(products) + " products");
  explainChain(kernel, reasons);
}

void explainBlock(const proto::Kernel &kernel, Reasons &reasons) {
  const Chain chain = chainOf(kernel);
  for (size_t position = 0; position < chain.parts.size(); ++position) {
    const bool isDepthwise = int(position) == chain.depthwise;
    proto::Kernel part = chain.parts[position];
    *part.mutable_schedule() = scheduleOfPart(chain, position, cutOf(kernel.schedule()));
    Reasons own;
    (isDepthwise ? explainDepthwise : explainTiles)(part, own);
    const std::string name = isDepthwise ? "depthwise" : position == 0 ? "before it" : "behind it";
    for (const std::string &reason : own)
      reasons.push_back(name + ": " + reason);
  }
}

void explainWinograd(const proto::Kernel &kernel, Reasons &reasons) {
  const ConvShape shape = convShape(kernel, kernel.anchor());
  const int64_t outputs = knob(kernel.schedule(), "outputs", 4);
  explainWaste(shape.width(), outputs, "pixels", reasons);
  explainWaste(shape.height(), outputs, "rows", reasons);
  explainLanes(shape.outChannels, vectorLanes(kernel.target(), proto::F32), "channels", reasons);
  const int64_t pixels = shape.width() * shape.height() * std::max<int64_t>(1, shape.batch);
  if (pixels < 16 * outputs * outputs)
    reasons.push_back("weights are transformed in each run for " + std::to_string(pixels) + " pixels");
  explainChain(kernel, reasons);
}

} // namespace convoy::schedules
