#include "compiler/Emit/Program/ProgramTables.h"

#include "compiler/Emit/Emit.h"
#include "compiler/Weights/DataTypes.h"
#include "schedules/limits/Limits.h"

#include <convoy/module.h>

#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace convoy::compiler {

/// The types of module.h and of kernel.proto have the same numbers.
static_assert(static_cast<int>(proto::F32) == CONVOY_F32 && static_cast<int>(proto::BF16) == CONVOY_BF16 &&
              static_cast<int>(proto::I8) == CONVOY_I8 && static_cast<int>(proto::U16) == CONVOY_U16 &&
              static_cast<int>(proto::I64) == CONVOY_I64 && static_cast<int>(proto::BOOL) == CONVOY_BOOL);
static_assert(sizeof(convoy_value) == 16 + 8 * CONVOY_MAX_RANK && sizeof(convoy_launch) == 88 &&
              sizeof(convoy_module) == 184);

std::string joinLayers(const google::protobuf::RepeatedPtrField<std::string> &layers) {
  return llvm::join(layers, " + ");
}

int64_t scratchBytes(const proto::Program &program) {
  constexpr int64_t libraryScratch = 1 << 16;
  bool calls = llvm::any_of(program.steps(), [](const proto::Step &step) { return step.has_library_call(); });
  return std::max<int64_t>(program.scratch_bytes(), calls ? libraryScratch : 0);
}

namespace {

/// The least capability of a device that runs the kernels: what Halide makes code for, which may be less than what they
/// are tuned for.
int64_t capabilityOf(const proto::Target &target) {
  int64_t capability = target.gpu().capability(), ofCode = 0;
  for (llvm::StringRef feature : llvm::split(target.halide(), '-'))
    if (feature.consume_front("cuda_capability_") && !feature.getAsInteger(10, ofCode))
      capability = std::min(capability, ofCode);
  return capability;
}

/// Whether a step is one of the module's launches: what a user sees as a layer.
bool isWatched(const proto::Step &step) { return step.has_launch() || step.has_library_call(); }

class TableWriter {
public:
  TableWriter(LlvmBuilder &builder, const proto::Program &program) : b(builder), program(program) {}

  void write(const std::string &symbol) {
    LLVM::GlobalOp inputs = writeValues(program.inputs(), "convoy_inputs");
    LLVM::GlobalOp outputs = writeValues(program.outputs(), "convoy_outputs");
    LLVM::GlobalOp symbols = writeSymbols();
    LLVM::GlobalOp launches = writeLaunches();
    auto pointerTo = [&](LLVM::GlobalOp global) { return global ? b.addressOf(global) : b.null(); };
    Type p = b.pointer;
    Type type = structOf({b.i32, b.i32, b.i64, p,     p,     p, b.i32, b.i32, b.i32, b.i32, p,     p,     p,    p,
                          p,     b.i64, b.i64, b.i64, b.i64, p, p,     p,     p,     b.i32, b.i32, b.i64, b.i32});
    int64_t launchCount = llvm::count_if(program.steps(), isWatched);
    int64_t hostCalls =
        llvm::count_if(program.steps(), [](const proto::Step &step) { return step.has_library_call(); });
    int64_t arena = program.arena_bytes().has_expression() ? 0 : program.arena_bytes().constant();
    auto table = b.constantOf(type, symbol, LLVM::Linkage::External, [&] {
      return b.aggregate(type, {b.int32(CONVOY_MAGIC),
                                b.int32(CONVOY_ABI_VERSION),
                                b.int64(sizeof(convoy_module)),
                                text(program.name()),
                                text(program.target().halide()),
                                text(compilerVersion()),
                                b.int32(program.inputs_size()),
                                b.int32(program.outputs_size()),
                                b.int32(program.symbols_size()),
                                b.int32(launchCount),
                                pointerTo(inputs),
                                pointerTo(outputs),
                                pointerTo(symbols),
                                pointerTo(launches),
                                program.weight_bytes() > 0 ? b.addressOf(weightsSymbol) : b.null(),
                                b.int64(program.weight_bytes()),
                                b.int64(program.prepared_bytes()),
                                b.int64(arena),
                                b.int64(scratchBytes(program)),
                                b.addressOf(supportedFunction),
                                b.addressOf(planFunction),
                                program.prepare_steps_size() > 0 ? b.addressOf(prepareFunction) : b.null(),
                                b.addressOf(runFunction),
                                b.int32(program.target().has_gpu() ? CONVOY_CUDA : CONVOY_HOST),
                                b.int32(capabilityOf(program.target())),
                                b.int64(program.device_scratch_bytes()),
                                b.int32(program.target().has_gpu() ? hostCalls : 0)});
    });
    table.setVisibility_(LLVM::Visibility::Default);
  }

private:
  Type structOf(ArrayRef<Type> fields) { return LLVM::LLVMStructType::getLiteral(b.builder.getContext(), fields); }
  Value text(StringRef text) { return b.addressOf(b.text(text)); }

  int64_t dimensionOf(const proto::Size &size) const {
    if (!size.has_expression())
      return size.constant();
    const proto::Expression &expression = program.expressions(size.expression());
    return expression.kind() == proto::Expression::SYMBOL ? -1 - expression.lhs().constant() : INT64_MIN;
  }

  LLVM::GlobalOp arrayOf(StringRef name, Type element, ArrayRef<std::function<Value()>> elements) {
    if (elements.empty())
      return {};
    Type type = LLVM::LLVMArrayType::get(element, elements.size());
    return b.constantOf(type, name, LLVM::Linkage::Internal, [&] {
      SmallVector<Value> values;
      for (const auto &build : elements)
        values.push_back(build());
      return b.aggregate(type, values);
    });
  }

