#include "compiler/Emit/Program/Entry.h"
#include "compiler/Emit/Program/ProgramTables.h"
#include "compiler/Weights/DataTypes.h"
#include "runtime/ops/entry.h"
#include "runtime/ops/ops.h"

#include <algorithm>
#include <limits>
#include <map>

using namespace mlir;

namespace convoy::compiler {

/// halide_type_t and the number of dimensions, as one word of the buffer.
static int64_t halideTypeWord(proto::DataType type, int64_t dimensions) {
  constexpr int64_t signedCode = 0, unsignedCode = 1, floatCode = 2, bfloatCode = 4;
  int64_t code = unsignedCode, bits = 8 * weights::sizeOf(type);
  if (type == proto::F32 || type == proto::F64 || type == proto::F16)
    code = floatCode;
  if (type == proto::BF16)
    code = bfloatCode;
  if (type == proto::I8 || type == proto::I16 || type == proto::I32 || type == proto::I64)
    code = signedCode;
  return code | bits << 8 | int64_t(1) << 16 | dimensions << 32;
}

/// The bits of one element of what a layout asks to lie around.
static uint64_t fillBits(const proto::Layout &layout, proto::DataType type) {
  if (layout.fill() == proto::Layout::VALUE)
    return static_cast<uint64_t>(layout.fill_value());
  if (layout.fill() != proto::Layout::LOWEST)
    return 0;
  switch (type) {
  case proto::F64:
    return 0xfff0000000000000; // minus infinity, as of the other floats
  case proto::F32:
    return 0xff800000;
  case proto::F16:
    return 0xfc00;
  case proto::BF16:
    return 0xff80;
  case proto::I8:
  case proto::I16:
  case proto::I32:
  case proto::I64:
    return uint64_t(1) << (8 * weights::sizeOf(type) - 1);
  default:
    return 0;
  }
}

namespace {

/// Writes `run`. Buffers are described in a row of halide_buffer_t on the stack that all launches use; what is already
/// in a slot is not written again.
class RunWriter {
public:
  RunWriter(LlvmBuilder &builder, const proto::Program &program, const std::string &moduleSymbol)
      : b(builder), program(program), entry(builder, program, moduleSymbol), onDevice(program.target().has_gpu()) {}

  void write() {
    LLVM::LLVMFuncOp function =
        b.define(runFunction, b.i32, {b.pointer, b.pointer, b.pointer, b.pointer, b.i64, b.pointer});
    auto arguments = function.getBody().getArguments();
    context = arguments[0], inputs = arguments[1], outputs = arguments[2], arena = arguments[3];
    prepared = arguments[5];
    entry.enter(context, inputs, /*needsData=*/true);
    entry.leaveUnlessOk(b.call("convoy_check_memory", b.i32,
                               {context, entry.moduleAddress(), outputs, arena, arguments[4],
                                b.valueOf(entry.sizes.of(program.arena_bytes())), arguments[5]}));
    entry.describeOutputs(outputs, /*setDevice=*/!onDevice);
    takeWeights(entry.sizes.of(program.host_arena_bytes()));
    findOutputsOnHost();
    Value profile = b.load(b.pointer, context, offsetof(convoy_context, profile));
    Value observe = b.load(b.pointer, context, offsetof(convoy_context, observe));
    watched = LLVM::OrOp::create(b.builder, b.isNotNull(profile), b.isNotNull(observe));
    makeSlots(program.steps());
    for (const proto::Step &step : program.steps())
      writeStep(step);
    LLVM::ReturnOp::create(b.builder, b.int32(CONVOY_OK));
    writeFailure();
  }

  /// `prepare`: the same steps over weights and prepared buffers alone, watched by nobody.
  void writePrepare() {
    LLVM::LLVMFuncOp function = b.define(prepareFunction, b.i32, {b.pointer, b.pointer});
    context = function.getBody().getArguments()[0], prepared = function.getBody().getArguments()[1];
    takeWeights(0);
    makeSlots(program.prepare_steps());
    for (const proto::Step &step : program.prepare_steps()) {
      SmallVector<Value> arguments{context};
      for (int i = 0; i < step.launch().buffers_size(); ++i)
        arguments.push_back(writeSlot(i, step.launch().buffers(i)));
      Value status = callKernel(program.kernels(step.launch().kernel()), arguments);
      if (!onDevice)
        status = LLVM::SelectOp::create(b.builder, b.isNot(status, b.int32(0)), b.int32(CONVOY_KERNEL_FAILED), status);
      entry.leaveUnlessOk(status);
    }
    LLVM::ReturnOp::create(b.builder, b.int32(CONVOY_OK));
  }

private:
  // Device.

