#include "compiler/Emit/Program/Entry.h"

#include "compiler/Emit/Program/Codegen.h"
#include "compiler/Emit/Program/ProgramTables.h"
#include "runtime/ops/entry.h"

#include <set>

using namespace mlir;

namespace convoy::compiler {

void Entry::leaveUnlessOk(Value status) {
  Block *leave = b.newBlock(), *next = b.newBlock();
  b.branchRarely(b.isNot(status, b.int32(0)), leave, {}, next);
  OpBuilder::InsertionGuard guard(b.builder);
  b.builder.setInsertionPointToEnd(leave);
  LLVM::ReturnOp::create(b.builder, status);
}

static void store64(LlvmBuilder &b, Value base, size_t offset, const Number &number) {
  b.store(b.valueOf(number), base, static_cast<int64_t>(offset));
}

void Entry::enter(Value context, Value inputs, bool needsData) {
  Value symbols = program.symbols_size() > 0 ? b.stack(8 * program.symbols_size()) : b.null();
  leaveUnlessOk(b.call("convoy_enter", b.i32, {context, moduleAddress(), inputs, b.int32(needsData), symbols}));
  sizes.evaluate(symbols);
  if (program.expressions_size() > 0)
    checkSizes(context);
}

namespace {

/// A row of the table that convoy_check_extents walks.
struct ExtentsRow {
  std::string name;
  std::vector<int64_t> dims, around;
};

} // namespace

template <typename Tensor> static ExtentsRow rowOf(const Tensor &tensor) {
  ExtentsRow row{tensor.name(), {}, {}};
  for (const proto::Size &size : tensor.dims())
    row.dims.push_back(size.has_expression() ? -1 - int64_t(size.expression()) : size.constant());
  row.around.resize(row.dims.size(), 0);
  return row;
}

static bool isSymbolic(const ExtentsRow &row) {
  return llvm::any_of(row.dims, [](int64_t dim) { return dim < 0; });
}

/// Each distinct shape once.
static std::vector<ExtentsRow> extentsOf(const proto::Program &program) {
  std::vector<ExtentsRow> rows;
  std::set<std::pair<std::vector<int64_t>, std::vector<int64_t>>> seen;
  auto add = [&](ExtentsRow row) {
    if (isSymbolic(row) && seen.insert({row.dims, row.around}).second)
      rows.push_back(std::move(row));
  };
  for (const proto::Port &port : program.inputs())
    add(rowOf(port));
  for (const proto::Buffer &buffer : program.buffers()) {
    ExtentsRow row = rowOf(buffer);
    for (size_t dim = 0; dim < row.dims.size(); ++dim) {
      const proto::Layout &layout = buffer.layout();
      int position = static_cast<int>(dim);
      row.around[dim] += layout.before_size() > 0 ? layout.before(position) : 0;
      row.around[dim] += layout.after_size() > 0 ? layout.after(position) : 0;
      if (layout.block() > 0 && layout.block_dim() == position)
        row.around[dim] += layout.block() - 1;
    }
    add(std::move(row));
  }
  for (const proto::Port &port : program.outputs())
    add(rowOf(port));
  return rows;
}

void Entry::checkSizes(Value context) {
  Value values = b.stack(8 * program.expressions_size());
  for (auto [position, number] : llvm::enumerate(sizes.all()))
    store64(b, values, 8 * position, number);
  checkRequirements(context, values);
  checkExtents(context, values);
}

void Entry::checkRequirements(Value context, Value values) {
  if (program.requirements_size() == 0)
    return;
  Type row = LLVM::LLVMStructType::getLiteral(b.builder.getContext(), {b.pointer, b.i64, b.i64});
  Type table = LLVM::LLVMArrayType::get(row, program.requirements_size());
  LLVM::GlobalOp known = b.constantOnce(table, "convoy_requirements", [&] {
    SmallVector<Value> rows;
    for (const proto::Requirement &requirement : program.requirements())
      rows.push_back(
          b.aggregate(row, {b.addressOf(b.text(requirement.layer())), b.int64(requirement.value().expression()),
                            b.int64(requirement.kind() == proto::Requirement::ZERO)}));
    return b.aggregate(table, rows);
  });
  leaveUnlessOk(b.call("convoy_check_requirements", b.i32,
                       {context, b.addressOf(known), b.int32(program.requirements_size()), values}));
}

void Entry::checkExtents(Value context, Value values) {
  std::vector<ExtentsRow> rows = extentsOf(program);
  if (rows.empty())
    return;
  Type dims = LLVM::LLVMArrayType::get(b.i64, CONVOY_MAX_RANK);
  Type row = LLVM::LLVMStructType::getLiteral(b.builder.getContext(), {b.pointer, b.i64, dims, dims});
  Type table = LLVM::LLVMArrayType::get(row, rows.size());
  auto dimsOf = [&](std::vector<int64_t> numbers) {
    numbers.resize(CONVOY_MAX_RANK, 0);
    SmallVector<Value> values;
    for (int64_t number : numbers)
      values.push_back(b.int64(number));
    return b.aggregate(dims, values);
  };
  LLVM::GlobalOp known = b.constantOnce(table, "convoy_extents", [&] {
    SmallVector<Value> values;
    for (const ExtentsRow &extents : rows)
      values.push_back(
          b.aggregate(row, {b.addressOf(b.text(extents.name)), b.int64(static_cast<int64_t>(extents.dims.size())),
                            dimsOf(extents.dims), dimsOf(extents.around)}));
    return b.aggregate(table, values);
  });
  leaveUnlessOk(b.call("convoy_check_extents", b.i32,
                       {context, b.addressOf(known), b.int32(static_cast<int64_t>(rows.size())), values}));
}

void Entry::describeOutputs(Value outputs, bool setDevice) {
  for (int i = 0; i < program.outputs_size(); ++i) {
    const proto::Port &port = program.outputs(i);
    Value tensor = b.address(outputs, i * static_cast<int64_t>(sizeof(convoy_tensor)));
    for (int dim = 0; dim < port.dims_size(); ++dim) {
      store64(b, tensor, offsetof(convoy_tensor, dims) + 8 * dim, sizes.of(port.dims(dim)));
      store64(b, tensor, offsetof(convoy_tensor, strides) + 8 * dim, 0);
    }
    b.store(b.int32(port.dims_size()), tensor, offsetof(convoy_tensor, rank));
    b.store(b.int32(port.type()), tensor, offsetof(convoy_tensor, type));
    if (setDevice)
      b.store(b.int32(CONVOY_HOST), tensor, offsetof(convoy_tensor, device));
  }
}

void writeSupported(LlvmBuilder &b, const proto::Program &program) {
  b.define(supportedFunction, b.i32, {});
  Value features = b.int64(static_cast<int64_t>(cpuFeaturesOf(program.target().halide())));
  Value supported = b.call("convoy_cpu_supports", b.i32, {features});
  LLVM::ReturnOp::create(b.builder, supported);
}

/// convoy_status plan(context, inputs, outputs, convoy_plan *)
void writePlan(LlvmBuilder &b, const proto::Program &program, const std::string &moduleSymbol) {
  LLVM::LLVMFuncOp function = b.define(planFunction, b.i32, {b.pointer, b.pointer, b.pointer, b.pointer});
  auto arguments = function.getBody().getArguments();
  Entry entry(b, program, moduleSymbol);
  entry.enter(arguments[0], arguments[1], /*needsData=*/false);
  entry.describeOutputs(arguments[2]);
  store64(b, arguments[3], offsetof(convoy_plan, arena_bytes), entry.sizes.of(program.arena_bytes()));
  store64(b, arguments[3], offsetof(convoy_plan, host_arena_bytes), entry.sizes.of(program.host_arena_bytes()));
  LLVM::ReturnOp::create(b.builder, b.int32(CONVOY_OK));
}

} // namespace convoy::compiler
