#include "compiler/Kernels/KernelWriter.h"
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
    DenseMap<StringAttr, SmallVector<kernel::CallOp>> callers;
    getOperation().walk([&](kernel::CallOp call) { callers[call.getCalleeAttr().getAttr()].push_back(call); });
    for (auto func : getOperation().getOps<kernel::FuncOp>())
      if (failed(choose(func, callers[func.getSymNameAttr()], *parsed)))
        return signalPassFailure();
  }

private:
  LogicalResult choose(kernel::FuncOp func, ArrayRef<kernel::CallOp> calls, const proto::Target &machine) {
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

  /// Brings operands that depend on weights alone into the layout that the template wants.
  LogicalResult layOutWeights(kernel::FuncOp func, ArrayRef<kernel::CallOp> calls, const proto::Kernel &kernel) {
    int input = -1;
    for (BlockArgument argument : func.getBody().getArguments()) {
      if (feedsOnlyShapes(argument))
        continue;
      ++input;
      unsigned position = argument.getArgNumber();
      if (calls.empty() || !isFromWeights(calls.front()->getOperand(position)))
        continue;
      auto wanted = schedules::wantedLayout(kernel, input);
      if (!wanted)
        return func.emitError() << wanted.error();
      Attribute layout = readLayout(&getContext(), *wanted);
      auto type = cast<RankedTensorType>(argument.getType());
      if (layout == type.getEncoding())
        continue;
      auto laidOut = RankedTensorType::get(type.getShape(), type.getElementType(), layout);
      argument.setType(laidOut);
      for (kernel::CallOp call : calls)
        relayout(call->getOpOperand(position), laidOut);
    }
    func.setFunctionType(FunctionType::get(&getContext(), func.getBody().getArgumentTypes(), func.getResultTypes()));
    return success();
  }

  static void relayout(OpOperand &operand, Type type) {
    OpBuilder builder(operand.getOwner());
    operand.set(cnn::RelayoutOp::create(builder, operand.get().getLoc(), type, operand.get()));
  }
};

} // namespace
} // namespace convoy::compiler
