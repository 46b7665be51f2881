#pragma once

#include "compiler/Weights/DataTypes.h"
#include "schedules/core/Result.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"

#include <deque>
#include <optional>
#include <unordered_map>
#include <vector>

namespace convoy::weights::pickle {

/// What a pickle may build here: plain data, and PyTorch's tensors over storages that lie elsewhere in the file.
struct Value {
  enum Kind { Mark, None, Bool, Int, BigInt, Float, String, Bytes, List, Tuple, Dict, Function, Storage, Tensor };
  Kind kind = None;

  int64_t integer = 0;        ///< Int, Bool; Storage: number of elements; Tensor: offset in elements; Function: which.
  double number = 0;          ///< Float.
  llvm::StringRef text;       ///< String, Bytes, BigInt (little-endian); Storage: its key. Lies in the pickle.
  std::vector<Value *> items; ///< List, Tuple; Dict: key, value, key, value, ...

  DataType type = proto::DATA_TYPE_UNSPECIFIED; ///< Storage, Function (a storage's class).
  Value *storage = nullptr;                     ///< Tensor.
  llvm::SmallVector<int64_t, 4> dims, strides;  ///< Tensor; strides in elements.

  bool is(Kind wanted) const { return kind == wanted; }
  /// The value under a string key; null if this is no dictionary or has no such key.
  Value *get(llvm::StringRef key) const;
};

/// The few functions and classes that a pickle may name (see PickleTypes.cpp). Everything else is refused by its name,
/// when it is named and before anything could come of it.
Result<Value> resolve(llvm::StringRef module, llvm::StringRef name);
/// What calling such a function gives.
Result<Value> call(const Value &function, const Value &arguments);
/// What a persistent id stands for: a storage.
Result<Value> persistent(const Value &id);

/// Runs pickles (protocols 1 to 5) that stand one after the other in `bytes`. Values live as long as the reader.
class Reader {
public:
  explicit Reader(llvm::StringRef bytes) : bytes(bytes) {}

  /// The value of the next pickle.
  Result<Value *> read();
  /// The first byte after the pickles that were read.
  size_t position() const { return at; }

  /// Bytes of one element of the storage of that key; nothing if no pickle has named it.
  std::optional<int64_t> elementBytes(llvm::StringRef storageKey) const;

private:
  Status step(unsigned char opcode);
  Status pushSimple(unsigned char opcode, bool &known);
  Status pushContainer(unsigned char opcode, bool &known);
  Status store(unsigned char opcode, bool &known);
  Status apply(unsigned char opcode, bool &known);

  Status push(Value value);
  Status push(Value *value);
  Result<Value *> pop();
  Result<Value *> top();
  Result<std::vector<Value *>> popToMark();
  Status pushTuple(size_t count);
  Status pushInteger(size_t length);
  Status pushText(Value::Kind kind, size_t lengthBytes);
  Status pushBigInteger(size_t lengthBytes);
  Status append(Value *container, std::vector<Value *> items, Value::Kind kind);
  Status recall(uint64_t index);
  Status memoize(uint64_t index);

  Result<llvm::StringRef> take(size_t count);
  Result<uint64_t> takeNumber(size_t count);
  Result<llvm::StringRef> takeLine();

  llvm::StringRef bytes;
  size_t at = 0;
  size_t steps = 0;
  std::deque<Value> values;
  std::vector<Value *> stack;
  std::unordered_map<uint64_t, Value *> memo;
  llvm::StringMap<DataType> storages; ///< By their keys.
  size_t copied = 0;                  ///< Items of dictionaries that calls have made.
};

} // namespace convoy::weights::pickle
