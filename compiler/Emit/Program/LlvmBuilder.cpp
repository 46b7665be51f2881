#include "compiler/Emit/Program/LlvmBuilder.h"

#include <algorithm>

using namespace mlir;

namespace convoy::compiler {

LlvmBuilder::LlvmBuilder(ModuleOp module)
    : builder(UnknownLoc::get(module.getContext()), module.getContext()), i8(builder.getI8Type()),
      i16(builder.getI16Type()), i32(builder.getI32Type()), i64(builder.getI64Type()),
      pointer(LLVM::LLVMPointerType::get(module.getContext())), module(module) {
  builder.setInsertionPointToEnd(module.getBody());
}

Value LlvmBuilder::constant(Type type, int64_t value) {
  return LLVM::ConstantOp::create(builder, type, builder.getIntegerAttr(type, value));
}

Value LlvmBuilder::null() { return LLVM::ZeroOp::create(builder, pointer); }

// Arithmetic.

Number LlvmBuilder::fold(const Number &a, const Number &b, int64_t (*known)(int64_t, int64_t),
                         llvm::function_ref<Value(Value, Value)> write) {
  if (a.constant && b.constant)
    return known(*a.constant, *b.constant);
  return write(valueOf(a), valueOf(b));
}

static int64_t floorOf(int64_t a, int64_t b) {
  if (b == 0)
    b = 1;
  int64_t quotient = a / b;
  return quotient - (a % b != 0 && (a < 0) != (b < 0));
}

Number LlvmBuilder::add(const Number &a, const Number &b) {
  if (b.constant == 0)
    return a;
  if (a.constant == 0)
    return b;
  return fold(
      a, b, [](int64_t x, int64_t y) { return x + y; },
      [&](Value x, Value y) { return LLVM::AddOp::create(builder, x, y); });
}

Number LlvmBuilder::subtract(const Number &a, const Number &b) {
  if (b.constant == 0)
    return a;
  return fold(
      a, b, [](int64_t x, int64_t y) { return x - y; },
      [&](Value x, Value y) { return LLVM::SubOp::create(builder, x, y); });
}

Number LlvmBuilder::multiply(const Number &a, const Number &b) {
  if (a.constant == 0 || b.constant == 0)
    return 0;
  if (b.constant == 1)
    return a;
  if (a.constant == 1)
    return b;
  return fold(
      a, b, [](int64_t x, int64_t y) { return x * y; },
      [&](Value x, Value y) { return LLVM::MulOp::create(builder, x, y); });
}

Value LlvmBuilder::divisor(Value value, const Number &number) {
  if (number.constant && *number.constant != 0)
    return value;
  Value isZero = LLVM::ICmpOp::create(builder, LLVM::ICmpPredicate::eq, value, int64(0));
  return LLVM::SelectOp::create(builder, isZero, int64(1), value);
}

Number LlvmBuilder::floorDivide(const Number &a, const Number &b) {
  if (b.constant == 1)
    return a;
  return fold(a, b, floorOf, [&](Value x, Value y) -> Value {
    y = divisor(y, b);
    Value quotient = LLVM::SDivOp::create(builder, x, y);
    Value rest = LLVM::SubOp::create(builder, x, LLVM::MulOp::create(builder, quotient, y));
    Value inexact = isNot(rest, int64(0));
    Value signs = LLVM::ICmpOp::create(builder, LLVM::ICmpPredicate::slt, LLVM::XOrOp::create(builder, x, y), int64(0));
    Value less = LLVM::ZExtOp::create(builder, i64, LLVM::AndOp::create(builder, inexact, signs));
    return LLVM::SubOp::create(builder, quotient, less);
  });
}

Number LlvmBuilder::ceilDivide(const Number &a, const Number &b) { return subtract(0, floorDivide(subtract(0, a), b)); }

Number LlvmBuilder::modulo(const Number &a, const Number &b) { return subtract(a, multiply(floorDivide(a, b), b)); }

Number LlvmBuilder::maximum(const Number &a, const Number &b) {
  return fold(
      a, b, [](int64_t x, int64_t y) { return std::max(x, y); },
      [&](Value x, Value y) { return LLVM::SMaxOp::create(builder, x, y); });
}

Number LlvmBuilder::minimum(const Number &a, const Number &b) {
  return fold(
      a, b, [](int64_t x, int64_t y) { return std::min(x, y); },
      [&](Value x, Value y) { return LLVM::SMinOp::create(builder, x, y); });
}

// Memory.

Value LlvmBuilder::address(Value base, const Number &bytes) {
  if (bytes.constant == 0)
    return base;
  if (bytes.constant && llvm::isInt<LLVM::kGEPConstantBitWidth>(*bytes.constant))
    return LLVM::GEPOp::create(builder, pointer, i8, base,
                               ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(*bytes.constant)});
  return LLVM::GEPOp::create(builder, pointer, i8, base, ValueRange{valueOf(bytes)});
}

