#include "compiler/Weights/Pytorch/Pickle.h"

#include "llvm/Support/Endian.h"
#include "llvm/Support/MathExtras.h"

#include <bit>
#include <string>

using namespace llvm;

namespace convoy::weights::pickle {

// No state dictionary comes near; a hostile file must not take memory without end.
static constexpr size_t mostSteps = 1 << 24;
static constexpr size_t mostValues = 1 << 20;

namespace {
enum Opcode : unsigned char {
  MARK = '(',
  STOP = '.',
  POP = '0',
  POP_MARK = '1',
  DUP = '2',
  BINFLOAT = 'G',
  BININT = 'J',
  BININT1 = 'K',
  BININT2 = 'M',
  NONE = 'N',
  BINPERSID = 'Q',
  REDUCE = 'R',
  BINSTRING = 'T',
  SHORT_BINSTRING = 'U',
  BINUNICODE = 'X',
  APPEND = 'a',
  BUILD = 'b',
  GLOBAL = 'c',
  DICT = 'd',
  APPENDS = 'e',
  BINGET = 'h',
  LONG_BINGET = 'j',
  LIST = 'l',
  BINPUT = 'q',
  LONG_BINPUT = 'r',
  SETITEM = 's',
  TUPLE = 't',
  SETITEMS = 'u',
  EMPTY_DICT = '}',
  EMPTY_LIST = ']',
  EMPTY_TUPLE = ')',
  BINBYTES = 'B',
  SHORT_BINBYTES = 'C',
  PROTO = 0x80,
  TUPLE1 = 0x85,
  TUPLE2 = 0x86,
  TUPLE3 = 0x87,
  NEWTRUE = 0x88,
  NEWFALSE = 0x89,
  LONG1 = 0x8a,
  LONG4 = 0x8b,
  SHORT_BINUNICODE = 0x8c,
  BINUNICODE8 = 0x8d,
  BINBYTES8 = 0x8e,
  STACK_GLOBAL = 0x93,
  MEMOIZE = 0x94,
  FRAME = 0x95,
};
} // namespace

Value *Value::get(StringRef key) const {
  for (size_t i = 0; kind == Dict && i + 1 < items.size(); i += 2)
    if (items[i]->is(String) && items[i]->text == key)
      return items[i + 1];
  return nullptr;
}

static Value make(Value::Kind kind, int64_t integer = 0) {
  Value value;
  value.kind = kind;
  value.integer = integer;
  return value;
}

//===-- Bytes -----------------------------------------------------------------------------------===//

Result<StringRef> Reader::take(size_t count) {
  if (count > bytes.size() - at)
    return Error{"the pickle is cut off at byte " + std::to_string(at)};
  at += count;
  return bytes.substr(at - count, count);
}

Result<uint64_t> Reader::takeNumber(size_t count) {
  auto part = take(count);
  if (!part)
    return Error{part.error()};
  uint64_t number = 0;
  for (size_t i = 0; i < count; ++i)
    number |= static_cast<uint64_t>(static_cast<unsigned char>((*part)[i])) << (8 * i);
  return number;
}

Result<StringRef> Reader::takeLine() {
  size_t end = bytes.find('\n', at);
  if (end == StringRef::npos)
    return Error{"the pickle is cut off at byte " + std::to_string(at)};
  StringRef line = bytes.slice(at, end);
  at = end + 1;
  return line;
}

std::optional<int64_t> Reader::elementBytes(StringRef storageKey) const {
  auto entry = storages.find(storageKey);
  return entry == storages.end() ? std::nullopt : std::optional(sizeOf(entry->second));
}

//===-- The stack -------------------------------------------------------------------------------===//

Status Reader::push(Value *value) {
  stack.push_back(value);
  return ok();
}

Status Reader::push(Value value) {
  if (values.size() >= mostValues)
    return Error{"the pickle has more than " + std::to_string(mostValues) + " values"};
  values.push_back(std::move(value));
  return push(&values.back());
}

Result<Value *> Reader::top() {
  if (stack.empty() || stack.back()->is(Value::Mark))
    return Error{"the pickle takes a value from an empty stack at byte " + std::to_string(at)};
  return stack.back();
}

Result<Value *> Reader::pop() {
  auto value = top();
  if (value)
    stack.pop_back();
  return value;
}

Result<std::vector<Value *>> Reader::popToMark() {
  size_t mark = stack.size();
  while (mark > 0 && !stack[mark - 1]->is(Value::Mark))
    --mark;
  if (mark == 0)
    return Error{"the pickle lacks a mark at byte " + std::to_string(at)};
  std::vector<Value *> items(stack.begin() + mark, stack.end());
  stack.resize(mark - 1);
  return items;
}

Status Reader::pushTuple(size_t count) {
  Value tuple = make(Value::Tuple);
  for (size_t i = 0; i < count; ++i) {
    auto item = pop();
    if (!item)
      return Error{item.error()};
    tuple.items.insert(tuple.items.begin(), *item);
  }
  return push(std::move(tuple));
}

Status Reader::pushInteger(size_t length) {
  auto number = takeNumber(length);
  if (!number)
    return Error{number.error()};
  int64_t integer = length == 4 ? static_cast<int32_t>(*number) : static_cast<int64_t>(*number);
  return push(make(Value::Int, integer));
}

Status Reader::pushBigInteger(size_t lengthBytes) {
  auto length = takeNumber(lengthBytes);
  auto digits = length ? take(*length) : Result<StringRef>(Error{length.error()});
  if (!digits)
    return Error{digits.error()};
  Value value = make(digits->size() > 8 ? Value::BigInt : Value::Int);
  value.text = *digits;
  uint64_t bits = 0;
  for (size_t i = 0; i < digits->size() && i < 8; ++i)
    bits |= static_cast<uint64_t>(static_cast<unsigned char>((*digits)[i])) << (8 * i);
  if (value.is(Value::Int) && !digits->empty())
    value.integer = SignExtend64(bits, 8 * static_cast<unsigned>(digits->size()));
  return push(std::move(value));
}

Status Reader::pushText(Value::Kind kind, size_t lengthBytes) {
  auto length = takeNumber(lengthBytes);
  auto text = length ? take(*length) : Result<StringRef>(Error{length.error()});
  if (!text)
    return Error{text.error()};
  Value value = make(kind);
  value.text = *text;
  return push(std::move(value));
}

Status Reader::append(Value *container, std::vector<Value *> items, Value::Kind kind) {
  if (!container->is(kind) || (kind == Value::Dict && items.size() % 2 != 0))
    return Error{"the pickle adds items to something that doesn't take them, at byte " + std::to_string(at)};
  container->items.insert(container->items.end(), items.begin(), items.end());
  return ok();
}

Status Reader::recall(uint64_t index) {
  auto entry = memo.find(index);
  if (entry == memo.end())
    return Error{"the pickle recalls value " + std::to_string(index) + ", which it never stored"};
  return push(entry->second);
}

Status Reader::memoize(uint64_t index) {
  auto value = top();
  if (!value)
    return Error{value.error()};
  if (memo.size() >= mostValues)
    return Error{"the pickle stores more than " + std::to_string(mostValues) + " values"};
  memo[index] = *value;
  return ok();
}

//===-- Opcodes ---------------------------------------------------------------------------------===//

Status Reader::pushSimple(unsigned char opcode, bool &known) {
  switch (opcode) {
  case MARK:
    return push(make(Value::Mark));
  case NONE:
    return push(make(Value::None));
  case NEWTRUE:
    return push(make(Value::Bool, 1));
  case NEWFALSE:
    return push(make(Value::Bool, 0));
  case BININT:
    return pushInteger(4);
  case BININT1:
    return pushInteger(1);
  case BININT2:
    return pushInteger(2);
  case LONG1:
    return pushBigInteger(1);
  case LONG4:
    return pushBigInteger(4);
  case BINUNICODE:
  case BINSTRING:
    return pushText(Value::String, 4);
  case SHORT_BINUNICODE:
  case SHORT_BINSTRING:
    return pushText(Value::String, 1);
  case BINUNICODE8:
    return pushText(Value::String, 8);
  case BINBYTES:
    return pushText(Value::Bytes, 4);
  case SHORT_BINBYTES:
    return pushText(Value::Bytes, 1);
  case BINBYTES8:
    return pushText(Value::Bytes, 8);
  case BINFLOAT: {
    auto bits = takeNumber(8);
    if (!bits)
      return Error{bits.error()};
    Value value = make(Value::Float);
    value.number = std::bit_cast<double>(llvm::byteswap(*bits));
    return push(std::move(value));
  }
  default:
    known = false;
    return ok();
  }
}

Status Reader::pushContainer(unsigned char opcode, bool &known) {
  switch (opcode) {
  case EMPTY_DICT:
    return push(make(Value::Dict));
  case EMPTY_LIST:
    return push(make(Value::List));
  case EMPTY_TUPLE:
    return push(make(Value::Tuple));
  case TUPLE1:
    return pushTuple(1);
  case TUPLE2:
    return pushTuple(2);
  case TUPLE3:
    return pushTuple(3);
  case TUPLE:
  case LIST:
  case DICT: {
    auto items = popToMark();
    if (!items)
      return Error{items.error()};
    Value::Kind kind = opcode == TUPLE ? Value::Tuple : opcode == LIST ? Value::List : Value::Dict;
    if (Status pushed = push(make(kind)); !pushed)
      return pushed;
    return append(stack.back(), std::move(*items), kind);
  }
  default:
    known = false;
    return ok();
  }
}

Status Reader::store(unsigned char opcode, bool &known) {
  std::vector<Value *> items;
  switch (opcode) {
  case APPEND:
  case SETITEM: {
    auto last = pop();
    auto key = last && opcode == SETITEM ? pop() : last;
    if (!key)
      return Error{key.error()};
    if (opcode == SETITEM)
      items.push_back(*key);
    items.push_back(*last);
    break;
  }
  case APPENDS:
  case SETITEMS: {
    auto marked = popToMark();
    if (!marked)
      return Error{marked.error()};
    items = std::move(*marked);
    break;
  }
  default:
    known = false;
    return ok();
  }
  auto container = top();
  if (!container)
    return Error{container.error()};
  bool isList = opcode == APPEND || opcode == APPENDS;
  return append(*container, std::move(items), isList ? Value::List : Value::Dict);
}

Status Reader::apply(unsigned char opcode, bool &known) {
  Result<Value> result = Error{""};
  if (opcode == GLOBAL) {
    auto module = takeLine();
    auto name = module ? takeLine() : module;
    result = name ? resolve(*module, *name) : Result<Value>(Error{name.error()});
  } else if (opcode == BINPERSID) {
    auto id = pop();
    result = id ? persistent(**id) : Result<Value>(Error{id.error()});
    if (result && !storages.try_emplace(result->text, result->type).second && storages[result->text] != result->type)
      result = Error{"the pickle has storage '" + result->text.str() + "' with two element types"};
  } else if (opcode == STACK_GLOBAL || opcode == REDUCE || opcode == BUILD) {
    auto last = pop();
    auto first = last ? pop() : last;
    if (!first)
      return Error{first.error()};
    if (opcode == REDUCE)
      result = call(**first, **last);
    else if (opcode == STACK_GLOBAL)
      result = resolve((*first)->text, (*last)->text);
    else if ((*first)->is(Value::Dict)) // An ordered dictionary's own attributes (`_metadata`) say nothing of tensors.
      return push(*first);
    else
      result = Error{"the pickle sets the state of an object; only tensors, numbers, strings and containers are read"};
  } else {
    known = false;
    return ok();
  }
  if (!result)
    return Error{result.error()};
  copied += result->items.size();
  return copied <= mostValues ? push(std::move(*result)) : Status(Error{"the pickle copies too many items"});
}

Status Reader::step(unsigned char opcode) {
  for (auto group : {&Reader::pushSimple, &Reader::pushContainer, &Reader::store, &Reader::apply}) {
    bool known = true;
    if (Status status = (this->*group)(opcode, known); known)
      return status;
  }
  switch (opcode) {
  case PROTO:
  case BINGET:
  case LONG_BINGET:
  case BINPUT:
  case LONG_BINPUT: {
    auto number = takeNumber(opcode == LONG_BINGET || opcode == LONG_BINPUT ? 4 : 1);
    if (!number)
      return Error{number.error()};
    if (opcode == PROTO)
      return *number <= 5 ? ok() : Status(Error{"the pickle has protocol " + std::to_string(*number)});
    return opcode == BINGET || opcode == LONG_BINGET ? recall(*number) : memoize(*number);
  }
  case MEMOIZE:
    return memoize(memo.size());
  case FRAME: {
    auto length = takeNumber(8);
    return length ? ok() : Status(Error{length.error()});
  }
  case POP: {
    auto value = pop();
    return value ? ok() : Status(Error{value.error()});
  }
  case POP_MARK: {
    auto items = popToMark();
    return items ? ok() : Status(Error{items.error()});
  }
  case DUP: {
    auto value = top();
    return value ? push(*value) : Status(Error{value.error()});
  }
  default:
    return Error{"the pickle has the instruction " + std::to_string(opcode) + " at byte " + std::to_string(at - 1) +
                 ", which builds something else than tensors, numbers, strings and containers"};
  }
}

Result<Value *> Reader::read() {
  stack.clear();
  memo.clear();
  while (++steps < mostSteps) {
    auto opcode = takeNumber(1);
    if (!opcode)
      return Error{opcode.error()};
    if (*opcode == STOP)
      return pop();
    if (Status status = step(static_cast<unsigned char>(*opcode)); !status)
      return Error{status.error()};
  }
  return Error{"the pickle has more than " + std::to_string(mostSteps) + " instructions"};
}

} // namespace convoy::weights::pickle
