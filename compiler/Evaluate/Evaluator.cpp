#include "compiler/Evaluate/Evaluate.h"

#include "compiler/Evaluate/Library.h"
#include "compiler/Evaluate/Native.h"
#include "compiler/Kernels/KernelWriter.h"
#include "schedules/core/Schedules.h"

#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/StringMap.h"

#include <cstring>

using namespace mlir;

namespace convoy::compiler {

namespace {

/// Evaluates blocks of cnn and kernel ops. Types of the evaluated ops become static on the way.
class Evaluator {
public:
  Evaluator(const weights::WeightFile *weights, ModuleOp symbols) : weights(weights), symbols(symbols) {}

  /// Runs a block; the operands of its terminator.
  FailureOr<std::vector<HostValue>> run(Block &block, ArrayRef<HostValue> arguments, const Observer &observer) {
    DenseMap<Value, HostValue> values;
    for (auto [argument, value] : llvm::zip(block.getArguments(), arguments))
      values[argument] = value;
    for (Operation &op : block.without_terminator()) {
      FailureOr<std::vector<HostValue>> results = evaluate(&op, values);
      if (failed(results) || (observer && failed(observer(&op, *results))))
        return failure();
      for (auto [result, value] : llvm::zip(op.getResults(), *results))
        values[result] = std::move(value);
    }
    std::vector<HostValue> yielded;
    for (Value operand : block.getTerminator()->getOperands())
      yielded.push_back(values[operand]);
    return yielded;
  }

private:
  using Values = DenseMap<Value, HostValue>;

  FailureOr<std::vector<HostValue>> evaluate(Operation *op, const Values &values) {
    std::vector<HostValue> operands;
    for (Value operand : op->getOperands())
      operands.push_back(values.lookup(operand));
    if (auto prepare = dyn_cast<kernel::PrepareOp>(op))
      return run(prepare.getBody().front(), {}, nullptr);
    if (auto call = dyn_cast<kernel::CallOp>(op))
      return run(symbols.lookupSymbol<kernel::FuncOp>(call.getCallee()).getBody().front(), operands, nullptr);
    if (auto weight = dyn_cast<cnn::WeightOp>(op))
      return one(readWeight(weight));
    cnn::ShapeAnalysis facts(op->getContext());
    for (auto [operand, value] : llvm::zip(op->getOperands(), operands))
      facts.setFacts(operand, factsOf(value, facts));
    if (failed(facts.visit(op)))
      return failure();
    if (auto call = dyn_cast<cnn::LibraryCallOp>(op))
      return callLibrary(call, operands);
    FailureOr<SmallVector<int64_t>> dims = dimsOf(op->getResult(0), facts);
    if (failed(dims))
      return failure();
    if (std::optional<HostValue> value = evaluateNatively(op, operands, *dims))
      return std::vector<HostValue>{*value};
    if (auto elements = facts.elements(op->getResult(0)))
      return one(fromElements(op, *elements, *dims));
    return one(runKernel(op, operands, facts, *dims));
  }

  static FailureOr<std::vector<HostValue>> one(FailureOr<HostValue> value) {
    if (failed(value))
      return failure();
    return std::vector<HostValue>{std::move(*value)};
  }

  FailureOr<HostValue> readWeight(cnn::WeightOp weight) {
    if (!weights)
      return weight.emitError("the network has no weight file");
    auto entry = weights->get(weight.getValue().getName(), weight.getValue().getHash());
    if (!entry)
      return weight.emitError() << entry.error();
    auto type = weight.getResult().getType();
    if (ArrayRef<int64_t>((*entry)->dims) != type.getShape() ||
        (*entry)->type != weights::dataTypeOf(type.getElementType()))
      return weight.emitError() << "entry '" << weight.getValue().getName() << "' of the weight file is "
                                << weights::describe(**entry);
    HostValue value;
    value.type = (*entry)->type;
    value.dims.assign((*entry)->dims.begin(), (*entry)->dims.end());
    value.data = (*entry)->bytes.data();
    if (reinterpret_cast<uintptr_t>(value.data) % weights::sizeOf(value.type) == 0)
      return value;
    auto [aligned, bytes] = HostValue::make(value.type, value.dims);
    std::memcpy(bytes, value.data, static_cast<size_t>(value.bytes()));
    return aligned;
  }

  /// Dimensions, and the elements of small integer tensors: they may say shapes.
  static cnn::Facts factsOf(const HostValue &value, const cnn::ShapeAnalysis &analysis) {
    cnn::Facts facts;
    for (int64_t extent : value.dims)
      facts.dims.push_back(analysis.constant(extent));
    if ((value.type != proto::I64 && value.type != proto::I32) || value.elements() > 64)
      return facts;
    facts.elements.emplace();
    for (int64_t element = 0; element < value.elements(); ++element) {
      int64_t wide = 0;
      int32_t narrow = 0;
      if (value.type == proto::I64) {
        std::memcpy(&wide, value.data + element * 8, 8);
      } else {
        std::memcpy(&narrow, value.data + element * 4, 4);
        wide = narrow;
      }
      facts.elements->push_back(analysis.constant(wide));
    }
    return facts;
  }