  LLVM::GlobalOp writeValues(const google::protobuf::RepeatedPtrField<proto::Port> &ports, StringRef name) {
    Type dims = LLVM::LLVMArrayType::get(b.i64, CONVOY_MAX_RANK);
    Type value = structOf({b.pointer, b.i32, b.i32, dims});
    SmallVector<std::function<Value()>> elements;
    for (const proto::Port &port : ports)
      elements.push_back([this, &port, dims, value] {
        SmallVector<Value> extents;
        for (const proto::Size &size : port.dims())
          extents.push_back(b.int64(dimensionOf(size)));
        for (int dim : port.bounded())
          extents[dim] = b.int64(INT64_MIN);
        extents.resize(CONVOY_MAX_RANK, b.int64(0));
        return b.aggregate(
            value, {text(port.name()), b.int32(port.type()), b.int32(port.dims_size()), b.aggregate(dims, extents)});
      });
    return arrayOf(name, value, elements);
  }

  LLVM::GlobalOp writeSymbols() {
    SmallVector<std::function<Value()>> elements;
    for (const std::string &symbol : program.symbols())
      elements.push_back([this, &symbol] { return text(symbol); });
    return arrayOf("convoy_symbols", b.pointer, elements);
  }

  static std::string describe(const proto::Schedule &schedule) {
    std::string text = schedule.template_name();
    std::map<std::string, int64_t> knobs(schedule.knobs().begin(), schedule.knobs().end());
    for (const auto &[name, value] : knobs)
      text += (text.empty() ? "" : " ") + name + "=" + std::to_string(value);
    return text;
  }

  struct Row {
    std::string layer, kernel, schedule, result;
    int64_t multiplyAdds = 0, bytes = 0, weightBytes = 0, resultBytes = 0, expected = 0;
    int type = CONVOY_F32;
    std::string limits = {};
  };

  /// Bytes of the logical elements; symbols count as 1.
  static int64_t bytesOf(const proto::Buffer &buffer) {
    int64_t bytes = weights::sizeOf(buffer.type());
    for (const proto::Size &dim : buffer.dims())
      bytes *= dim.has_expression() ? 1 : dim.constant();
    return bytes;
  }

  void describeCosts(const proto::Launch &launch, const proto::Kernel &kernel, Row &row) const {
    for (int32_t position : launch.buffers())
      if (proto::Buffer::Space space = program.buffers(position).space();
          space == proto::Buffer::WEIGHTS || space == proto::Buffer::PREPARED)
        row.weightBytes += bytesOf(program.buffers(position));
    for (int i = launch.buffers_size() - std::max(1, kernel.outputs_size()); i < launch.buffers_size(); ++i)
      row.resultBytes += bytesOf(program.buffers(launch.buffers(i)));
    bool multiplies = kernel.anchor() >= 0 && kernel.anchor() < kernel.ops_size() && launch.multiply_adds() > 0;
    row.type = multiplies ? kernel.tensors(kernel.ops(kernel.anchor()).inputs(0)).type()
                          : program.buffers(*launch.buffers().rbegin()).type();
    schedules::Limits limits = schedules::limitsOf(kernel);
    row.expected = static_cast<int64_t>(limits.expected * 1e3);
    row.limits = llvm::join(limits.reasons, "; ");
  }

  Row rowOf(const proto::Step &step) const {
    if (step.has_launch()) {
      const proto::Launch &launch = step.launch();
      const proto::Kernel &kernel = program.kernels(launch.kernel());
      const proto::Buffer &result = program.buffers(*launch.buffers().rbegin());
      Row row = {joinLayers(launch.layers()), kernel.debug().symbol(), describe(kernel.schedule()), result.name(),
                 launch.multiply_adds(),      launch.bytes()};
      describeCosts(launch, kernel, row);
      return row;
    }
    const proto::LibraryCall &call = step.library_call();
    Row row = {joinLayers(call.layers()), "convoy_" + call.function(), "", ""};
    for (int32_t position : call.outputs())
      row.resultBytes += position < 0 ? 0 : bytesOf(program.buffers(position));
    row.bytes = row.resultBytes;
    for (int32_t position : call.inputs())
      row.bytes += position < 0 ? 0 : bytesOf(program.buffers(position)); // An operand may be absent.
    if (call.outputs_size() > 0 && call.outputs(0) >= 0) {
      row.result = program.buffers(call.outputs(0)).name();
      row.type = program.buffers(call.outputs(0)).type();
    }
    row.limits = "a function of the library, element by element";
    return row;
  }

  LLVM::GlobalOp writeLaunches() {
    Type launch =
        structOf({b.pointer, b.pointer, b.pointer, b.pointer, b.i64, b.i64, b.i64, b.i64, b.i64, b.i32, b.pointer});
    SmallVector<std::function<Value()>> elements;
    for (const proto::Step &step : program.steps()) {
      if (!isWatched(step))
        continue;
      elements.push_back([this, &step, launch] {
        Row row = rowOf(step);
        return b.aggregate(launch,
                           {text(row.layer), text(row.kernel), text(row.schedule), text(row.result),
                            b.int64(row.multiplyAdds), b.int64(row.bytes), b.int64(row.weightBytes),
                            b.int64(row.resultBytes), b.int64(row.expected), b.int32(row.type), text(row.limits)});
      });
    }
    return arrayOf("convoy_launches", launch, elements);
  }

  LlvmBuilder &b;
  const proto::Program &program;
};

} // namespace

void writeTables(LlvmBuilder &builder, const proto::Program &program, const std::string &symbol) {
  if (program.weight_bytes() > 0)
    builder.declareBytes(weightsSymbol, program.weight_bytes());
  TableWriter(builder, program).write(symbol);
}

} // namespace convoy::compiler
