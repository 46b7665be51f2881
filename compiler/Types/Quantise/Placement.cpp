#include "compiler/Types/Quantise/Placement.h"

#include "compiler/Kernels/Grouping.h"
#include "compiler/Network/Matching.h"

#include "llvm/ADT/IntEqClasses.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;

namespace convoy::compiler {

ValueNumbers::ValueNumbers(func::FuncOp network) {
  for (BlockArgument argument : network.getArguments())
    numbers[argument] = total++;
  for (Operation &op : network.getBody().front())
    for (Value result : op.getResults())
      numbers[result] = total++;
}

static bool isFloat(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && type.getElementType().isF32();
}

Value activationOf(Operation *layer) { return layer->getOperand(0); }

bool canQuantise(Operation *op) {
  if (!isa<cnn::ConvolutionOp, cnn::MatmulOp>(op) || !isFloat(op->getResult(0)) || isFromWeights(op->getOperand(0)) ||
      !isFromWeights(op->getOperand(1)) || !typeOf(op->getOperand(1)).hasStaticShape())
    return false;
  if (auto convolution = dyn_cast<cnn::ConvolutionOp>(op))
    return (!convolution.getTransposed() || convolution.getGroups() == 1) &&
           (!convolution.getBias() || isFromWeights(convolution.getBias()));
  return typeOf(op->getOperand(1)).getRank() == 2;
}

//===-- What shares a scale ---------------------------------------------------------------------===//

/// Whether the op's results are elements of the operand, and so in its range.
static bool movesOperand(OpOperand &operand) {
  Operation *op = operand.getOwner();
  if (op->getNumResults() != 1 || !isFloat(operand.get()) || !isFloat(op->getResult(0)))
    return false;
  if (isa<cnn::ConcatOp>(op))
    return true;
  if (operand.getOperandNumber() != 0)
    return false;
  if (auto pool = dyn_cast<cnn::PoolOp>(op))
    return pool.getKind() == cnn::PoolKind::Max;
  if (auto reduce = dyn_cast<cnn::ReduceOp>(op))
    return reduce.getKind() == cnn::ReduceKind::Max;
  if (auto resize = dyn_cast<cnn::ResizeOp>(op))
    return resize.getMode() == cnn::ResizeMode::Nearest;
  if (auto pad = dyn_cast<cnn::PadOp>(op))
    return pad.getMode() != cnn::PadMode::Constant;
  return isa<cnn::ReshapeOp, cnn::TransposeOp, cnn::SliceOp, cnn::ExpandOp, cnn::GatherOp>(op);
}

/// Whether 8-bit numbers in place of the operand save memory where what the op makes of it is quantised too: it
/// computes one number of a few, and no normalisation.
static bool carriesOperand(OpOperand &operand) {
  static constexpr llvm::StringLiteral functions[] = {
      "identity", "add",       "mul",  "relu",    "leaky_relu",   "prelu",      "clip",
      "elu",      "selu",      "celu", "sigmoid", "hard_sigmoid", "hard_swish", "swish",
      "mish",     "gelu_tanh", "gelu", "tanh",    "softsign",     "softplus"};
  Operation *op = operand.getOwner();
  if (movesOperand(operand))
    return true;
  if (auto elementwise = dyn_cast<cnn::ElementwiseOp>(op))
    return operand.get().getType() == elementwise.getType() && llvm::is_contained(functions, elementwise.getFunction());
  if (operand.getOperandNumber() != 0)
    return false;
  if (auto pool = dyn_cast<cnn::PoolOp>(op))
    return pool.getKind() == cnn::PoolKind::Average;
  if (auto reduce = dyn_cast<cnn::ReduceOp>(op))
    return reduce.getKind() == cnn::ReduceKind::Mean &&
           llvm::all_of(reduce.getAxes(), [](int64_t axis) { return axis >= 2; });
  return isa<cnn::ResizeOp>(op);
}

namespace {

/// For fewer elements the arithmetic is as fast.
constexpr int64_t leastTable = 2048;

/// Finds the values to quantise.
class Placer {
public:
  Placer(func::FuncOp network, LayerFilter isQuantised) : network(network) {
    for (Operation &op : network.getBody().front())
      if (canQuantise(&op) && isQuantised(&op))
        layers.insert(&op);
    numberValues();
  }

  std::vector<SharedScale> run() {
    for (Operation *layer : layers)
      want(activationOf(layer));
    wantStored();
    return collect();
  }

private:
  void numberValues() {
    for (BlockArgument argument : network.getArguments())
      addValue(argument);
    for (Operation &op : network.getBody().front())
      for (Value result : op.getResults())
        addValue(result);
    classes.grow(static_cast<unsigned>(values.size()));
    for (Value value : values)
      for (OpOperand &use : value.getUses())
        if (movesOperand(use))
          classes.join(positions.lookup(value), positions.lookup(use.getOwner()->getResult(0)));
    classes.compress();
    wanted.resize(classes.getNumClasses());
  }

  void addValue(Value value) {
    if (!isFloat(value) || isFromWeights(value))
      return;
    positions[value] = static_cast<unsigned>(values.size());
    values.push_back(value);
  }

  void want(Value value) { wanted[classes[positions.lookup(value)]] = true; }
  bool isWanted(Value value) const {
    auto position = positions.find(value);
    return position != positions.end() && wanted[classes[position->second]];
  }

