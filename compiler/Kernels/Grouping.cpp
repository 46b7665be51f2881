#include "compiler/Kernels/Grouping.h"

#include "compiler/Kernels/KernelWriter.h"
#include "compiler/Kernels/Layout/Layouts.h"

#include "llvm/ADT/STLExtras.h"

#include <memory>

using namespace mlir;

namespace convoy::compiler {

bool isScalarConstant(Value value) {
  auto constant = value.getDefiningOp<cnn::ConstantOp>();
  return constant && constant.getType().getNumElements() == 1;
}

/// Whether the op can be a view of its operand; a concat always is one of its result.
static bool isView(Operation *op, const cnn::ShapeAnalysis &facts) {
  if (auto slice = dyn_cast<cnn::SliceOp>(op)) {
    auto type = cast<RankedTensorType>(slice.getInput().getType());
    return viewOfSlice(slice, LayoutData::rowMajor(type.getRank()), facts).has_value();
  }
  return isa<cnn::ReshapeOp, cnn::TransposeOp, cnn::ConcatOp>(op);
}

/// Whether every use, through index arithmetic, ends in a shape.
static bool endsInShapes(Operation *op, DenseMap<Operation *, bool> &memo) {
  if (auto known = memo.find(op); known != memo.end())
    return known->second;
  bool result = !op->use_empty() && llvm::all_of(op->getUses(), [&](OpOperand &use) {
    Operation *user = use.getOwner();
    if (feedsShape(use))
      return true;
    return isa<cnn::CnnDialect>(user->getDialect()) && user->getNumResults() == 1 &&
           cast<RankedTensorType>(user->getResult(0).getType()).getElementType().isIntOrIndex() &&
           endsInShapes(user, memo);
  });
  return memo[op] = result;
}

llvm::DenseMap<Operation *, Role> rolesOf(Block &body, const cnn::ShapeAnalysis &facts) {
  DenseMap<Operation *, Role> roles;
  DenseMap<Operation *, bool> memo;
  for (Operation &op : body.without_terminator()) {
    bool fromWeights =
        op.getNumOperands() > 0 && llvm::all_of(op.getOperands(), [&](Value operand) {
          Operation *definer = operand.getDefiningOp();
          return definer && (roles.lookup(definer) == Role::Source || roles.lookup(definer) == Role::Prepare);
        });
    if (isa<cnn::WeightOp, cnn::ConstantOp>(op))
      roles[&op] = Role::Source;
    else if (endsInShapes(&op, memo))
      roles[&op] = Role::ShapeOnly;
    else if (isa<cnn::LibraryCallOp>(op))
      roles[&op] = Role::Library;
    else if (fromWeights)
      roles[&op] = Role::Prepare;
    else
      roles[&op] = isView(&op, facts) ? Role::View : Role::Kernel;
  }
  return roles;
}

namespace {

bool isElementwise(Operation *op) {
  return isa<cnn::ElementwiseOp, cnn::CastOp>(op) || isQuantisation(op) || isLookup(op);
}

/// Anchors whose result an elementwise op may change before it is stored.
bool acceptsEpilogue(Operation *anchor) {
  return !anchor || isa<cnn::ConvolutionOp, cnn::MatmulOp, cnn::PoolOp, cnn::ReduceOp, cnn::ResizeOp>(anchor);
}

bool acceptsPrologue(Operation *anchor) {
  auto pool = dyn_cast<cnn::PoolOp>(anchor);
  // Each element of an image is in few windows: cheaper to dequantise twice than to store floats.
  return isa<cnn::ReduceOp, cnn::SoftmaxOp>(anchor) || (pool && pool.getNarrowSum());
}

/// Whether the op widens bf16 to f32: cheap wherever it is read.
bool widensHalves(Operation *op) {
  return isa<cnn::CastOp>(op) && cast<cnn::CastOp>(op).getInput().getType().getElementType().isBF16() &&
         cast<cnn::CastOp>(op).getType().getElementType().isF32();
}

bool roundsToHalves(Operation *op) {
  auto cast = dyn_cast<cnn::CastOp>(op);
  return cast && cast.getType().getElementType().isBF16() && cast.getInput().getType().getElementType().isF32();
}

/// Anchors that read halves through a cast.
bool acceptsWidening(Operation *anchor) { return isa<cnn::PoolOp>(anchor) || acceptsPrologue(anchor); }

/// Whether the op makes floats or wider integers of 8-bit numbers that one op reads. The reader had better do it
/// itself: less memory than where they are made.
bool widensForReader(Operation *op) {
  auto bits = [](Value value) { return cast<RankedTensorType>(value.getType()).getElementTypeBitWidth(); };
  return isa<cnn::DequantizeOp, cnn::CastOp>(op) && op->hasOneUse() && bits(op->getOperand(0)) == 8 &&
         bits(op->getResult(0)) > 8;
}

/// How much a fusion with that anchor saves: the more work in front of the store the better.
int preference(const Group &group) {
  if (!group.anchor)
    return 0;
  return isa<cnn::ConvolutionOp, cnn::MatmulOp>(group.anchor) ? 2 : 1;
}

class Grouper {
public:
  Grouper(const DenseMap<Operation *, Role> &roles, const cnn::ShapeAnalysis &facts) : roles(roles), facts(facts) {}

