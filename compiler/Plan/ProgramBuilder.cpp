#include "compiler/Kernels/KernelWriter.h"
#include "compiler/Plan/Arena.h"
#include "compiler/Plan/Bounds.h"
#include "compiler/Plan/Expressions.h"
#include "compiler/Plan/Plan.h"
#include "compiler/Plan/Storage.h"
#include "compiler/Plan/Work.h"
#include "compiler/Weights/DataTypes.h"
#include "schedules/core/Schedules.h"

#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileOutputBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/xxhash.h"

using namespace mlir;

namespace convoy::compiler {

/// Buffers begin at a multiple of this; see CONVOY_ALIGNMENT.
constexpr int64_t bufferAlignment = 64;

namespace {

/// Builds the program of one network.
class ProgramBuilder {
public:
  ProgramBuilder(func::FuncOp network, const PlanOptions &options, const proto::Target &target)
      : network(network), options(options), facts(network.getContext()), storage(network),
        expressions(program, network.getContext()) {
    program.set_name(options.name);
    *program.mutable_target() = target;
  }

  FailureOr<proto::Program> build(const PrepareEvaluator &evaluate) {
    if (failed(cnn::analyzeFunction(network, facts)) || failed(bounds.find(network, facts)))
      return failure();
    for (const std::string &name : facts.symbolNames())
      program.add_symbols(name);
    writePorts();
    writeRequirements();
    if (failed(writeWeights(evaluate)) || failed(writeKernels()))
      return failure();
    placePrepared();
    placeArena();
    for (Operation &op : network.getBody().front())
      if (isStep(&op) && failed(writeStep(&op)))
        return failure();
    return std::move(program);
  }

private:
  void writePorts() {
    auto done = cast<func::ReturnOp>(network.getBody().front().getTerminator());
    auto write = [&](proto::Port &port, Value value, StringAttr name, const std::string &fallback) {
      port.set_name(name ? name.getValue().str() : fallback);
      port.set_type(weights::dataTypeOf(cast<RankedTensorType>(value.getType()).getElementType()));
      for (AffineExpr dim : facts.dims(value))
        *port.add_dims() = expressions.write(dim);
      for (int dim : bounds.of(value))
        port.add_bounded(dim);
    };
    for (auto [position, argument] : llvm::enumerate(network.getArguments()))
      write(*program.add_inputs(), argument, network.getArgAttrOfType<StringAttr>(position, "cnn.name"),
            "input" + std::to_string(position));
    for (auto [position, value] : llvm::enumerate(done.getOperands()))
      write(*program.add_outputs(), value, network.getResultAttrOfType<StringAttr>(position, "cnn.name"),
            "output" + std::to_string(position));
  }

  /// What shape rules could not decide for all extents of the inputs.
  void writeRequirements() {
    for (const cnn::Assumption &assumption : facts.assumptions()) {
      proto::Requirement &requirement = *program.add_requirements();
      requirement.set_kind(assumption.kind == cnn::Assumption::Zero ? proto::Requirement::ZERO
                                                                    : proto::Requirement::NOT_NEGATIVE);
      *requirement.mutable_value() = expressions.write(assumption.expression);
      assumption.location->walk([&](Location part) {
        auto name = dyn_cast<NameLoc>(part);
        if (name)
          requirement.set_layer(name.getName().str());
        return name ? WalkResult::interrupt() : WalkResult::advance();
      });
    }
  }

  /// Evaluates `prepare` and writes its results one after the other into the file of the weight section.
  LogicalResult writeWeights(const PrepareEvaluator &evaluate) {
    std::vector<std::vector<char>> entries;
    for (auto prepare : network.getBody().getOps<kernel::PrepareOp>()) {
      FailureOr<std::vector<std::vector<char>>> evaluated = evaluate(prepare);
      if (failed(evaluated))
        return failure();
      entries = std::move(*evaluated);
    }
    int64_t total = 0;
    for (const std::vector<char> &entry : entries) {
      weightOffsets.push_back(total);
      total = static_cast<int64_t>(llvm::alignTo(total + static_cast<int64_t>(entry.size()), bufferAlignment));
    }
    auto file = llvm::FileOutputBuffer::create(options.weightsPath, total);
    if (!file)
      return network.emitError() << options.weightsPath << ": " << llvm::toString(file.takeError());
    for (auto [offset, entry] : llvm::zip(weightOffsets, entries))
      std::copy(entry.begin(), entry.end(), (*file)->getBufferStart() + offset);
    program.set_weights_hash(llvm::xxh3_64bits(ArrayRef<uint8_t>((*file)->getBufferStart(), total)));
    program.set_weight_bytes(total);
    program.set_weights_file(llvm::sys::path::filename(options.weightsPath).str());
    if (llvm::Error error = (*file)->commit())
      return network.emitError() << options.weightsPath << ": " << llvm::toString(std::move(error));
    return success();
  }