  /// What kernels of quantised layers store for others that quantise their results.
  void wantStored() {
    cnn::ShapeAnalysis facts(network.getContext());
    if (failed(cnn::analyzeFunction(network, facts)))
      return;
    Block &body = network.getBody().front();
    for (const Group &group : groupOps(body, rolesOf(body, facts), facts)) {
      Value stored = group.last()->getResult(0);
      if (!group.anchor || !layers.contains(group.anchor) || !positions.contains(stored))
        continue;
      if (leadsToWanted(stored))
        want(stored);
      if (isWanted(stored))
        wantArgument(group);
    }
  }

  /// A costly function between 8-bit numbers is a table of 256: what it is applied to is quantised, too.
  void wantArgument(const Group &group) {
    static constexpr llvm::StringLiteral functions[] = {"elu",        "selu",     "celu",    "sigmoid", "hard_sigmoid",
                                                        "hard_swish", "swish",    "mish",    "gelu",    "gelu_tanh",
                                                        "tanh",       "softsign", "softplus"};
    auto stored = typeOf(group.last()->getResult(0));
    if (stored.hasStaticShape() && stored.getNumElements() < leastTable)
      return;
    auto isCostly = [](Operation *op) {
      auto elementwise = dyn_cast<cnn::ElementwiseOp>(op);
      return elementwise && llvm::is_contained(functions, elementwise.getFunction());
    };
    const auto *first = llvm::find_if(group.ops, isCostly);
    if (first == group.ops.end())
      return;
    Value argument = (*first)->getOperand(0);
    llvm::SmallDenseSet<Value> known{argument};
    for (Operation *op : llvm::make_range(first, group.ops.end())) {
      bool isOfArgument = llvm::all_of(op->getOperands(), [&](Value operand) {
        return known.contains(operand) || (isFromWeights(operand) && typeOf(operand).getNumElements() == 1);
      });
      if (!isOfArgument)
        return;
      known.insert(op->getResult(0));
    }
    if (argument.getType() == stored && positions.contains(argument))
      want(argument);
    if (*first == group.last() && argument.hasOneUse())
      readers[argument] = cast<cnn::ElementwiseOp>(*first);
  }

  bool leadsToWanted(Value value) {
    if (auto known = leads.find(value); known != leads.end())
      return known->second;
    bool result = llvm::any_of(value.getUses(), [&](OpOperand &use) {
      if (!carriesOperand(use))
        return false;
      Value next = use.getOwner()->getResult(0);
      return isWanted(next) || leadsToWanted(next);
    });
    return leads[value] = result;
  }

  std::vector<SharedScale> collect() const {
    llvm::MapVector<unsigned, SharedScale> scales;
    for (auto [position, value] : llvm::enumerate(values)) {
      unsigned number = classes[static_cast<unsigned>(position)];
      if (!wanted[number])
        continue;
      SharedScale &scale = scales[number];
      scale.members.push_back(value);
      Operation *definer = value.getDefiningOp();
      bool isMoved = definer && llvm::any_of(definer->getOpOperands(), [&](OpOperand &operand) {
                       return movesOperand(operand) && positions.contains(operand.get());
                     });
      if (!isMoved)
        scale.roots.push_back(value);
    }
    std::vector<SharedScale> result;
    for (auto &[number, scale] : scales) {
      if (scale.members.size() == 1)
        scale.function = readers.lookup(scale.members.front());
      result.push_back(std::move(scale));
    }
    return result;
  }

  func::FuncOp network;
  llvm::SetVector<Operation *> layers;
  std::vector<Value> values;
  llvm::DenseMap<Value, unsigned> positions;
  llvm::IntEqClasses classes;
  std::vector<bool> wanted; ///< By class.
  llvm::DenseMap<Value, bool> leads;
  llvm::DenseMap<Value, cnn::ElementwiseOp> readers; ///< Of arguments of costly functions.
};

} // namespace

std::vector<SharedScale> placeScales(func::FuncOp network, LayerFilter isQuantised) {
  return Placer(network, isQuantised).run();
}

//===-- Gates -----------------------------------------------------------------------------------===//

/// The factors of a convolution's weight, if one of them is a gate per input channel.
static std::optional<std::pair<Value, Value>> weightAndGate(cnn::ConvolutionOp op) {
  cnn::ElementwiseOp product = definedBy(op.getWeight(), "mul");
  if (!product || op.getTransposed() || op.getGroups() != 1)
    return std::nullopt;
  Value weight = product.getOperands()[0], gate = product.getOperands()[1];
  if (!isFromWeights(weight))
    std::swap(weight, gate);
  SmallVector<int64_t> perChannel(op.getInput().getType().getRank(), 1);
  perChannel[1] = op.getInput().getType().getDimSize(1);
  if (!isFromWeights(weight) || isFromWeights(gate) || typeOf(gate).getShape() != ArrayRef(perChannel) ||
      typeOf(weight) != op.getWeight().getType())
    return std::nullopt;
  return std::pair(weight, gate);
}

void unfoldGates(func::FuncOp network, ValueNumbers &numbers, LayerFilter isQuantised) {
  for (auto op : llvm::to_vector(network.getBody().front().getOps<cnn::ConvolutionOp>())) {
    auto factors = weightAndGate(op);
    if (!factors || !isQuantised(op))
      continue;
    OpBuilder builder(op);
    Operation *product = op.getWeight().getDefiningOp();
    Value gated = cnn::ElementwiseOp::create(builder, product->getLoc(), op.getInput().getType(), "mul",
                                             ValueRange{op.getInput(), factors->second});
    numbers.add(gated, numbers.count() + numbers.of(op.getResult()));
    op->setOperand(0, gated);
    op->setOperand(1, factors->first);
    if (product->use_empty())
      product->erase();
  }
}

} // namespace convoy::compiler
