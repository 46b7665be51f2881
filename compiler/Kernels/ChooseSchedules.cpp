#include "compiler/Kernels/KernelWriter.h"
#include "compiler/Kernels/Layout/LayoutPlan.h"
#include "compiler/Kernels/Passes.h"
#include "compiler/Network/Matching.h"
#include "schedules/core/Schedules.h"

#include "mlir/IR/SymbolTable.h"

using namespace mlir;

namespace convoy::compiler {

#define GEN_PASS_DEF_CHOOSESCHEDULES
#include "compiler/Kernels/Passes.h.inc"

namespace {

class ChooseSchedulesPass : public impl::ChooseSchedulesBase<ChooseSchedulesPass> {
public:
  using ChooseSchedulesBase::ChooseSchedulesBase;

  void runOnOperation() override {
    auto parsed = schedules::parseTarget(target);
    if (!parsed) {
      getOperation().emitError() << "target '" << target << "': " << parsed.error();
      return signalPassFailure();
    }
    machine = *parsed;
    callers.clear();
    getOperation().walk([&](kernel::CallOp call) { callers[call.getCalleeAttr().getAttr()].push_back(call); });
    for (auto func : getOperation().getOps<kernel::FuncOp>())
      if (failed(choose(func, callers[func.getSymNameAttr()])))
        return signalPassFailure();
  }

private:
  proto::Target machine;
  DenseMap<StringAttr, SmallVector<kernel::CallOp>> callers;

  LogicalResult choose(kernel::FuncOp func, ArrayRef<kernel::CallOp> calls) {
    FailureOr<proto::Kernel> kernel = writeKernel(func, machine);
    if (failed(kernel))
      return failure();
    if (!func.getSchedule()) {
      auto candidates = schedules::candidates(*kernel);
      if (!candidates)
        return func.emitError() << "no schedule: " << candidates.error();
      auto allowed = llvm::find_if(*candidates, [&](const proto::Schedule &schedule) { return isAllowed(schedule); });
      if (allowed == candidates->end())
        return func.emitError("no schedule is allowed by the options");
      *kernel->mutable_schedule() = *allowed;
      func.setScheduleAttr(readSchedule(&getContext(), kernel->schedule()));
    }
    if (auto valid = schedules::verify(*kernel); !valid)
      return func.emitError() << valid.error();
    return layOutWeights(func, calls, *kernel);
  }

  /// Winograd rounds more than the direct algorithm; the user may forbid it.
  bool isAllowed(const proto::Schedule &schedule) const {
    auto outputs = schedule.knobs().find("outputs");
    return !StringRef(schedule.template_name()).contains("winograd") || outputs == schedule.knobs().end() ||
           outputs->second <= winograd;
  }

  /// The kernel whose results all of these operands are, if it computes weights for nobody else: a chain of
  /// elementwise ops on weights and values that differ along other dimensions (see FoldAffine: gates).
  kernel::FuncOp writerOfWeights(ArrayRef<kernel::CallOp> calls, unsigned position) {
    kernel::FuncOp writer;
    for (kernel::CallOp call : calls) {
      auto written = call->getOperand(position).getDefiningOp<kernel::CallOp>();
      if (!written || !written->hasOneUse())
        return {};
      auto callee = SymbolTable::lookupNearestSymbolFrom<kernel::FuncOp>(written, written.getCalleeAttr());
      if (static_cast<int64_t>(callee.getAnchor()) >= 0 || (writer && writer != callee))
        return {};
      writer = callee;
    }
    return writer && callers[writer.getSymNameAttr()].size() == calls.size() ? writer : kernel::FuncOp();
  }

  /// Lets `writer` write its result, and read its weights of the same shape, in that layout; its schedule is chosen
  /// anew.
  LogicalResult writeLaidOut(kernel::FuncOp writer, RankedTensorType type) {
    Block &body = writer.getBody().front();
    ArrayRef<kernel::CallOp> calls = callers[writer.getSymNameAttr()];
    for (BlockArgument argument : body.getArguments()) {
      auto read = cast<RankedTensorType>(argument.getType());
      if (read.getShape() != type.getShape() || !isFromWeights(calls.front()->getOperand(argument.getArgNumber())))
        continue;
      auto laidOut = RankedTensorType::get(type.getShape(), read.getElementType(), type.getEncoding());
      argument.setType(laidOut);
      for (kernel::CallOp call : calls)
        relayout(call->getOpOperand(argument.getArgNumber()), laidOut);
    }
    body.getTerminator()->getOperand(0).setType(type);
    for (kernel::CallOp call : calls)
      call.getResult(0).setType(type);
    writer.setFunctionType(FunctionType::get(&getContext(), body.getArgumentTypes(), type));
    writer.removeScheduleAttr();
    return choose(writer, calls);
  }

  /// Brings operands that depend on weights alone into the layout that the template wants.
  LogicalResult layOutWeights(kernel::FuncOp func, ArrayRef<kernel::CallOp> calls, const proto::Kernel &kernel) {
    int input = -1;
    for (BlockArgument argument : func.getBody().getArguments()) {
      if (feedsOnlyShapes(argument))
        continue;
      ++input;
      unsigned position = argument.getArgNumber();
      kernel::FuncOp writer = writerOfWeights(calls, position);
      const bool isWeight = !calls.empty() && isFromWeights(calls.front()->getOperand(position));
      if (!isWeight && !(writer && isWeightOf(func, argument)))
        continue;
      auto wanted = schedules::wantedLayout(kernel, input);
      if (!wanted)
        return func.emitError() << wanted.error();
      Attribute layout = readLayout(&getContext(), isWeight ? *wanted : inOneBlock(*wanted, argument.getType()));
      auto type = cast<RankedTensorType>(argument.getType());
      if (layout == type.getEncoding())
        continue;
      auto laidOut = RankedTensorType::get(type.getShape(), type.getElementType(), layout);
      argument.setType(laidOut);
      if (!isWeight) {
        if (failed(writeLaidOut(writer, laidOut)))
          return failure();
        continue;
      }
      for (kernel::CallOp call : calls)
        relayout(call->getOpOperand(position), laidOut);
    }
    func.setFunctionType(FunctionType::get(&getContext(), func.getBody().getArgumentTypes(), func.getResultTypes()));
    return success();
  }

  /// The layout with its blocks side by side in one: what a run computes can be looked at with one stride a dimension.
  static proto::Layout inOneBlock(const proto::Layout &layout, Type type) {
    if (layout.block() == 0)
      return layout;
    const int dim = layout.block_dim();
    proto::Layout result;
    for (int position : layout.order())
      if (position != dim)
        result.add_order(position);
    result.add_order(dim);
    ArrayRef<int64_t> shape = cast<RankedTensorType>(type).getShape();
    for (size_t position = 0; position < shape.size(); ++position) {
      const bool isBlocked = static_cast<int>(position) == dim;
      result.add_before(0);
      result.add_after(
          isBlocked ? static_cast<int64_t>(llvm::alignTo(shape[position], layout.block())) - shape[position] : 0);
    }
    return result;
  }

  static bool isWeightOf(kernel::FuncOp func, BlockArgument argument) {
    return llvm::any_of(func.getBody().front().getOps<cnn::ConvolutionOp>(),
                        [&](cnn::ConvolutionOp convolution) { return convolution.getWeight() == argument; });
  }

  static void relayout(OpOperand &operand, Type type) {
    OpBuilder builder(operand.getOwner());
    operand.set(cnn::RelayoutOp::create(builder, operand.get().getLoc(), type, operand.get()));
  }
};

} // namespace
} // namespace convoy::compiler