  LogicalResult writeKernels() {
    for (auto func : network->getParentOfType<ModuleOp>().getOps<kernel::FuncOp>()) {
      FailureOr<proto::Kernel> kernel = writeKernel(func, program.target());
      if (failed(kernel))
        return failure();
      kernelNumbers[func.getSymNameAttr()] = program.kernels_size();
      kernel->mutable_debug()->set_symbol(func.getSymName().str());
      *program.add_kernels() = std::move(*kernel);
    }
    return success();
  }

  AffineExpr bytesOfClass(const StorageClass &members) const {
    AffineExpr largest;
    for (Value member : members.members) {
      proto::Layout layout = writeLayout(member.getType());
      auto element = cast<RankedTensorType>(member.getType()).getElementType();
      AffineExpr bytes = expressions.allocatedBytes(facts.dims(member), layout, weights::dataTypeOf(element));
      std::optional<int64_t> known = cnn::constantOf(bytes);
      if (!largest || (known && cnn::constantOf(largest).value_or(INT64_MAX) < *known) ||
          (!layout.shared() && !cnn::constantOf(largest)))
        largest = bytes;
    }
    return largest;
  }

  /// What is written once stays: nothing shares its memory.
  void placePrepared() {
    int64_t total = 0;
    for (auto [number, members] : llvm::enumerate(storage.classes())) {
      if (!members.prepared)
        continue;
      preparedOffsets[static_cast<int>(number)] = total;
      total += static_cast<int64_t>(llvm::alignTo(cnn::constantOf(bytesOfClass(members)).value_or(0), bufferAlignment));
    }
    program.set_prepared_bytes(total);
  }

  /// Static sizes are placed now; symbolic ones share slots whose sizes are known when the module runs.
  void placeArena() {
    std::vector<int> numbers;
    std::vector<Lifetime> lifetimes;
    SmallVector<AffineExpr> sizes;
    for (auto [number, members] : llvm::enumerate(storage.classes())) {
      if (members.input >= 0 || members.output >= 0 || members.weight >= 0 || members.first < 0)
        continue;
      sizes.push_back(bytesOfClass(members));
      numbers.push_back(static_cast<int>(number));
      lifetimes.push_back({cnn::constantOf(sizes.back()).value_or(0), members.first, members.last});
    }
    bool isStatic = llvm::all_of(sizes, [](AffineExpr size) { return cnn::constantOf(size).has_value(); });
    if (isStatic) {
      Placement placement = placeBuffers(lifetimes, bufferAlignment);
      for (auto [number, offset] : llvm::zip(numbers, placement.offsets))
        arenaOffsets[number].set_constant(offset);
      program.mutable_arena_bytes()->set_constant(placement.bytes);
      return;
    }
    placeSlots(numbers, lifetimes, sizes);
  }

  void placeSlots(ArrayRef<int> numbers, const std::vector<Lifetime> &lifetimes, ArrayRef<AffineExpr> sizes) {
    std::vector<int> slots = assignSlots(lifetimes);
    std::vector<proto::Size> slotBytes(slots.empty() ? 0 : *llvm::max_element(slots) + 1);
    for (auto [slot, size] : llvm::zip(slots, sizes))
      slotBytes[slot] =
          expressions.maximum(slotBytes[slot], expressions.roundUp(expressions.write(size), bufferAlignment));
    std::vector<proto::Size> offsets;
    proto::Size total;
    total.set_constant(0);
    for (const proto::Size &bytes : slotBytes) {
      offsets.push_back(total);
      total = expressions.sum(total, bytes);
    }
    for (auto [number, slot] : llvm::zip(numbers, slots))
      arenaOffsets[number] = offsets[slot];
    *program.mutable_arena_bytes() = total;
  }

  /// The buffer of a value, written on first use.
  int bufferOf(Value value) {
    auto [entry, isNew] = buffers.try_emplace(value, program.buffers_size());
    if (!isNew)
      return entry->second;
    int number = storage.classOf(value);
    const StorageClass &members = storage.classes()[number];
    proto::Buffer &buffer = *program.add_buffers();
    auto type = cast<RankedTensorType>(value.getType());
    buffer.set_name(nameOf(value));
    buffer.set_type(weights::dataTypeOf(type.getElementType()));
    *buffer.mutable_layout() = writeLayout(type);
    for (AffineExpr dim : facts.dims(value))
      *buffer.add_dims() = expressions.write(dim);
    buffer.mutable_offset()->set_constant(0);
    if (members.weight >= 0) {
      buffer.set_space(proto::Buffer::WEIGHTS);
      buffer.mutable_offset()->set_constant(weightOffsets[members.weight]);
    } else if (members.prepared) {
      buffer.set_space(proto::Buffer::PREPARED);
      buffer.mutable_offset()->set_constant(preparedOffsets[number]);
    } else if (members.input >= 0) {
      buffer.set_space(proto::Buffer::INPUT);
      buffer.set_index(members.input);
    } else if (members.output >= 0) {
      buffer.set_space(proto::Buffer::OUTPUT);
      buffer.set_index(members.output);
    } else {
      buffer.set_space(proto::Buffer::ARENA);
      *buffer.mutable_offset() = arenaOffsets[number];
    }
    return entry->second;
  }

