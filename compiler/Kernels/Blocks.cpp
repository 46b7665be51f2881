#include "compiler/Kernels/Blocks.h"

#include "compiler/Kernels/KernelWriter.h"
#include "schedules/block/Block.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace convoy::compiler {

namespace {

class Joiner {
public:
  Joiner(SmallVectorImpl<Group> &groups, const cnn::ShapeAnalysis &facts, const proto::Target &target)
      : groups(groups), facts(facts), target(target) {
    for (Group &group : groups)
      for (Operation *op : group.ops)
        groupOf[op] = &group;
  }

  void run() {
    for (Group &group : groups)
      if (isDepthwise(group))
        tryChains(group);
    llvm::erase_if(groups, [](const Group &group) { return group.ops.empty(); });
  }

private:
  SmallVectorImpl<Group> &groups;
  const cnn::ShapeAnalysis &facts;
  const proto::Target &target;
  DenseMap<Operation *, Group *> groupOf;

  static cnn::ConvolutionOp convolutionOf(const Group &group) {
    return group.ops.empty() ? cnn::ConvolutionOp() : dyn_cast_or_null<cnn::ConvolutionOp>(group.anchor);
  }

  static bool isDepthwise(const Group &group) {
    cnn::ConvolutionOp convolution = convolutionOf(group);
    return convolution && convolution.getGroups() > 1;
  }

  /// The convolution group that makes the image of `group` for it alone.
  Group *before(const Group &group) const {
    Value image = convolutionOf(group).getInput();
    Operation *definer = image.getDefiningOp();
    Group *found = definer ? groupOf.lookup(definer) : nullptr;
    return found && found != &group && convolutionOf(*found) && found->last() == definer && image.hasOneUse() ? found
                                                                                                              : nullptr;
  }

  /// The convolution group that alone reads the result of `group`, as its image.
  Group *behind(const Group &group) const {
    Value result = group.last()->getResult(0);
    Group *found = result.hasOneUse() ? groupOf.lookup(*result.user_begin()) : nullptr;
    return found && convolutionOf(*found) && convolutionOf(*found).getInput() == result ? found : nullptr;
  }

  void tryChains(Group &depthwise) {
    Group *first = before(depthwise), *last = behind(depthwise);
    if (first && last && pays({first, &depthwise, last}))
      join({first, &depthwise, last});
    else if (last && pays({&depthwise, last}))
      join({&depthwise, last});
    else if (first && pays({first, &depthwise}))
      join({first, &depthwise});
  }

  static SmallVector<Operation *> opsOf(ArrayRef<Group *> chain) {
    SmallVector<Operation *> ops;
    for (Group *group : chain)
      ops.append(group->ops);
    llvm::sort(ops, [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
    return ops;
  }

  bool pays(ArrayRef<Group *> chain) const {
    SmallVector<Operation *> members = opsOf(chain);
    llvm::SetVector<Operation *> ops;
    llvm::SetVector<Value> inputs;
    for (Operation *op : members)
      for (Value operand : op->getOperands()) {
        Operation *definer = operand.getDefiningOp();
        if (isScalarConstant(operand))
          ops.insert(definer);
        else if (!llvm::is_contained(members, definer))
          inputs.insert(operand);
      }
    ops.insert(members.begin(), members.end());
    int anchor = static_cast<int>(llvm::find(ops, chain.back()->anchor) - ops.begin());
    Value result = chain.back()->last()->getResult(0);
    FailureOr<proto::Kernel> kernel =
        writeKernel({ops.getArrayRef(), inputs.getArrayRef(), result, anchor}, facts, target);
    return succeeded(kernel) && schedules::blockPays(*kernel);
  }

  void join(ArrayRef<Group *> chain) {
    Group &joined = *chain.back();
    joined.ops = opsOf(chain);
    for (Operation *op : joined.ops)
      groupOf[op] = &joined;
    for (Group *group : chain.drop_back())
      group->ops.clear();
  }
};

} // namespace

void joinBlocks(SmallVectorImpl<Group> &groups, const cnn::ShapeAnalysis &facts, const proto::Target &target) {
  Joiner(groups, facts, target).run();
}

} // namespace convoy::compiler