  /// What lies outside of the arena; checks the context's device first.
  void takeWeights(const Number &hostArenaBytes) {
    if (program.weight_bytes() > 0)
      weights = b.addressOf(weightsSymbol);
    if (!onDevice)
      return;
    entry.leaveUnlessOk(
        b.call("convoy_check_device", b.i32, {context, entry.moduleAddress(), b.valueOf(hostArenaBytes)}));
    deviceWeights = b.load(b.pointer, context, offsetof(convoy_context, device_weights));
    hostArena = b.load(b.pointer, context, offsetof(convoy_context, host_arena));
  }

  /// Kernels can't return that a launch failed.
  Value callKernel(const proto::Kernel &kernel, ArrayRef<Value> arguments) {
    Value status = b.call(kernel.debug().symbol(), b.i32, arguments);
    return onDevice ? b.call("convoy_device_status", b.i32, {context, status}) : status;
  }

  /// The host's buffers that become outputs as they are.
  void findOutputsOnHost() {
    for (const proto::Step &step : program.steps()) {
      if (!step.has_copy())
        continue;
      const proto::Buffer &to = program.buffers(step.copy().to());
      if (to.space() == proto::Buffer::OUTPUT)
        outputOf[step.copy().from()] = to.index();
    }
  }

  /// Where a buffer of a copy lies: a convoy_device.
  Value deviceOf(const proto::Buffer &buffer) {
    Value tensors = buffer.space() == proto::Buffer::INPUT ? inputs : outputs;
    int64_t offset = buffer.index() * static_cast<int64_t>(sizeof(convoy_tensor));
    switch (buffer.space()) {
    case proto::Buffer::INPUT:
    case proto::Buffer::OUTPUT:
      return b.load(b.i32, tensors, offset + static_cast<int64_t>(offsetof(convoy_tensor, device)));
    case proto::Buffer::HOST_ARENA:
      return b.int32(CONVOY_HOST);
    default:
      return b.int32(CONVOY_CUDA);
    }
  }

  void writeCopy(const proto::Copy &copy) {
    const proto::Buffer &from = program.buffers(copy.from()), &to = program.buffers(copy.to());
    Number bytes = weights::sizeOf(from.type());
    for (const proto::Size &dim : from.dims())
      bytes = b.multiply(bytes, entry.sizes.of(dim));
    entry.leaveUnlessOk(
        b.call("convoy_device_copy", b.i32,
               {context, originOf(copy.to()), deviceOf(to), originOf(copy.from()), deviceOf(from), b.valueOf(bytes)}));
  }

  // Buffers.

  Value baseOf(const proto::Buffer &buffer) {
    auto ofTensor = [&](Value tensors) {
      int64_t offset = buffer.index() * static_cast<int64_t>(sizeof(convoy_tensor));
      return b.load(b.pointer, tensors, offset + static_cast<int64_t>(offsetof(convoy_tensor, data)));
    };
    switch (buffer.space()) {
    case proto::Buffer::INPUT:
      return ofTensor(inputs);
    case proto::Buffer::OUTPUT:
      return ofTensor(outputs);
    case proto::Buffer::WEIGHTS:
      return onDevice && !forHost ? deviceWeights : weights;
    case proto::Buffer::HOST_ARENA:
      return hostArena;
    case proto::Buffer::PREPARED:
      return prepared;
    default:
      return arena;
    }
  }

  const Geometry &geometry(int position) {
    auto known = geometries.find(position);
    if (known == geometries.end())
      known = geometries.emplace(position, geometryOf(b, program.buffers(position), entry.sizes)).first;
    return known->second;
  }

  /// The element of a buffer with all indices zero.
  Value originOf(int position) {
    const proto::Buffer &buffer = program.buffers(position);
    return b.address(baseOf(buffer), b.add(entry.sizes.of(buffer.offset()), geometry(position).origin));
  }

  /// Numbers in memory, `width` bytes each: a constant table, or one on the stack where a number depends on symbols.
  Value tableOf(ArrayRef<Number> numbers, unsigned width) {
    SmallVector<int64_t> words;
    for (const Number &number : numbers)
      if (number.constant)
        words.push_back(*number.constant);
    if (words.size() == numbers.size()) {
      if (width == 8)
        return b.addressOf(b.table(words));
      return b.addressOf(b.table(SmallVector<int32_t>(words.begin(), words.end())));
    }
    Value table = b.stack(width * static_cast<int64_t>(numbers.size()));
    for (auto [position, number] : llvm::enumerate(numbers)) {
      Value word = b.valueOf(number);
      if (width == 4)
        word = LLVM::TruncOp::create(b.builder, b.i32, word);
      b.store(word, table, static_cast<int64_t>(width * position));
    }
    return table;
  }

