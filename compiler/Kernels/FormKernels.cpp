#include "compiler/Kernels/Blocks.h"
#include "compiler/Kernels/Grouping.h"
#include "compiler/Kernels/KernelWriter.h"
#include "compiler/Kernels/Passes.h"
#include "dialects/kernel/Kernel.h"
#include "schedules/core/Schedules.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace convoy::compiler {

#define GEN_PASS_DEF_FORMKERNELS
#include "compiler/Kernels/Passes.h.inc"

namespace {

/// The user's layers of a location, in order, without repetitions.
void collectLayers(Location location, llvm::SetVector<StringAttr> &layers) {
  location->walk([&](Location part) {
    if (auto name = dyn_cast<NameLoc>(part)) {
      layers.insert(name.getName());
      return WalkResult::skip();
    }
    return WalkResult::advance();
  });
}

/// Outlines one group.
class Outliner {
public:
  Outliner(func::FuncOp network, cnn::ShapeAnalysis &facts) : network(network), facts(facts) {}

  void outline(const Group &group, StringRef name) {
    collectInputs(group);
    OpBuilder builder(network);
    Location location =
        FusedLoc::get(network.getContext(), llvm::map_to_vector(group.ops, [](Operation *op) { return op->getLoc(); }));
    Value result = group.last()->getResult(0);
    SmallVector<Type> types(llvm::map_range(inputs, [](Value input) { return input.getType(); }));
    auto func =
        kernel::FuncOp::create(builder, location, name, builder.getFunctionType(types, group.last()->getResultTypes()));
    fillBody(func, group);
    writeFacts(func);
    builder.setInsertionPoint(group.last());
    llvm::SetVector<StringAttr> layers;
    for (Operation *op : group.ops)
      collectLayers(op->getLoc(), layers);
    SmallVector<Attribute> names(layers.begin(), layers.end());
    auto call = kernel::CallOp::create(builder, location, group.last()->getResultTypes(), name, inputs.getArrayRef(),
                                       builder.getArrayAttr(names));
    facts.setFacts(call.getResult(0), cnn::Facts(facts.facts(result)));
    result.replaceAllUsesWith(call.getResult(0));
    for (Operation *op : llvm::reverse(group.ops))
      op->erase();
  }

private:
  void collectInputs(const Group &group) {
    inputs.clear();
    constants.clear();
    for (Operation *op : group.ops)
      for (OpOperand &operand : op->getOpOperands()) {
        Value value = operand.get();
        Operation *definer = value.getDefiningOp();
        if (definer && llvm::is_contained(group.ops, definer))
          continue;
        // Scales and zero points stay operands, so that layers that differ in them share a kernel.
        bool isScale = isQuantisation(op) && operand.getOperandNumber() > 0;
        bool isLocal =
            feedsShape(operand) ? definer && isa<cnn::ConstantOp>(definer) : isScalarConstant(value) && !isScale;
        if (isLocal)
          constants.insert(definer);
        else
          inputs.insert(value);
      }
  }

  void fillBody(kernel::FuncOp func, const Group &group) {
    Block *body = &func.getBody().emplaceBlock();
    IRMapping mapping;
    for (Value input : inputs)
      mapping.map(input, body->addArgument(input.getType(), input.getLoc()));
    OpBuilder builder = OpBuilder::atBlockEnd(body);
    for (Operation *constant : constants)
      builder.clone(*constant, mapping);
    for (Operation *op : group.ops) {
      if (op == group.anchor)
        func.setAnchor(static_cast<int64_t>(body->getOperations().size()));
      builder.clone(*op, mapping);
    }
    kernel::ReturnOp::create(builder, func.getLoc(), mapping.lookup(group.last()->getResult(0)));
  }

  /// Symbolic arguments say how their extents hang together.
  void writeFacts(kernel::FuncOp func) {
    MLIRContext *context = func.getContext();
    unsigned symbolCount = static_cast<unsigned>(facts.symbolNames().size());
    for (auto [position, input] : llvm::enumerate(inputs)) {
      auto isKnown = [](AffineExpr expression) { return static_cast<bool>(expression); };
      ArrayRef<AffineExpr> dims = facts.dims(input);
      bool isStatic = cast<RankedTensorType>(input.getType()).hasStaticShape();
      if (!isStatic && llvm::all_of(dims, isKnown))
        func.setArgAttr(position, "kernel.dims", AffineMapAttr::get(AffineMap::get(0, symbolCount, dims, context)));
      auto elements = facts.elements(input);
      if (elements && llvm::all_of(*elements, isKnown) && feedsOnlyShapes(func.getBody().getArgument(position)))
        func.setArgAttr(position, "kernel.elements",
                        AffineMapAttr::get(AffineMap::get(0, symbolCount, *elements, context)));
    }
  }

  func::FuncOp network;
  cnn::ShapeAnalysis &facts;
  llvm::SetVector<Value> inputs;
  llvm::SetVector<Operation *> constants;
};

/// Kernels count elements in 32 bits.
LogicalResult checkSizes(Block &body) {
  auto check = [](Value value) -> LogicalResult {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    if (!type || !type.hasStaticShape() || type.getNumElements() <= std::numeric_limits<int32_t>::max())
      return success();
    return emitError(value.getLoc()) << "a tensor of shape [" << type.getShape() << "] has " << type.getNumElements()
                                     << " elements; kernels take fewer than 2^31";
  };
  for (Value argument : body.getArguments())
    if (failed(check(argument)))
      return failure();
  for (Operation &op : body)
    for (Value result : op.getResults())
      if (failed(check(result)))
        return failure();
  return success();
}

class FormKernelsPass : public impl::FormKernelsBase<FormKernelsPass> {
public:
  using FormKernelsBase::FormKernelsBase;

  void runOnOperation() override {
    auto parsed = schedules::parseTarget(target);
    if (!parsed) {
      getOperation().emitError() << "target '" << target << "': " << parsed.error();
      return signalPassFailure();
    }
    machine = *parsed;
    for (func::FuncOp network : llvm::to_vector(getOperation().getOps<func::FuncOp>()))
      if (failed(formKernels(network)))
        return signalPassFailure();
  }

private:
  proto::Target machine;

  LogicalResult formKernels(func::FuncOp network) {
    cnn::ShapeAnalysis facts(&getContext());
    if (failed(cnn::analyzeFunction(network, facts)))
      return failure();
    Block &body = network.getBody().front();
    DenseMap<Operation *, Role> roles = rolesOf(body, facts);
    Outliner outliner(network, facts);
    SymbolTable symbols(getOperation());
    int count = 0;
    SmallVector<Group> groups = groupOps(body, roles, facts);
    joinBlocks(groups, facts, machine);
    for (const Group &group : groups) {
      if (group.last()->getNumResults() != 1)
        return group.last()->emitError("an op with several results has no form as a kernel");
      std::string stem = group.anchor ? group.anchor->getName().stripDialect().str() : "elementwise";
      outliner.outline(group, stem + "_" + std::to_string(count++));
    }
    return checkSizes(body);
  }
};

} // namespace
} // namespace convoy::compiler
