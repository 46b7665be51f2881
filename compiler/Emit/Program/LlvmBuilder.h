#pragma once

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/ADT/StringMap.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace convoy::compiler {

/// A number of the emitted program: known now, or a value of type i64.
struct Number {
  std::optional<int64_t> constant;
  mlir::Value value;

  Number(int64_t constant) : constant(constant) {}
  Number(mlir::Value value) : value(value) {}
};

/// Writes ops of the LLVM dialect in few words, and folds arithmetic on constants.
class LlvmBuilder {
public:
  LlvmBuilder(mlir::ModuleOp module);

  mlir::ImplicitLocOpBuilder builder;
  const mlir::Type i8, i16, i32, i64, pointer;

  mlir::Value constant(mlir::Type type, int64_t value);
  mlir::Value int32(int64_t value) { return constant(i32, value); }
  mlir::Value int64(int64_t value) { return constant(i64, value); }
  mlir::Value null();
  mlir::Value valueOf(const Number &number) { return number.constant ? int64(*number.constant) : number.value; }

  Number add(const Number &a, const Number &b);
  Number subtract(const Number &a, const Number &b);
  Number multiply(const Number &a, const Number &b);
  /// Towards minus infinity; a divisor of 0 counts as 1.
  Number floorDivide(const Number &a, const Number &b);
  Number ceilDivide(const Number &a, const Number &b);
  Number modulo(const Number &a, const Number &b);
  Number maximum(const Number &a, const Number &b);
  Number minimum(const Number &a, const Number &b);

  mlir::Value address(mlir::Value base, const Number &bytes);
  mlir::Value load(mlir::Type type, mlir::Value base, int64_t offset);
  void store(mlir::Value value, mlir::Value base, int64_t offset);
  /// Memory on the stack, at the beginning of the function that is being written.
  mlir::Value stack(int64_t bytes, unsigned alignment = 8);
  mlir::Value isNot(mlir::Value value, mlir::Value other);
  mlir::Value isNotNull(mlir::Value value);

  mlir::Value call(llvm::StringRef function, mlir::Type result, mlir::ValueRange arguments);
  void call(llvm::StringRef function, mlir::ValueRange arguments);
  /// A block at the end of the function that is being written.
  mlir::Block *newBlock();
  /// Goes on in `next` unless `condition` holds; that is rare.
  void branchRarely(mlir::Value condition, mlir::Block *rare, mlir::ValueRange arguments, mlir::Block *next);

  /// A private constant string, null-terminated; equal ones are one.
  mlir::LLVM::GlobalOp text(llvm::StringRef text);
  /// A private constant table; equal ones are one.
  mlir::LLVM::GlobalOp table(llvm::ArrayRef<int32_t> words);
  mlir::LLVM::GlobalOp table(llvm::ArrayRef<int64_t> words);
  mlir::Value addressOf(mlir::LLVM::GlobalOp global);
  mlir::Value addressOf(llvm::StringRef symbol);
  /// Constant bytes that another object of the module defines.
  void declareBytes(llvm::StringRef name, int64_t bytes);
  /// A constant whose value `write` builds.
  mlir::LLVM::GlobalOp constantOf(mlir::Type type, llvm::StringRef name, mlir::LLVM::Linkage linkage,
                                  llvm::function_ref<mlir::Value()> write);
  /// The same, internal, written only if no constant has the name yet.
  mlir::LLVM::GlobalOp constantOnce(mlir::Type type, llvm::StringRef name, llvm::function_ref<mlir::Value()> write);
  mlir::Value aggregate(mlir::Type type, mlir::ValueRange elements);

  mlir::LLVM::LLVMFuncOp declare(llvm::StringRef name, mlir::Type result, mlir::TypeRange arguments);
  /// Opens a function of the module; ops are written into its entry block.
  mlir::LLVM::LLVMFuncOp define(llvm::StringRef name, mlir::Type result, mlir::TypeRange arguments);

private:
  template <typename T> mlir::LLVM::GlobalOp tableOf(llvm::ArrayRef<T> words, mlir::Type type);
  Number fold(const Number &a, const Number &b, int64_t (*known)(int64_t, int64_t),
              llvm::function_ref<mlir::Value(mlir::Value, mlir::Value)> write);
  mlir::Value divisor(mlir::Value value, const Number &number);
  mlir::LLVM::LLVMFuncOp function() const;

  mlir::ModuleOp module;
  llvm::StringMap<mlir::LLVM::GlobalOp> texts;
  std::map<std::pair<unsigned, std::vector<int64_t>>, mlir::LLVM::GlobalOp> tables;
  int names = 0;
};

} // namespace convoy::compiler
