#include "compiler/Kernels/KernelWriter.h"
#include "compiler/Kernels/Layout/LayoutPlan.h"
#include "compiler/Kernels/Passes.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace convoy::compiler {

#define GEN_PASS_DEF_ASSIGNLAYOUTS
#include "compiler/Kernels/Passes.h.inc"

namespace {

/// Walks the network in order, gives each value its layout and puts relayout kernels where reader and writer differ.
class LayoutAssigner {
public:
  LayoutAssigner(func::FuncOp network, SymbolTable &symbols, cnn::ShapeAnalysis &facts, const LayoutOptions &options)
      : network(network), symbols(symbols), facts(facts), plan(network.getBody().front(), symbols, facts, options) {}

  LogicalResult run() {
    for (Operation &op : llvm::make_early_inc_range(network.getBody().front())) {
      LogicalResult done = TypeSwitch<Operation *, LogicalResult>(&op)
                               .Case<kernel::CallOp>([&](auto call) { return assignCall(call); })
                               .Case<cnn::ConcatOp>([&](auto concat) { return assignConcat(concat); })
                               .Case<cnn::TransposeOp>([&](auto transpose) { return assignTranspose(transpose); })
                               .Case<cnn::ReshapeOp>([&](auto reshape) { return assignReshape(reshape); })
                               .Case<cnn::SliceOp>([&](auto slice) { return assignSlice(slice); })
                               .Case<cnn::LibraryCallOp>([&](auto call) { return makeDense(call); })
                               .Case<func::ReturnOp>([&](auto done) { return assignReturn(done); })
                               .Default(success());
      if (failed(done))
        return failure();
    }
    return success();
  }

private:
  LayoutData layoutOf(Value value) const { return LayoutData::of(value.getType()); }
  ArrayRef<int64_t> shapeOf(Value value) const { return cast<RankedTensorType>(value.getType()).getShape(); }

  /// Weights and index arithmetic have no layout of their own: `prepare` lays weights out as kernels want them.
  bool isActivation(Value value) const {
    Operation *definer = value.getDefiningOp();
    if (!definer)
      return true;
    if (isa<kernel::CallOp, cnn::LibraryCallOp>(definer))
      return true;
    return !feedsOnlyShapes(value) && definer->getNumOperands() > 0 &&
           llvm::any_of(definer->getOperands(), [&](Value operand) { return isActivation(operand); });
  }

  /// A kernel in front of `user` that copies its operand into another layout.
  void relayout(OpOperand &operand, const LayoutData &layout) {
    Value value = operand.get();
    Operation *user = operand.getOwner();
    OpBuilder builder(network);
    Location location = user->getLoc();
    RankedTensorType type = layout.applyTo(value.getType());
    auto func = kernel::FuncOp::create(builder, location, "relayout_" + std::to_string(relayoutCount++),
                                       builder.getFunctionType(value.getType(), type));
    symbols.insert(func);
    Block *body = &func.getBody().emplaceBlock();
    OpBuilder inside = OpBuilder::atBlockEnd(body);
    Value moved = cnn::RelayoutOp::create(inside, location, type, body->addArgument(value.getType(), location));
    kernel::ReturnOp::create(inside, location, moved);
    ArrayRef<AffineExpr> dims = facts.dims(value);
    if (!type.hasStaticShape() && llvm::all_of(dims, [](AffineExpr dim) { return static_cast<bool>(dim); })) {
      unsigned symbolCount = static_cast<unsigned>(facts.symbolNames().size());
      func.setArgAttr(0, "kernel.dims", AffineMapAttr::get(AffineMap::get(0, symbolCount, dims, builder.getContext())));
    }
    builder.setInsertionPoint(user);
    auto call =
        kernel::CallOp::create(builder, location, TypeRange(type), func.getSymName(), value, layersOf(user, value));
    facts.setFacts(call.getResult(0), facts.facts(value));
    operand.set(call.getResult(0));
  }