Value LlvmBuilder::load(Type type, Value base, int64_t offset) {
  return LLVM::LoadOp::create(builder, type, address(base, offset));
}

void LlvmBuilder::store(Value value, Value base, int64_t offset) {
  LLVM::StoreOp::create(builder, value, address(base, offset));
}

LLVM::LLVMFuncOp LlvmBuilder::function() const {
  return cast<LLVM::LLVMFuncOp>(builder.getInsertionBlock()->getParentOp());
}

Value LlvmBuilder::stack(int64_t bytes, unsigned alignment) {
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(&function().getBody().front());
  return LLVM::AllocaOp::create(builder, pointer, i8, int64(bytes), alignment);
}

Value LlvmBuilder::isNot(Value value, Value other) {
  return LLVM::ICmpOp::create(builder, LLVM::ICmpPredicate::ne, value, other);
}

Value LlvmBuilder::isNotNull(Value value) { return isNot(value, null()); }

// Calls and branches.

LLVM::LLVMFuncOp LlvmBuilder::declare(StringRef name, Type result, TypeRange arguments) {
  if (auto known = module.lookupSymbol<LLVM::LLVMFuncOp>(name))
    return known;
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(module.getBody());
  auto type = LLVM::LLVMFunctionType::get(result, SmallVector<Type>(arguments));
  auto declared = LLVM::LLVMFuncOp::create(builder, name, type);
  declared.setVisibility_(LLVM::Visibility::Hidden);
  declared.setDsoLocal(true);
  return declared;
}

Value LlvmBuilder::call(StringRef name, Type result, ValueRange arguments) {
  LLVM::LLVMFuncOp callee = declare(name, result, arguments.getTypes());
  return LLVM::CallOp::create(builder, callee, arguments).getResult();
}

void LlvmBuilder::call(StringRef name, ValueRange arguments) {
  LLVM::LLVMFuncOp callee = declare(name, LLVM::LLVMVoidType::get(builder.getContext()), arguments.getTypes());
  LLVM::CallOp::create(builder, callee, arguments);
}

Block *LlvmBuilder::newBlock() {
  OpBuilder::InsertionGuard guard(builder);
  Region &body = function().getBody();
  return builder.createBlock(&body, body.end());
}

void LlvmBuilder::branchRarely(Value condition, Block *rare, ValueRange arguments, Block *next) {
  LLVM::CondBrOp::create(builder, condition, rare, arguments, next, ValueRange(),
                         std::pair<uint32_t, uint32_t>(1, 1 << 20));
  builder.setInsertionPointToEnd(next);
}

LLVM::LLVMFuncOp LlvmBuilder::define(StringRef name, Type result, TypeRange arguments) {
  builder.setInsertionPointToEnd(module.getBody());
  auto type = LLVM::LLVMFunctionType::get(result, SmallVector<Type>(arguments));
  auto function = LLVM::LLVMFuncOp::create(builder, name, type, LLVM::Linkage::Internal, /*dsoLocal=*/true);
  function.setNoUnwind(true);
  builder.setInsertionPointToStart(function.addEntryBlock(builder));
  return function;
}