  SmallVector<Group> run(Block &body) {
    for (Operation &op : body.without_terminator())
      if (roles.lookup(&op) == Role::Kernel)
        place(&op);
    for (std::unique_ptr<Group> &group : groups)
      moveWidening(*group);
    for (std::unique_ptr<Group> &group : groups)
      joinProducer(*group);
    SmallVector<Group> result;
    for (std::unique_ptr<Group> &group : groups)
      if (!group->ops.empty())
        result.push_back(std::move(*group));
    llvm::sort(result, [](const Group &a, const Group &b) { return a.last()->isBeforeInBlock(b.last()); });
    return result;
  }

private:
  void place(Operation *op) {
    bool isPrologue = widensForReader(op) && acceptsPrologue(*op->user_begin());
    Group *group = isElementwise(op) && !isPrologue && !widensHalves(op) ? bestProducer(op) : nullptr;
    if (!group) {
      groups.push_back(std::make_unique<Group>());
      group = groups.back().get();
      group->anchor = isElementwise(op) ? nullptr : op;
    }
    for (Value operand : op->getOperands())
      absorbChain(operand, op, *group);
    group->ops.push_back(op);
    groupOf[op] = group;
  }

  /// The group that computes `value`, if `reader` is the only one who reads it.
  Group *soleProducer(Value value, Operation *reader) const {
    Operation *definer = value.getDefiningOp();
    Group *group = definer ? groupOf.lookup(definer) : nullptr;
    if (!group || group->ops.empty() || group->last() != definer)
      return nullptr;
    bool alone = llvm::all_of(value.getUsers(), [&](Operation *user) { return user == reader; });
    return alone ? group : nullptr;
  }

  Group *bestProducer(Operation *op) const {
    Group *best = nullptr;
    ArrayRef<AffineExpr> shape = facts.dims(op->getResult(0));
    for (Value operand : op->getOperands()) {
      Group *group = soleProducer(operand, op);
      if (!group || !acceptsEpilogue(group->anchor) || facts.dims(operand) != shape || !mayLookUp(*group, op))
        continue;
      if (roundsToHalves(op) && isa_and_nonnull<cnn::ResizeOp>(group->anchor)) // Its templates write what they blend.
        continue;
      if (!best || preference(*group) >= preference(*best))
        best = group;
    }
    return best;
  }

  /// Tiles of products and streams look up, others don't.
  static bool mayLookUp(const Group &group, Operation *op) {
    return !isLookup(op) || !group.anchor || isa<cnn::ConvolutionOp, cnn::MatmulOp>(group.anchor);
  }

  /// Joins an elementwise chain that only `op` reads into the group of `op`.
  void absorbChain(Value operand, Operation *op, Group &group) {
    Group *chain = soleProducer(operand, op);
    if (!chain || chain == &group || chain->anchor)
      return;
    if (!llvm::all_of(chain->ops, [&](Operation *member) { return mayLookUp(group, member); }))
      return;
    bool isWidening = chain->ops.size() == 1 && widensHalves(chain->last());
    bool fits = isElementwise(op) ? isWidening || facts.dims(operand) == facts.dims(op->getResult(0))
                                  : acceptsPrologue(op) || (isWidening && acceptsWidening(op));
    if (!fits)
      return;
    for (Operation *member : chain->ops)
      groupOf[member] = &group;
    group.ops.append(chain->ops);
    chain->ops.clear();
    llvm::sort(group.ops, [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
  }

  /// What a group widens last goes to the elementwise op that reads it, in another group.
  void moveWidening(Group &group) {
    if (group.ops.size() < 2 || !widensForReader(group.last()))
      return;
    Operation *op = group.last(), *reader = *op->user_begin();
    Group *other = groupOf.lookup(reader);
    if (!other || other == &group || !isElementwise(reader) ||
        facts.dims(op->getResult(0)) != facts.dims(reader->getResult(0)))
      return;
    group.ops.pop_back();
    other->ops.push_back(op);
    llvm::sort(other->ops, [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
    groupOf[op] = other;
  }

  /// A chain that reads 8-bit numbers several times (x * sigmoid(x) of a quantised x) joins the group that makes them
  /// for it alone.
  void joinProducer(Group &chain) {
    if (chain.anchor || chain.ops.empty())
      return;
    Group *best = nullptr;
    for (Operation *op : chain.ops)
      for (Value operand : op->getOperands()) {
        Group *group = groupOf.lookup(operand.getDefiningOp());
        bool fits = group && group != &chain && !group->ops.empty() && group->last() == operand.getDefiningOp() &&
                    acceptsEpilogue(group->anchor) &&
                    cast<RankedTensorType>(operand.getType()).getElementTypeBitWidth() == 8 &&
                    facts.dims(operand) == facts.dims(chain.last()->getResult(0)) &&
                    llvm::all_of(operand.getUsers(), [&](Operation *user) { return groupOf.lookup(user) == &chain; });
        if (fits && (!best || preference(*group) > preference(*best)))
          best = group;
      }
    if (!best)
      return;
    for (Operation *op : best->ops)
      groupOf[op] = &chain;
    chain.anchor = best->anchor;
    chain.ops.insert(chain.ops.begin(), best->ops.begin(), best->ops.end());
    best->ops.clear();
    llvm::sort(chain.ops, [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
  }

  const DenseMap<Operation *, Role> &roles;
  const cnn::ShapeAnalysis &facts;
  std::vector<std::unique_ptr<Group>> groups;
  DenseMap<Operation *, Group *> groupOf;
};

} // namespace

SmallVector<Group> groupOps(Block &body, const DenseMap<Operation *, Role> &roles, const cnn::ShapeAnalysis &facts) {
  return Grouper(roles, facts).run(body);
}

} // namespace convoy::compiler