  /// The layers for whose sake a copy is made: those that read it, or at the network's end those that made it.
  static ArrayAttr layersOf(Operation *user, Value value) {
    if (auto call = dyn_cast<kernel::CallOp>(user))
      return call.getLayers();
    Operation *definer = value.getDefiningOp();
    if (auto call = dyn_cast_or_null<kernel::CallOp>(definer))
      return call.getLayers();
    Location location = isa<func::ReturnOp>(user) ? value.getLoc() : user->getLoc();
    SmallVector<Attribute> names;
    location->walk([&](Location part) {
      if (auto name = dyn_cast<NameLoc>(part))
        names.push_back(name.getName());
      return WalkResult::advance();
    });
    return ArrayAttr::get(user->getContext(), names);
  }

  LogicalResult assignCall(kernel::CallOp call) {
    kernel::FuncOp func = plan.calleeOf(call);
    LayoutData result = plan.written(call.getResult(0));
    Operation *anchor = imageReaderOf(func);
    for (OpOperand &operand : call->getOpOperands()) {
      if (!isActivation(operand.get()) || feedsOnlyShapes(func.getBody().getArgument(operand.getOperandNumber())))
        continue;
      if (isAnchorInput(func, anchor, operand.getOperandNumber()))
        fitAnchorInput(operand, func, anchor);
      else
        fitOperand(operand, result, anchor);
    }
    call.getResult(0).setType(result.applyTo(call.getResult(0).getType()));
    updateSignature(func, call);
    return success();
  }

  static bool isAnchorInput(kernel::FuncOp func, Operation *anchor, unsigned position) {
    if (!anchor || !isa<cnn::ConvolutionOp, cnn::PoolOp, cnn::ResizeOp>(anchor))
      return false;
    Value input = anchor->getOperand(0);
    if (auto widening = input.getDefiningOp<cnn::CastOp>())
      input = widening.getInput();
    return input == func.getBody().getArgument(position);
  }

  /// The image of a spatial op: channels-last, with what a convolution reads around it.
  void fitAnchorInput(OpOperand &operand, kernel::FuncOp func, Operation *anchor) {
    LayoutData layout = layoutOf(operand.get());
    ArrayRef<int64_t> shape = shapeOf(operand.get());
    int64_t rank = static_cast<int64_t>(shape.size());
    if (rank < 3)
      return;
    LayoutData wanted = LayoutData::channelsLast(rank);
    Halo halo = plan.haloOf(func);
    bool hasHalo = halo.empty() || halo.isFilledBy(layout);
    for (size_t dim = 0; dim < halo.before.size() && !halo.empty(); ++dim) {
      hasHalo &= layout.before[dim] >= halo.before[dim] && layout.after[dim] >= halo.after[dim];
      wanted.before[dim] = halo.before[dim];
      wanted.after[dim] = halo.after[dim];
    }
    if (layout.sameOrder(wanted, shape) && hasHalo)
      return;
    bool isByte = cast<RankedTensorType>(operand.get().getType()).getElementTypeBitWidth() == 8;
    if (int64_t channels = shape[1]; !ShapedType::isDynamic(channels) && (isByte || !halo.empty()))
      wanted.after[1] = plan.paddingOf(channels, operand.get().getType());
    if (!halo.empty()) {
      wanted.fill = halo.fill();
      wanted.fillValue = halo.value;
    }
    relayout(operand, wanted);
  }

  /// Other operands follow the result where they have its rank; products and gathers read row-major.
  void fitOperand(OpOperand &operand, const LayoutData &result, Operation *anchor) {
    LayoutData layout = layoutOf(operand.get());
    ArrayRef<int64_t> shape = shapeOf(operand.get());
    if (anchor && isa<cnn::MatmulOp, cnn::GatherOp, cnn::ScatterOp>(anchor)) {
      if (!layout.sameOrder(LayoutData::rowMajor(static_cast<int64_t>(shape.size())), shape))
        relayout(operand, LayoutData::rowMajor(static_cast<int64_t>(shape.size())));
      return;
    }
    if (layout.order.size() == result.order.size() && !layout.sameOrder(result, shape))
      relayout(operand, LayoutData::dense(result.order));
  }

  static void updateSignature(kernel::FuncOp func, kernel::CallOp call) {
    Block &body = func.getBody().front();
    for (auto [argument, operand] : llvm::zip(body.getArguments(), call.getOperands()))
      argument.setType(operand.getType());
    for (auto [inner, outer] : llvm::zip(body.getTerminator()->getOperands(), call.getResults()))
      inner.setType(outer.getType());
    func.setFunctionType(FunctionType::get(func.getContext(), call.getOperandTypes(), call.getResultTypes()));
  }