// Constants.

LLVM::GlobalOp LlvmBuilder::text(StringRef text) {
  LLVM::GlobalOp &global = texts[text];
  if (global)
    return global;
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(module.getBody());
  std::string bytes = text.str() + '\0';
  auto type = LLVM::LLVMArrayType::get(i8, bytes.size());
  global = LLVM::GlobalOp::create(builder, type, /*isConstant=*/true, LLVM::Linkage::Private,
                                  "text" + std::to_string(names++), builder.getStringAttr(bytes), /*alignment=*/1,
                                  /*addrSpace=*/0, /*dsoLocal=*/true);
  global.setUnnamedAddr(LLVM::UnnamedAddr::Global);
  return global;
}

template <typename T> LLVM::GlobalOp LlvmBuilder::tableOf(ArrayRef<T> words, Type type) {
  LLVM::GlobalOp &global = tables[{sizeof(T), std::vector<int64_t>(words.begin(), words.end())}];
  if (global)
    return global;
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(module.getBody());
  int64_t count = static_cast<int64_t>(words.size());
  auto value = DenseElementsAttr::get(RankedTensorType::get({count}, type), words);
  global = LLVM::GlobalOp::create(builder, LLVM::LLVMArrayType::get(type, count), /*isConstant=*/true,
                                  LLVM::Linkage::Private, "table" + std::to_string(names++), value,
                                  /*alignment=*/sizeof(T), /*addrSpace=*/0, /*dsoLocal=*/true);
  return global;
}

LLVM::GlobalOp LlvmBuilder::table(ArrayRef<int32_t> words) { return tableOf(words, i32); }
LLVM::GlobalOp LlvmBuilder::table(ArrayRef<int64_t> words) { return tableOf(words, i64); }

Value LlvmBuilder::addressOf(LLVM::GlobalOp global) { return LLVM::AddressOfOp::create(builder, global); }

Value LlvmBuilder::addressOf(StringRef symbol) { return LLVM::AddressOfOp::create(builder, pointer, symbol); }

void LlvmBuilder::declareBytes(StringRef name, int64_t bytes) {
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(module.getBody());
  auto global = LLVM::GlobalOp::create(builder, LLVM::LLVMArrayType::get(i8, bytes), /*isConstant=*/true,
                                       LLVM::Linkage::External, name, Attribute(), /*alignment=*/64, /*addrSpace=*/0,
                                       /*dsoLocal=*/true);
  global.setVisibility_(LLVM::Visibility::Hidden);
}

LLVM::GlobalOp LlvmBuilder::constantOf(Type type, StringRef name, LLVM::Linkage linkage,
                                       llvm::function_ref<Value()> write) {
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(module.getBody());
  auto global = LLVM::GlobalOp::create(builder, type, /*isConstant=*/true, linkage, name, Attribute(),
                                       /*alignment=*/8, /*addrSpace=*/0, /*dsoLocal=*/true);
  builder.createBlock(&global.getInitializerRegion());
  LLVM::ReturnOp::create(builder, write());
  return global;
}

LLVM::GlobalOp LlvmBuilder::constantOnce(Type type, StringRef name, llvm::function_ref<Value()> write) {
  if (auto known = module.lookupSymbol<LLVM::GlobalOp>(name))
    return known;
  return constantOf(type, name, LLVM::Linkage::Internal, write);
}

Value LlvmBuilder::aggregate(Type type, ValueRange elements) {
  Value value = LLVM::UndefOp::create(builder, type);
  for (auto [position, element] : llvm::enumerate(elements))
    value = LLVM::InsertValueOp::create(builder, value, element, ArrayRef<int64_t>{static_cast<int64_t>(position)});
  return value;
}

} // namespace convoy::compiler