  static FailureOr<SmallVector<int64_t>> dimsOf(Value value, const cnn::ShapeAnalysis &facts) {
    SmallVector<int64_t> dims;
    for (AffineExpr dim : facts.dims(value)) {
      std::optional<int64_t> extent = dim ? cnn::constantOf(dim) : std::nullopt;
      if (!extent)
        return emitError(value.getLoc()) << "a size that depends on data is not known when the op is evaluated";
      dims.push_back(*extent);
    }
    return dims;
  }

  FailureOr<HostValue> fromElements(Operation *op, ArrayRef<AffineExpr> elements, ArrayRef<int64_t> dims) {
    auto element = cast<RankedTensorType>(op->getResult(0).getType()).getElementType();
    auto [value, bytes] = HostValue::make(weights::dataTypeOf(element), dims);
    char *out = bytes;
    int64_t size = weights::sizeOf(value.type);
    for (AffineExpr expression : elements) {
      std::optional<int64_t> number = cnn::constantOf(expression);
      if (!number)
        return op->emitError("an element is not known when the op is evaluated");
      if (isa<FloatType>(element)) {
        APFloat real(static_cast<double>(*number));
        bool lossy = false;
        real.convert(cast<FloatType>(element).getFloatSemantics(), APFloat::rmNearestTiesToEven, &lossy);
        *number = static_cast<int64_t>(real.bitcastToAPInt().getZExtValue());
      }
      std::memcpy(out, &*number, static_cast<size_t>(size));
      out += size;
    }
    return value;
  }

  FailureOr<HostValue> runKernel(Operation *op, ArrayRef<HostValue> operands, const cnn::ShapeAnalysis &facts,
                                 ArrayRef<int64_t> dims) {
    SmallVector<Value> inputs;
    std::vector<schedules::HostTensor> arguments;
    for (OpOperand &operand : op->getOpOperands()) {
      if (feedsShape(operand) || llvm::is_contained(inputs, operand.get()))
        continue;
      inputs.push_back(operand.get());
      const HostValue &value = operands[operand.getOperandNumber()];
      arguments.push_back({const_cast<char *>(value.data), {value.dims.begin(), value.dims.end()}});
    }
    Value output = op->getResult(0);
    FailureOr<proto::Kernel> kernel = writeKernel({op, inputs, output, 0}, facts, schedules::hostTarget());
    if (failed(kernel))
      return failure();
    kernel->mutable_schedule()->set_template_name("plain");
    auto &compiled = kernels[schedules::canonicalForm(*kernel)];
    if (!compiled) {
      auto loaded = schedules::load(*kernel);
      if (!loaded)
        return op->emitError() << loaded.error();
      compiled = std::move(*loaded);
    }
    auto [value, bytes] = HostValue::make(kernel->tensors(kernel->outputs(0)).type(), dims);
    auto done = compiled->run(arguments, {{bytes, {dims.begin(), dims.end()}}});
    if (!done)
      return op->emitError() << done.error();
    return value;
  }

  const weights::WeightFile *weights;
  ModuleOp symbols;
  llvm::StringMap<std::unique_ptr<schedules::InProcessKernel>> kernels;
};

/// The evaluator knows no layouts: every tensor is dense.
void stripLayouts(Operation *root) {
  auto strip = [](Value value) {
    if (auto type = dyn_cast<RankedTensorType>(value.getType()))
      value.setType(RankedTensorType::get(type.getShape(), type.getElementType()));
  };
  root->walk([&](Operation *op) {
    for (Value result : op->getResults())
      strip(result);
    for (Region &region : op->getRegions())
      for (Block &block : region)
        for (BlockArgument argument : block.getArguments())
          strip(argument);
  });
}

} // namespace

FailureOr<std::vector<HostValue>> evaluateNetwork(func::FuncOp network, ArrayRef<HostValue> inputs,
                                                  const weights::WeightFile *weights, const Observer &observer) {
  OwningOpRef<ModuleOp> copy = network->getParentOfType<ModuleOp>().clone();
  auto counterpart = copy->lookupSymbol<func::FuncOp>(network.getSymName());
  stripLayouts(*copy);
  // The observer speaks of the caller's ops.
  DenseMap<Operation *, Operation *> originals;
  for (auto [mine, theirs] : llvm::zip(counterpart.getBody().front(), network.getBody().front()))
    originals[&mine] = &theirs;
  Evaluator evaluator(weights, *copy);
  return evaluator.run(counterpart.getBody().front(), inputs, [&](Operation *op, MutableArrayRef<HostValue> results) {
    return observer ? observer(originals.lookup(op), results) : success();
  });
}

FailureOr<std::vector<std::vector<char>>> evaluatePrepare(kernel::PrepareOp prepare,
                                                          const weights::WeightFile *weights) {
  Operation *copy = prepare->clone();
  stripLayouts(copy);
  Evaluator evaluator(weights, prepare->getParentOfType<ModuleOp>());
  FailureOr<std::vector<HostValue>> values =
      evaluator.run(cast<kernel::PrepareOp>(copy).getBody().front(), {}, nullptr);
  copy->erase();
  if (failed(values))
    return failure();
  std::vector<std::vector<char>> laidOut;
  for (auto [value, result] : llvm::zip(*values, prepare.getResults()))
    laidOut.push_back(layOut(value, writeLayout(result.getType())));
  return laidOut;
}

} // namespace convoy::compiler
