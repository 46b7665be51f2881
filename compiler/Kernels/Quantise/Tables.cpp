#include "compiler/Kernels/KernelWriter.h"
#include "compiler/Kernels/Quantise/Quantise.h"

#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace convoy::compiler {

namespace {

bool isByte(Value value) {
  Type element = typeOf(value).getElementType();
  return element.isInteger() && element.getIntOrFloatBitWidth() == 8;
}

bool isPointwise(Operation *op) {
  return isa_and_nonnull<cnn::ElementwiseOp, cnn::CastOp>(op) || (op && isQuantisation(op));
}

/// What computes a tensor of bytes from one other, element by element, and scalars that are weights.
class Cone {
public:
  /// Nothing if `root` is computed from more, or from anything else.
  static std::optional<Cone> of(Operation *root) {
    Cone cone;
    // What others read, too, is stored anyway: the table begins there.
    while (cone.grow(root->getResult(0), root)) {
      Operation *shared = cone.sharedByte(root);
      if (!shared)
        return cone;
      cone.stops.insert(shared->getResult(0));
      cone.ops.clear();
      cone.leaf = Value();
    }
    return std::nullopt;
  }

  /// Whether a table is cheaper than the ops: it saves a number in between, or arithmetic.
  bool pays() const {
    return leaf && llvm::any_of(ops, [](Operation *op) { return isa<cnn::DequantizeOp>(op); });
  }

  Value leaf;
  llvm::SetVector<Operation *> ops; ///< Operands before their users.

private:
  bool grow(Value value, Operation *root) {
    Operation *op = value.getDefiningOp();
    if (value == leaf || ops.contains(op))
      return true;
    if (isFromWeights(value))
      return isOneElement(value);
    bool isTaken = isPointwise(op) && !stops.contains(value) && typeOf(value).getShape() == shapeOf(root);
    if (isTaken) {
      Cone before = *this;
      if (llvm::all_of(op->getOperands(), [&](Value operand) { return grow(operand, root); })) {
        ops.insert(op);
        return true;
      }
      *this = before;
    }
    // A cone has one leaf.
    if (op == root || !isByte(value) || leaf || typeOf(value).getShape() != shapeOf(root))
      return false;
    leaf = value;
    return true;
  }

  static ArrayRef<int64_t> shapeOf(Operation *op) { return typeOf(op->getResult(0)).getShape(); }

  /// An op of the cone that makes bytes which ops outside of it read.
  Operation *sharedByte(Operation *root) const {
    for (Operation *op : ops)
      if (op != root && isByte(op->getResult(0)) &&
          !llvm::all_of(op->getUsers(), [&](Operation *user) { return ops.contains(user); }))
        return op;
    return nullptr;
  }

  llvm::DenseSet<Value> stops;
};

} // namespace

/// The values of the cone for the bit patterns 0 to 255 of its leaf.
static Value buildTable(OpBuilder &builder, const Cone &cone) {
  Location loc = cone.ops.back()->getLoc();
  auto type = RankedTensorType::get({256}, typeOf(cone.leaf).getElementType());
  SmallVector<APInt> patterns;
  for (unsigned pattern = 0; pattern < 256; ++pattern)
    patterns.emplace_back(8, pattern);
  IRMapping mapping;
  mapping.map(cone.leaf, cnn::ConstantOp::create(builder, loc, type, DenseElementsAttr::get(type, patterns)));
  for (Operation *op : cone.ops) {
    for (Value operand : op->getOperands())
      if (!mapping.contains(operand))
        mapping.map(operand, buildReshape(builder, loc, operand, {}));
    Operation *clone = builder.clone(*op, mapping);
    clone->getResult(0).setType(RankedTensorType::get({256}, typeOf(op->getResult(0)).getElementType()));
  }
  return mapping.lookup(cone.ops.back()->getResult(0));
}

/// Notes in `gone` what it erases.
static void replaceByLookup(const Cone &cone, llvm::SmallPtrSetImpl<Operation *> &gone) {
  Operation *root = cone.ops.back();
  OpBuilder builder(root);
  Location loc = root->getLoc();
  Value table = buildTable(builder, cone);
  Value pattern = buildCast(builder, loc, cone.leaf, builder.getIntegerType(8, /*isSigned=*/false));
  Value index = buildCast(builder, loc, pattern, builder.getI32Type());
  auto found = cnn::GatherOp::create(builder, loc, root->getResult(0).getType(), table, index, cnn::GatherKind::Slices,
                                     /*axis=*/0);
  root->getResult(0).replaceAllUsesWith(found);
  for (Operation *op : llvm::reverse(cone.ops))
    if (op->use_empty()) {
      gone.insert(op);
      op->erase();
    }
}

bool isLookup(Operation *op) {
  auto gather = dyn_cast_or_null<cnn::GatherOp>(op);
  if (!gather || gather.getKind() != cnn::GatherKind::Slices || gather.getAxis() != 0)
    return false;
  auto index = gather.getIndices().getDefiningOp<cnn::CastOp>();
  return index && typeOf(index.getInput()).getElementType().isUnsignedInteger(8) &&
         typeOf(gather.getInput()).getShape() == ArrayRef<int64_t>{256} && isByte(gather.getInput());
}

void tabulate(func::FuncOp network) {
  // Below, whole tensors are a few vectors: a table is one more thing to load.
  constexpr int64_t leastElements = 2048;
  SmallVector<Operation *> ops(llvm::make_pointer_range(network.getBody().front().without_terminator()));
  llvm::SmallPtrSet<Operation *, 16> gone;
  for (Operation *op : llvm::reverse(ops)) {
    if (gone.contains(op) || !isPointwise(op) || op->use_empty() || !isByte(op->getResult(0)) ||
        isFromWeights(op->getResult(0)))
      continue;
    RankedTensorType type = typeOf(op->getResult(0));
    if (type.hasStaticShape() && type.getNumElements() < leastElements)
      continue;
    std::optional<Cone> cone = Cone::of(op);
    if (cone && cone->pays())
      replaceByLookup(*cone, gone);
  }
}

} // namespace convoy::compiler