  /// The halide_dimension_t array of a buffer; buffers of equal dims and layout share it.
  Value dimensionsOf(int position) {
    const proto::Buffer &buffer = program.buffers(position);
    std::string key = buffer.layout().SerializeAsString() + "|";
    for (const proto::Size &size : buffer.dims())
      key += size.SerializeAsString() + ",";
    auto [known, isNew] = dimensions.try_emplace(key);
    if (!isNew)
      return known->second;
    const Geometry &where = geometry(position);
    SmallVector<Number> words;
    auto add = [&](const BufferAxis &axis) { words.append({0, axis.extent, axis.stride, 0}); };
    if (where.blocked)
      add(where.axes.back());
    for (int dim = buffer.dims_size() - 1; dim >= 0; --dim)
      add(where.axisOf(dim));
    return known->second = words.empty() ? b.null() : tableOf(words, 4);
  }

  void makeSlots(const google::protobuf::RepeatedPtrField<proto::Step> &steps) {
    int count = 0;
    for (const proto::Step &step : steps)
      if (step.has_launch())
        count = std::max(count, step.launch().buffers_size());
    int64_t bytes = count * static_cast<int64_t>(sizeof(convoy_halide_buffer));
    slotTypes.assign(count, 0);
    slotDimensions.assign(count, Value());
    if (bytes == 0)
      return;
    slots = b.stack(bytes);
    LLVM::MemsetOp::create(b.builder, slots, b.constant(b.i8, 0), b.int64(bytes), /*isVolatile=*/false);
  }

  Value writeSlot(int slot, int position) {
    const proto::Buffer &buffer = program.buffers(position);
    Value address = b.address(slots, slot * static_cast<int64_t>(sizeof(convoy_halide_buffer)));
    b.store(originOf(position), address,
            onDevice ? offsetof(convoy_halide_buffer, device) : offsetof(convoy_halide_buffer, host));
    int64_t type = halideTypeWord(buffer.type(), buffer.dims_size() + (buffer.layout().block() > 0 ? 1 : 0));
    if (type != slotTypes[slot])
      b.store(b.int64(type), address, offsetof(convoy_halide_buffer, type_code));
    slotTypes[slot] = type;
    Value dims = dimensionsOf(position);
    if (dims != slotDimensions[slot])
      b.store(dims, address, offsetof(convoy_halide_buffer, dim));
    slotDimensions[slot] = dims;
    return address;
  }

  // Steps.

  /// Ops of `write` run only when somebody watches the run.
  void whenWatched(llvm::function_ref<void()> write) {
    Block *rare = b.newBlock(), *next = b.newBlock();
    b.branchRarely(watched, rare, {}, next);
    b.builder.setInsertionPointToEnd(rare);
    write();
    LLVM::BrOp::create(b.builder, ValueRange(), next);
    b.builder.setInsertionPointToEnd(next);
  }

  void checkStatus(Value status) {
    if (!failed) {
      failed = b.newBlock();
      failed->addArguments({b.i32, b.i32}, {b.builder.getLoc(), b.builder.getLoc()});
    }
    b.branchRarely(b.isNot(status, b.int32(0)), failed, {b.int32(launch), status}, b.newBlock());
  }

  void writeFailure() {
    if (!failed)
      return;
    b.builder.setInsertionPointToEnd(failed);
    Value status = b.call("convoy_launch_failed", b.i32,
                          {context, entry.moduleAddress(), failed->getArgument(0), failed->getArgument(1)});
    LLVM::ReturnOp::create(b.builder, status);
  }

  void writeStep(const proto::Step &step) {
    if (step.has_fill())
      return writeFill(step.fill().buffer());
    if (step.has_copy())
      return writeCopy(step.copy());
    if (step.has_launch())
      writeLaunch(step.launch());
    else
      writeLibraryCall(step.library_call());
    ++launch;
  }

  void writeLaunch(const proto::Launch &step) {
    SmallVector<Value> arguments{context};
    for (int i = 0; i < step.buffers_size(); ++i)
      arguments.push_back(writeSlot(i, step.buffers(i)));
    whenWatched([&] { b.call("convoy_before_launch", {context, b.int32(launch)}); });
    const proto::Kernel &kernel = program.kernels(step.kernel());
    checkStatus(callKernel(kernel, arguments));
    const proto::Buffer &result = program.buffers(*step.buffers().rbegin());
    // A blocked tensor has no strides to be shown with.
    bool shown = result.layout().block() == 0;
    whenWatched([&] {
      b.call("convoy_after_launch",
             {context, b.int32(launch), shown ? arguments.back() : b.null(), b.int32(result.type())});
    });
  }

  void writeFill(int position) {
    const proto::Buffer &buffer = program.buffers(position);
    const Geometry &where = geometry(position);
    if (where.axes.empty())
      return;
    SmallVector<Number> words;
    for (const BufferAxis &axis : where.axes) {
      bool skip = &axis == &where.axes.back() && buffer.layout().shared();
      words.append({axis.extent, skip ? 0 : axis.before, skip ? 0 : axis.after, axis.stride});
    }
    int64_t value = static_cast<int64_t>(fillBits(buffer.layout(), buffer.type()));
    b.call("convoy_fill", {originOf(position), tableOf(words, 8), b.int32(static_cast<int64_t>(where.axes.size())),
                           b.int32(weights::sizeOf(buffer.type())), b.int64(value)});
  }

