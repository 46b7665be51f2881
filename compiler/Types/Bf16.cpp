#include "compiler/Kernels/Grouping.h"
#include "compiler/Network/Matching.h"
#include "compiler/Types/Types.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace convoy::compiler {

namespace {

/// Smaller tensors take no time to move.
constexpr int64_t leastElements = 1024;
/// Of an image that depthwise layers alone read: where the second caches hold it in f32, rounding it and widening each
/// element for several windows takes longer than moving twice the bytes.
constexpr int64_t leastDepthwiseElements = 512 << 10;

/// Rounds what layers of bf16 read, and what is stored between them. Values that stay in registers inside of a kernel
/// are not rounded: the groups that kernels will be formed of say which are stored.
class Bf16Converter {
public:
  Bf16Converter(func::FuncOp network, const LayerTypes &types) : network(network), types(types) {}

  LogicalResult run() {
    cnn::ShapeAnalysis facts(network.getContext());
    if (failed(cnn::analyzeFunction(network, facts)))
      return failure();
    Block &body = network.getBody().front();
    for (const Group &group : groupOps(body, rolesOf(body, facts), facts))
      if (isStoredNarrow(group))
        stored.insert(group.last()->getResult(0));
    for (Value value : stored)
      round(value);
    for (Operation &op : llvm::make_early_inc_range(body))
      if (isConverted(&op))
        roundOperands(&op);
    return success();
  }

private:
  bool isConverted(Operation *op) const { return isLayer(op) && types.of(op) == ComputeType::BF16 && gains(op); }

  /// Transposed convolutions and products of two activations have no instruction that sums two halves at once, nor have
  /// layers with an odd number of inputs per group.
  static bool gains(Operation *op) {
    if (auto product = dyn_cast<cnn::MatmulOp>(op))
      return isFromWeights(product.getRhs()) && !isFromWeights(product.getLhs());
    auto convolution = cast<cnn::ConvolutionOp>(op);
    return !convolution.getTransposed() && isWeight(convolution.getWeight()) && !isDepthwise(op) &&
           convolution.getWeight().getType().getDimSize(1) % 2 == 0;
  }

  /// A weight, or one that the network multiplies with a gate in each run.
  static bool isWeight(Value value) {
    auto product = value.getDefiningOp<cnn::ElementwiseOp>();
    return isFromWeights(value) || (product && value.hasOneUse() && llvm::any_of(product.getOperands(), isFromWeights));
  }

  static bool isDepthwise(Operation *op) {
    auto convolution = dyn_cast<cnn::ConvolutionOp>(op);
    return convolution && !convolution.getTransposed() && convolution.getWeight().getType().getDimSize(1) == 1;
  }

  /// Whether the op reads the value as halves without loss of time.
  bool readsHalves(Operation *op) const { return isLayer(op) ? isConverted(op) || isDepthwise(op) : !blends(op); }

  /// Templates of resizes that blend read and write f32.
  static bool blends(Operation *op) {
    auto resize = dyn_cast_or_null<cnn::ResizeOp>(op);
    return resize && resize.getMode() != cnn::ResizeMode::Nearest;
  }

  /// The ops that read a value, seen through views of it.
  static void collectReaders(Value value, llvm::SetVector<Operation *> &readers) {
    for (Operation *user : value.getUsers())
      if (isa<cnn::ConcatOp>(user) ||
          (isa<cnn::ReshapeOp, cnn::TransposeOp, cnn::SliceOp>(user) && user->getOperand(0) == value))
        collectReaders(user->getResult(0), readers);
      else
        readers.insert(user);
  }

  bool isStoredNarrow(const Group &group) {
    Value value = group.last()->getResult(0);
    auto type = cast<RankedTensorType>(value.getType());
    bool takesCast = !group.anchor ||
                     isa<cnn::ConvolutionOp, cnn::MatmulOp, cnn::PoolOp, cnn::ReduceOp, cnn::ResizeOp>(group.anchor);
    takesCast &= !blends(group.anchor);
    bool isSmall = type.hasStaticShape() && type.getNumElements() < leastElements;
    if (!type.getElementType().isF32() || !takesCast || isSmall || isFromWeights(value))
      return false;
    llvm::SetVector<Operation *> readers;
    collectReaders(value, readers);
    auto reads = [&](Operation *reader) { return !isa<func::ReturnOp>(reader) && readsHalves(reader); };
    if (!llvm::any_of(readers, reads))
      return false;
    if (llvm::all_of(readers, isDepthwise) && type.hasStaticShape() && type.getNumElements() < leastDepthwiseElements)
      return false;
    if (llvm::any_of(readers,
                     [&](Operation *reader) { return isLayer(reader) && types.of(reader) == ComputeType::BF16; }))
      return true;
    if (group.anchor && isLayer(group.anchor))
      return types.of(group.anchor) == ComputeType::BF16;
    return llvm::any_of(group.ops, [&](Operation *op) {
      return llvm::any_of(op->getOperands(), [&](Value operand) { return stored.contains(sourceOf(operand)); });
    });
  }

  static Value sourceOf(Value value) {
    while (Operation *definer = value.getDefiningOp()) {
      if (!isa<cnn::ReshapeOp, cnn::TransposeOp, cnn::SliceOp, cnn::ConcatOp>(definer))
        break;
      value = definer->getOperand(0);
    }
    return value;
  }

  /// The value as bf16 and back.
  static Value rounded(OpBuilder &builder, Value value) {
    Location location = value.getLoc();
    auto type = cast<RankedTensorType>(value.getType());
    auto narrow = RankedTensorType::get(type.getShape(), builder.getBF16Type(), type.getEncoding());
    Value halves = cnn::CastOp::create(builder, location, narrow, value);
    return cnn::CastOp::create(builder, location, type, halves);
  }

  /// All readers but the caller read the rounded value.
  static void round(Value value) {
    OpBuilder builder(value.getContext());
    builder.setInsertionPointAfter(value.getDefiningOp());
    Value replacement = rounded(builder, value);
    value.replaceUsesWithIf(replacement, [&](OpOperand &use) {
      return use.getOwner() != replacement.getDefiningOp<cnn::CastOp>().getInput().getDefiningOp() &&
             !isa<func::ReturnOp>(use.getOwner());
    });
  }

  static bool isRounded(Value value) {
    auto widening = sourceOf(value).getDefiningOp<cnn::CastOp>();
    return widening && widening.getInput().getType().getElementType().isBF16();
  }

  static void roundOperands(Operation *op) {
    OpBuilder builder(op);
    for (unsigned position : {0u, 1u})
      if (Value operand = op->getOperand(position); !isRounded(operand))
        op->setOperand(position, rounded(builder, operand));
  }

  func::FuncOp network;
  const LayerTypes &types;
  llvm::SetVector<Value> stored;
};

} // namespace

LogicalResult convertToBf16(ModuleOp module, const LayerTypes &types) {
  for (func::FuncOp network : module.getOps<func::FuncOp>())
    if (failed(Bf16Converter(network, types).run()))
      return failure();
  return success();
}

} // namespace convoy::compiler