  LogicalResult assignConcat(cnn::ConcatOp concat) {
    if (!isActivation(concat.getResult()))
      return success();
    for (Value operand : concat.getInputs())
      if (!cnn::constantOf(facts.dims(operand)[concat.getAxis()]))
        return concat.emitError("a concat along a symbolic dimension is not supported");
    for (OpOperand &operand : concat->getOpOperands()) {
      LayoutData place = plan.insideConcat(concat, operand.getOperandNumber());
      if (!plan.isPlacedIn(operand.get(), concat) ||
          layoutOf(operand.get()).attribute(concat.getContext()) != place.attribute(concat.getContext()))
        relayout(operand, place);
    }
    concat.getResult().setType(plan.written(concat.getResult()).applyTo(concat.getType()));
    return success();
  }

  LogicalResult assignTranspose(cnn::TransposeOp transpose) {
    if (!isActivation(transpose.getResult()))
      return success();
    auto view = viewOfTranspose(layoutOf(transpose.getInput()), transpose.getPermutation());
    view->shared = true;
    transpose.getResult().setType(view->applyTo(transpose.getType()));
    return success();
  }

  LogicalResult assignReshape(cnn::ReshapeOp reshape) {
    if (!isActivation(reshape.getResult()))
      return success();
    ReshapePlan plan =
        planReshape(layoutOf(reshape.getInput()), facts.dims(reshape.getInput()), facts.dims(reshape.getResult()));
    if (plan.copies)
      relayout(reshape->getOpOperand(0), plan.input);
    reshape.getResult().setType(plan.result.applyTo(reshape.getType()));
    return success();
  }

  LogicalResult assignSlice(cnn::SliceOp slice) {
    if (!isActivation(slice.getResult()))
      return success();
    auto view = viewOfSlice(slice, layoutOf(slice.getInput()), facts);
    if (!view)
      return slice.emitError("a slice of a blocked tensor is not a view");
    slice.getResult().setType(view->applyTo(slice.getType()));
    return success();
  }

  LogicalResult makeDense(Operation *op) {
    for (OpOperand &operand : op->getOpOperands())
      if (isActivation(operand.get()) && layoutOf(operand.get()).attribute(op->getContext()))
        relayout(operand, LayoutData::rowMajor(static_cast<int64_t>(shapeOf(operand.get()).size())));
    return success();
  }

  /// What a kernel wrote, seen through reshapes.
  static Value writtenValue(Value value) {
    while (auto reshape = value.getDefiningOp<cnn::ReshapeOp>())
      value = reshape.getInput();
    return value;
  }

  /// Each output is a dense tensor of the caller: a kernel or library function must write it, for this output alone.
  LogicalResult assignReturn(func::ReturnOp done) {
    for (OpOperand &operand : done->getOpOperands()) {
      Value value = operand.get(), written = writtenValue(value);
      bool isDense = !layoutOf(value).attribute(done.getContext()) && !layoutOf(written).attribute(done.getContext());
      bool isWritten = isa_and_nonnull<kernel::CallOp, cnn::LibraryCallOp>(written.getDefiningOp());
      bool isAlone =
          llvm::count_if(done.getOperands(), [&](Value other) { return writtenValue(other) == written; }) == 1;
      if (!isDense || !isWritten || !isAlone)
        relayout(operand, LayoutData::rowMajor(static_cast<int64_t>(shapeOf(value).size())));
    }
    return success();
  }

  func::FuncOp network;
  SymbolTable &symbols;
  cnn::ShapeAnalysis &facts;
  LayoutPlan plan;
  int relayoutCount = 0;
};

class AssignLayoutsPass : public impl::AssignLayoutsBase<AssignLayoutsPass> {
public:
  using AssignLayoutsBase::AssignLayoutsBase;

  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    for (func::FuncOp network : getOperation().getOps<func::FuncOp>()) {
      cnn::ShapeAnalysis facts(&getContext());
      if (failed(cnn::analyzeFunction(network, facts)))
        return signalPassFailure();
      if (failed(LayoutAssigner(network, symbols, facts, {vectorElements, halos}).run()))
        return signalPassFailure();
    }
  }
};

} // namespace
} // namespace convoy::compiler
