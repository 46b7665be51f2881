#include "compiler/Kernels/KernelWriter.h"
#include "compiler/Plan/Bounds.h"
#include "compiler/Plan/Expressions.h"
#include "compiler/Plan/Plan.h"
#include "compiler/Plan/Spaces.h"
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
    if (isOnDevice())
      copyInputs();
    for (Operation &op : network.getBody().front())
      if (isStep(&op) && failed(writeStep(&op)))
        return failure();
    if (isOnDevice()) {
      copyOutputs();
      warnOfCrossings();
    }
    return std::move(program);
  }

private:
  /// Whether kernels run on a device: all that they see lies in its memory.
  bool isOnDevice() const { return program.target().has_gpu(); }
  int64_t alignment() const { return isOnDevice() ? deviceAlignment : hostAlignment; }

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
      total = static_cast<int64_t>(llvm::alignTo(total + static_cast<int64_t>(entry.size()), alignment()));
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
      total += static_cast<int64_t>(llvm::alignTo(cnn::constantOf(bytesOfClass(members)).value_or(0), alignment()));
    }
    program.set_prepared_bytes(total);
  }

  /// On a device, inputs and outputs have their place in the arena too; what only library calls use has none.
  void placeArena() {
    SmallVector<Tenant> tenants, onHost;
    int end = 0;
    for (const StorageClass &members : storage.classes())
      end = std::max(end, members.last + 1);
    for (auto [position, members] : llvm::enumerate(storage.classes())) {
      int number = static_cast<int>(position);
      bool isPort = members.input >= 0 || members.output >= 0;
      if (members.weight >= 0 || members.last < 0 || (members.first < 0 && members.input < 0))
        continue;
      Tenant tenant{number, bytesOfClass(members), members.input >= 0 ? 0 : members.first,
                    members.output >= 0 ? end : members.last};
      if (isOnDevice() ? members.inKernels && !members.prepared : !isPort)
        tenants.push_back(tenant);
      if (isOnDevice() && members.firstOnHost >= 0)
        onHost.push_back({number, tenant.bytes, members.input >= 0 ? 0 : members.firstOnHost,
                          members.madeOnHost && members.output >= 0 ? end : members.lastOnHost});
    }
    SpacePlan arena = placeTenants(tenants, alignment(), expressions);
    arenaOffsets = std::move(arena.offsets);
    *program.mutable_arena_bytes() = arena.bytes;
    if (!onHost.empty()) {
      SpacePlan host = placeTenants(onHost, hostAlignment, expressions);
      hostOffsets = std::move(host.offsets);
      *program.mutable_host_arena_bytes() = host.bytes;
    }
  }

  /// The buffer of a value, written on first use.
  int bufferOf(Value value) {
    auto [entry, isNew] = buffers.try_emplace(value, program.buffers_size());
    if (!isNew)
      return entry->second;
    int number = storage.classOf(value);
    const StorageClass &members = storage.classes()[number];
    proto::Buffer &buffer = describe(value);
    if (members.weight >= 0) {
      buffer.set_space(proto::Buffer::WEIGHTS);
      buffer.mutable_offset()->set_constant(weightOffsets[members.weight]);
    } else if (members.prepared) {
      buffer.set_space(proto::Buffer::PREPARED);
      buffer.mutable_offset()->set_constant(preparedOffsets[number]);
    } else if (members.input >= 0 && !isOnDevice()) {
      buffer.set_space(proto::Buffer::INPUT);
      buffer.set_index(members.input);
    } else if (members.output >= 0 && !isOnDevice()) {
      buffer.set_space(proto::Buffer::OUTPUT);
      buffer.set_index(members.output);
    } else {
      buffer.set_space(proto::Buffer::ARENA);
      *buffer.mutable_offset() = arenaOffsets[number];
    }
    return entry->second;
  }

  /// A new buffer for a value, without a place.
  proto::Buffer &describe(Value value) {
    proto::Buffer &buffer = *program.add_buffers();
    auto type = cast<RankedTensorType>(value.getType());
    buffer.set_name(nameOf(value));
    buffer.set_type(weights::dataTypeOf(type.getElementType()));
    *buffer.mutable_layout() = writeLayout(type);
    for (AffineExpr dim : facts.dims(value))
      *buffer.add_dims() = expressions.write(dim);
    buffer.mutable_offset()->set_constant(0);
    return buffer;
  }

  // Device and host.

  /// What a library call sees of a value: weights lie in the host's memory as well, all else in its arena.
  int hostBufferOf(Value value) {
    int number = storage.classOf(value);
    if (storage.classes()[number].weight >= 0)
      return bufferOf(value);
    auto [entry, isNew] = hostBuffers.try_emplace(value, program.buffers_size());
    if (!isNew)
      return entry->second;
    proto::Buffer &buffer = describe(value);
    buffer.set_space(proto::Buffer::HOST_ARENA);
    *buffer.mutable_offset() = hostOffsets[number];
    return entry->second;
  }

  int portBufferOf(Value value, proto::Buffer::Space space, int index) {
    int position = program.buffers_size();
    proto::Buffer &buffer = describe(value);
    buffer.set_name((space == proto::Buffer::INPUT ? program.inputs(index) : program.outputs(index)).name());
    buffer.set_space(space);
    buffer.set_index(index);
    return position;
  }

  void addCopy(int from, int to, const proto::LibraryCall *crossing = nullptr) {
    proto::Copy &copy = *program.add_steps()->mutable_copy();
    copy.set_from(from);
    copy.set_to(to);
    if (crossing)
      *copy.mutable_layers() = crossing->layers();
  }

  void copyInputs() {
    for (auto [position, argument] : llvm::enumerate(network.getArguments())) {
      const StorageClass &members = storage.classes()[storage.classOf(argument)];
      int from = -1;
      for (bool onHost : {false, true})
        if (onHost ? members.firstOnHost >= 0 : members.inKernels) {
          if (from < 0)
            from = portBufferOf(argument, proto::Buffer::INPUT, static_cast<int>(position));
          addCopy(from, onHost ? hostBufferOf(argument) : bufferOf(argument));
        }
    }
  }

  void copyOutputs() {
    auto done = cast<func::ReturnOp>(network.getBody().front().getTerminator());
    for (auto [position, value] : llvm::enumerate(done.getOperands())) {
      bool onHost = storage.classes()[storage.classOf(value)].madeOnHost;
      int from = onHost ? hostBufferOf(value) : bufferOf(value);
      addCopy(from, portBufferOf(value, proto::Buffer::OUTPUT, static_cast<int>(position)));
    }
  }

  /// Brings to the host what a library call reads and no other has read before it.
  void bringToHost(Operation *op, int step, const proto::LibraryCall &call) {
    DenseSet<int> brought;
    for (Value operand : op->getOperands()) {
      int number = storage.classOf(operand);
      const StorageClass &members = storage.classes()[number];
      bool isThere = members.weight >= 0 || members.madeOnHost || members.input >= 0;
      if (!isThere && members.firstOnHost == step && brought.insert(number).second)
        addCopy(bufferOf(operand), hostBufferOf(operand), &call);
    }
  }

  void bringToDevice(Operation *op, const proto::LibraryCall &call) {
    for (Value result : op->getResults())
      if (storage.classes()[storage.classOf(result)].inKernels)
        addCopy(hostBufferOf(result), bufferOf(result), &call);
  }

  int64_t bytesOf(const proto::Buffer &buffer) const {
    int64_t bytes = weights::sizeOf(buffer.type());
    for (const proto::Size &dim : buffer.dims())
      bytes *= dim.has_expression() ? 1 : dim.constant();
    return bytes;
  }

  /// A network that spends more time on the way between device and host than in its kernels is better off on the host.
  /// Rates of an A100 behind PCIe 4.0, in bytes or multiply-adds per microsecond; a launch takes two at least.
  void warnOfCrossings() {
    constexpr double crossingRate = 25e3, memoryRate = 1.5e6, arithmeticRate = 8e6, least = 2;
    int64_t crossing = 0, calls = 0;
    double kernelTime = 0;
    for (const proto::Step &step : program.steps()) {
      calls += step.has_library_call();
      if (step.has_copy() && step.copy().layers_size() > 0)
        crossing += bytesOf(program.buffers(step.copy().from()));
      if (step.has_launch())
        kernelTime += std::max({least, static_cast<double>(step.launch().bytes()) / memoryRate,
                                static_cast<double>(step.launch().multiply_adds()) / arithmeticRate});
    }
    double crossingTime = static_cast<double>(crossing) / crossingRate;
    if (crossingTime > kernelTime)
      network.emitWarning() << calls << (calls == 1 ? " layer runs" : " layers run") << " on the host; in each run "
                            << crossing << " bytes go between it and the device, which takes about "
                            << static_cast<int64_t>(crossingTime) << " us, and all kernels about "
                            << static_cast<int64_t>(kernelTime) << " us: the network may be faster on the host alone";
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
    if (!storage.runsAtPrepare(op))
      ++stepNumber;
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
    auto place = [&](Value value) { return isOnDevice() ? hostBufferOf(value) : bufferOf(value); };
    for (Value operand : op.getOperands())
      call.add_inputs(place(operand));
    for (Value result : op.getResults())
      call.add_outputs(place(result));
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
    if (isOnDevice())
      bringToHost(op, stepNumber, call);
    *program.add_steps()->mutable_library_call() = call;
    if (isOnDevice())
      bringToDevice(op, call);
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
  DenseMap<int, proto::Size> arenaOffsets, hostOffsets;
  DenseMap<int, int64_t> preparedOffsets;
  DenseMap<Value, int> buffers, hostBuffers;
  int stepNumber = -1; ///< Of a run, as StorageMap counts.
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
