// The functions and classes that a pickle may name, and what they build.
#include "compiler/Weights/Pytorch/Pickle.h"

#include "llvm/ADT/STLExtras.h"

#include <string>

using namespace llvm;

namespace convoy::weights::pickle {

namespace {
enum Function : int64_t { OrderedDict, RebuildTensor, RebuildParameter, StorageClass };
struct Line {
  const char *module;
  const char *name;
  Function function;
  DataType type;
};
} // namespace

static constexpr Line table[] = {
    {"collections", "OrderedDict", OrderedDict, proto::DATA_TYPE_UNSPECIFIED},
    {"torch._utils", "_rebuild_tensor", RebuildTensor, proto::DATA_TYPE_UNSPECIFIED},
    {"torch._utils", "_rebuild_tensor_v2", RebuildTensor, proto::DATA_TYPE_UNSPECIFIED},
    {"torch._utils", "_rebuild_parameter", RebuildParameter, proto::DATA_TYPE_UNSPECIFIED},
    {"torch", "FloatStorage", StorageClass, proto::F32},
    {"torch", "DoubleStorage", StorageClass, proto::F64},
    {"torch", "HalfStorage", StorageClass, proto::F16},
    {"torch", "BFloat16Storage", StorageClass, proto::BF16},
    {"torch", "LongStorage", StorageClass, proto::I64},
    {"torch", "IntStorage", StorageClass, proto::I32},
    {"torch", "ShortStorage", StorageClass, proto::I16},
    {"torch", "CharStorage", StorageClass, proto::I8},
    {"torch", "ByteStorage", StorageClass, proto::U8},
    {"torch", "BoolStorage", StorageClass, proto::BOOL},
};

Result<Value> resolve(StringRef module, StringRef name) {
  const auto *line = llvm::find_if(table, [&](const Line &line) { return module == line.module && name == line.name; });
  if (line == std::end(table))
    return Error{"the pickle wants '" + module.str() + "." + name.str() +
                 "', which isn't allowed: only tensors, numbers, strings and containers of them are read. Save the "
                 "weights alone: torch.save(model.state_dict(), FILE)"};
  Value value;
  value.kind = Value::Function;
  value.integer = line->function;
  value.type = line->type;
  return value;
}

static Error broken(const std::string &what) { return Error{"the pickle has a broken " + what}; }

/// Non-negative integers.
static bool readExtents(const Value &tuple, SmallVectorImpl<int64_t> &extents) {
  for (Value *item : tuple.items) {
    if (!item->is(Value::Int) || item->integer < 0)
      return false;
    extents.push_back(item->integer);
  }
  return tuple.is(Value::Tuple) && extents.size() <= 16;
}

/// _rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks, metadata).
static Result<Value> rebuildTensor(ArrayRef<Value *> arguments) {
  Value tensor;
  tensor.kind = Value::Tensor;
  if (arguments.size() < 4 || !arguments[0]->is(Value::Storage) || !arguments[1]->is(Value::Int) ||
      arguments[1]->integer < 0 || !readExtents(*arguments[2], tensor.dims) ||
      !readExtents(*arguments[3], tensor.strides) || tensor.dims.size() != tensor.strides.size())
    return broken("tensor");
  tensor.storage = arguments[0];
  tensor.integer = arguments[1]->integer;
  return tensor;
}

/// OrderedDict() or OrderedDict([[key, value], ...]).
static Result<Value> orderedDict(ArrayRef<Value *> arguments) {
  Value dict;
  dict.kind = Value::Dict;
  if (arguments.empty())
    return dict;
  for (Value *pair : arguments.front()->items) {
    if (pair->items.size() != 2)
      return broken("OrderedDict");
    dict.items.insert(dict.items.end(), pair->items.begin(), pair->items.end());
  }
  return dict;
}

Result<Value> call(const Value &function, const Value &arguments) {
  if (!function.is(Value::Function) || !arguments.is(Value::Tuple))
    return broken("call");
  switch (function.integer) {
  case OrderedDict:
    return orderedDict(arguments.items);
  case RebuildTensor:
    return rebuildTensor(arguments.items);
  case RebuildParameter:
    if (arguments.items.empty() || !arguments.items.front()->is(Value::Tensor))
      return broken("parameter");
    return *arguments.items.front();
  default:
    return broken("call");
  }
}

/// ("storage", class, key, device, elements) and in the older format a sixth: the view, None since PyTorch 0.4.
Result<Value> persistent(const Value &id) {
  ArrayRef<Value *> parts = id.items;
  if (!id.is(Value::Tuple) || parts.size() < 5 || parts[0]->text != "storage" ||
      parts[1]->type == proto::DATA_TYPE_UNSPECIFIED || !parts[2]->is(Value::String) || !parts[4]->is(Value::Int) ||
      parts[4]->integer < 0)
    return broken("storage");
  if (parts.size() > 5 && !parts[5]->is(Value::None))
    return Error{"the pickle has a storage that is a view into another; save the file with a newer PyTorch"};
  Value storage;
  storage.kind = Value::Storage;
  storage.type = parts[1]->type;
  storage.text = parts[2]->text;
  storage.integer = parts[4]->integer;
  return storage;
}

} // namespace convoy::weights::pickle
