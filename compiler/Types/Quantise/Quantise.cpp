#include "compiler/Network/Matching.h"
#include "compiler/Types/Quantise/Build.h"
#include "compiler/Types/Quantise/Calibration.h"
#include "compiler/Types/Quantise/Placement.h"

using namespace mlir;

namespace convoy::compiler {

namespace {

/// Rewrites one network.
class Quantiser {
public:
  Quantiser(func::FuncOp network, const LayerTypes &types, const Calibration &calibration)
      : network(network), numbers(network), types(types), calibration(calibration) {}

  void run() {
    auto isQuantised = [&](Operation *layer) {
      return types.of(layer) == ComputeType::I8 && calibration.layers.contains(numbers.of(layer->getResult(0)));
    };
    unfoldGates(network, numbers, isQuantised);
    for (Operation &op : network.getBody().front())
      if (canQuantise(&op) && isQuantised(&op))
        layers.push_back(&op);
    std::vector<SharedScale> scales = placeScales(network, isQuantised);
    for (Operation *layer : layers)
      convert(layer);
    for (const SharedScale &scale : scales)
      for (Value member : scale.members)
        quantiseValue(member);
    eraseUnused(network);
  }

private:
  /// Everybody but the network's caller reads the quantised value.
  void quantiseValue(Value value) {
    auto known = calibration.scales.find(numbers.of(value));
    if (known == calibration.scales.end())
      return; // Other layers in f32 than when it was calibrated can lead values elsewhere.
    if (auto found = corrected.find(value); found != corrected.end())
      value = found->second;
    SmallVector<OpOperand *> uses;
    for (OpOperand &use : value.getUses())
      if (!isa<func::ReturnOp>(use.getOwner()))
        uses.push_back(&use);
    if (uses.empty())
      return;
    OpBuilder builder(network.getContext());
    builder.setInsertionPointAfterValue(value);
    Location loc = isa<BlockArgument>(value) ? uses.back()->getOwner()->getLoc() : value.getLoc();
    Value pair = quantisePair(builder, loc, value, known->second);
    for (OpOperand *use : uses)
      use->set(pair);
  }

  /// Weights of i8, and a bias that makes up for what they change on average.
  void convert(Operation *layer) {
    const LayerCalibration &entry = calibration.layers.find(numbers.of(layer->getResult(0)))->second;
    OpBuilder builder(layer);
    layer->setOperand(1, quantiseWeight(builder, layer, entry.weightScale));
    if (llvm::all_of(entry.correction, [](float number) { return number == 0; }))
      return;
    Value correction = channelConstant(builder, layer, entry.correction);
    if (auto convolution = dyn_cast<cnn::ConvolutionOp>(layer))
      return correctConvolution(builder, convolution, correction);
    correctMatmul(layer, correction);
  }

  static void correctConvolution(OpBuilder &builder, cnn::ConvolutionOp op, Value correction) {
    correction = buildReshape(builder, op.getLoc(), correction, typeOf(correction).getDimSize(0));
    if (op.getBias())
      correction = buildElementwise(builder, op.getLoc(), "add", {op.getBias(), correction});
    op.getBiasMutable().assign(correction);
  }

  /// The vector that is added to a product takes the correction in; else there is one from now on.
  void correctMatmul(Operation *op, Value correction) {
    Value product = op->getResult(0);
    OpBuilder builder(op->getContext());
    auto sum = product.hasOneUse() ? dyn_cast<cnn::ElementwiseOp>(*product.user_begin()) : cnn::ElementwiseOp();
    if (sum && sum.getFunction() == "add" && sum.getType() == product.getType()) {
      unsigned other = sum.getOperands()[0] == product ? 1 : 0;
      Value bias = sum.getOperands()[other];
      if (isFromWeights(bias) && typeOf(bias).getRank() <= 1) {
        builder.setInsertionPoint(sum);
        sum->setOperand(other, buildElementwise(builder, op->getLoc(), "add", {bias, correction}));
        return;
      }
    }
    builder.setInsertionPointAfter(op);
    auto sumOfBoth =
        cnn::ElementwiseOp::create(builder, op->getLoc(), product.getType(), "add", ValueRange{product, correction});
    product.replaceAllUsesExcept(sumOfBoth, sumOfBoth);
    corrected[product] = sumOfBoth;
  }

  func::FuncOp network;
  ValueNumbers numbers;
  const LayerTypes &types;
  const Calibration &calibration;
  SmallVector<Operation *> layers;
  DenseMap<Value, Value> corrected; ///< Of products, what stands for them.
};

} // namespace

LogicalResult quantise(ModuleOp module, const LayerTypes &types, const Calibration &calibration) {
  Quantiser(mainFunction(module), types, calibration).run();
  return success();
}

} // namespace convoy::compiler