  // Library functions.

  void writeTensor(Value tensor, int position) {
    if (position < 0) {
      b.store(b.null(), tensor, offsetof(convoy_tensor, data));
      return;
    }
    const proto::Buffer &buffer = program.buffers(position);
    const Geometry &where = geometry(position);
    b.store(originOf(position), tensor, offsetof(convoy_tensor, data));
    for (const BufferAxis &axis : where.axes) {
      b.store(b.valueOf(axis.extent), tensor, static_cast<int64_t>(offsetof(convoy_tensor, dims)) + 8 * axis.dim);
      b.store(b.valueOf(axis.stride), tensor, static_cast<int64_t>(offsetof(convoy_tensor, strides)) + 8 * axis.dim);
    }
    b.store(b.int32(buffer.dims_size()), tensor, offsetof(convoy_tensor, rank));
    b.store(b.int32(buffer.type()), tensor, offsetof(convoy_tensor, type));
    b.store(b.int32(CONVOY_HOST), tensor, offsetof(convoy_tensor, device));
  }

  Value writeTensors(const google::protobuf::RepeatedField<int32_t> &positions) {
    int64_t bytes = positions.size() * static_cast<int64_t>(sizeof(convoy_tensor));
    if (bytes == 0)
      return b.null();
    Value tensors = b.stack(bytes);
    LLVM::MemsetOp::create(b.builder, tensors, b.constant(b.i8, 0), b.int64(bytes), /*isVolatile=*/false);
    for (int i = 0; i < positions.size(); ++i)
      writeTensor(b.address(tensors, i * static_cast<int64_t>(sizeof(convoy_tensor))), positions[i]);
    return tensors;
  }

  /// Where a result's size depends on data, the function has set its dimensions: the caller is told.
  void returnDimensions(Value tensors, const google::protobuf::RepeatedField<int32_t> &positions) {
    for (int i = 0; i < positions.size(); ++i) {
      const proto::Buffer &buffer = program.buffers(positions[i]);
      auto copied = outputOf.find(positions[i]);
      if (buffer.space() != proto::Buffer::OUTPUT && copied == outputOf.end())
        continue;
      int output = copied == outputOf.end() ? buffer.index() : copied->second;
      for (int dim = 0; dim < buffer.dims_size(); ++dim) {
        int64_t place = static_cast<int64_t>(offsetof(convoy_tensor, dims)) + 8 * dim;
        Value extent = b.load(b.i64, tensors, i * static_cast<int64_t>(sizeof(convoy_tensor)) + place);
        b.store(extent, outputs, output * static_cast<int64_t>(sizeof(convoy_tensor)) + place);
      }
    }
  }

  void writeLibraryCall(const proto::LibraryCall &step) {
    forHost = true;
    Value given = writeTensors(step.inputs()), results = writeTensors(step.outputs());
    Value options = b.null();
    if (step.options_size() > 0)
      options = b.addressOf(b.table(SmallVector<int64_t>(step.options().begin(), step.options().end())));
    if (onDevice)
      checkStatus(b.call("convoy_device_synchronize", b.i32, {context}));
    whenWatched([&] { b.call("convoy_before_launch", {context, b.int32(launch)}); });
    checkStatus(b.call("convoy_" + step.function(), b.i32, {context, given, results, options}));
    whenWatched([&] { b.call("convoy_after_call", {context, b.int32(launch), results}); });
    returnDimensions(results, step.outputs());
    forHost = false;
  }

  LlvmBuilder &b;
  const proto::Program &program;
  Entry entry;
  const bool onDevice;
  bool forHost = false; ///< Addresses are those of a library call.
  Value context, inputs, outputs, arena, weights, prepared, watched, slots, deviceWeights, hostArena;
  std::map<int, int> outputOf; ///< Of the buffers that are copied to outputs.
  Block *failed = nullptr;
  int launch = 0;
  std::map<int, Geometry> geometries;
  std::map<std::string, Value> dimensions;
  std::vector<int64_t> slotTypes;
  std::vector<Value> slotDimensions;
};

} // namespace

void writeRun(LlvmBuilder &builder, const proto::Program &program, const std::string &moduleSymbol) {
  RunWriter(builder, program, moduleSymbol).write();
}

void writePrepare(LlvmBuilder &builder, const proto::Program &program, const std::string &moduleSymbol) {
  if (program.prepare_steps_size() > 0)
    RunWriter(builder, program, moduleSymbol).writePrepare();
}

} // namespace convoy::compiler