  std::string nameOf(Value value) const {
    Operation *definer = value.getDefiningOp();
    auto call = dyn_cast_or_null<kernel::CallOp>(definer);
    if (call && !call.getLayers().empty())
      return cast<StringAttr>(call.getLayers().getValue().back()).getValue().str();
    if (!definer && isa<BlockArgument>(value))
      return program.inputs(static_cast<int>(cast<BlockArgument>(value).getArgNumber())).name();
    return definer ? definer->getName().stripDialect().str() : "";
  }

  /// Surroundings that readers rely on are written before the first step that writes into the class.
  void writeFill(Value result) {
    int number = storage.classOf(result);
    if (!filled.insert(number).second)
      return;
    for (Value member : storage.classes()[number].members) {
      proto::Layout layout = writeLayout(member.getType());
      if (layout.fill() == proto::Layout::NONE || layout.shared())
        continue;
      program.add_steps()->mutable_fill()->set_buffer(bufferOf(member));
      return;
    }
  }

  LogicalResult writeStep(Operation *op) {
    if (!storage.runsAtPrepare(op))
      for (Value result : op->getResults())
        writeFill(result);
    if (auto call = dyn_cast<kernel::CallOp>(op))
      return writeLaunch(call);
    return writeLibraryCall(cast<cnn::LibraryCallOp>(op));
  }

  LogicalResult writeLaunch(kernel::CallOp call) {
    int number = kernelNumbers.lookup(call.getCalleeAttr().getAttr());
    auto func = SymbolTable::lookupNearestSymbolFrom<kernel::FuncOp>(call, call.getCalleeAttr());
    SmallVector<int> arguments;
    for (auto [argument, operand] : llvm::zip(func.getBody().getArguments(), call.getOperands()))
      if (!feedsOnlyShapes(argument))
        arguments.push_back(bufferOf(operand));
    for (Value result : call.getResults())
      arguments.push_back(bufferOf(result));
    proto::Step &step = storage.runsAtPrepare(call) ? *program.add_prepare_steps() : *program.add_steps();
    proto::Launch &launch = *step.mutable_launch();
    launch.set_kernel(number);
    launch.mutable_buffers()->Assign(arguments.begin(), arguments.end());
    proto::Debug &debug = *program.mutable_kernels(number)->mutable_debug();
    for (StringAttr layer : call.getLayers().getAsRange<StringAttr>()) {
      launch.add_layers(layer.getValue().str());
      debug.add_layers(layer.getValue().str());
    }
    Work work = workOf(program.kernels(number));
    launch.set_multiply_adds(work.multiplyAdds);
    launch.set_bytes(work.bytes);
    return success();
  }

  LogicalResult writeLibraryCall(cnn::LibraryCallOp op) {
    proto::LibraryCall call;
    call.set_function(op.getFunction().str());
    for (Value operand : op.getOperands())
      call.add_inputs(bufferOf(operand));
    for (Value result : op.getResults())
      call.add_outputs(bufferOf(result));
    ArrayRef<NamedAttribute> options =
        op.getOptionsAttr() ? op.getOptionsAttr().getValue() : ArrayRef<NamedAttribute>();
    for (NamedAttribute option : options)
      if (auto number = dyn_cast<IntegerAttr>(option.getValue()))
        call.add_options(number.getInt());
      else
        return op.emitError() << "option " << option.getName() << " is not an integer";
    op.getLoc()->walk([&](Location part) {
      if (auto name = dyn_cast<NameLoc>(part))
        call.add_layers(name.getName().str());
      return WalkResult::advance();
    });
    *program.add_steps()->mutable_library_call() = std::move(call);
    return success();
  }

  func::FuncOp network;
  const PlanOptions &options;
  cnn::ShapeAnalysis facts;
  ResultBounds bounds;
  StorageMap storage;
  proto::Program program;
  ExpressionWriter expressions;
  std::vector<int64_t> weightOffsets;
  DenseMap<StringAttr, int> kernelNumbers;
  DenseMap<int, proto::Size> arenaOffsets;
  DenseMap<int, int64_t> preparedOffsets;
  DenseMap<Value, int> buffers;
  DenseSet<int> filled;
};

} // namespace

FailureOr<proto::Program> planProgram(ModuleOp module, const PlanOptions &options, const PrepareEvaluator &evaluate) {
  auto target = schedules::parseTarget(options.target);
  if (!target)
    return module.emitError() << "target '" << options.target << "': " << target.error();
  auto networks = module.getOps<func::FuncOp>();
  if (networks.empty())
    return module.emitError("no network in the module");
  return ProgramBuilder(*networks.begin(), options, *target).build(evaluate);
}

} // namespace convoy::compiler
