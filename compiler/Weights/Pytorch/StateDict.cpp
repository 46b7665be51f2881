#include "compiler/Weights/Pytorch/StateDict.h"

#include "llvm/Support/CheckedArithmetic.h"

using namespace llvm;

namespace convoy::weights {

using pickle::Value;

//===-- Which dictionary ------------------------------------------------------------------------===//

static bool holdsTensors(const Value &dict) {
  for (size_t i = 0; dict.is(Value::Dict) && i + 1 < dict.items.size(); i += 2)
    if (dict.items[i]->is(Value::String) && dict.items[i + 1]->is(Value::Tensor))
      return true;
  return false;
}

static Result<const Value *> findStateDict(const Value &root) {
  if (holdsTensors(root))
    return &root;
  for (const char *key : {"state_dict", "model_state_dict", "model_state", "model", "net", "params", "module"})
    if (const Value *nested = root.get(key); nested && holdsTensors(*nested))
      return nested;
  const Value *only = nullptr;
  std::string keys;
  for (size_t i = 0; root.is(Value::Dict) && i + 1 < root.items.size(); i += 2) {
    if (!holdsTensors(*root.items[i + 1]))
      continue;
    keys += (only ? ", '" : "'") + root.items[i]->text.str() + "'";
    only = root.items[i + 1];
  }
  if (!only)
    return Error{"holds no dictionary of tensors. Save the weights alone: torch.save(model.state_dict(), FILE)"};
  if (keys.find(',') != std::string::npos)
    return Error{"holds several dictionaries of tensors (" + keys + "); save the one that is meant alone"};
  return only;
}

//===-- Tensors ---------------------------------------------------------------------------------===//

/// Elements that the tensor has; an error if they don't all lie in its storage.
static Result<int64_t> checkPlace(const Value &tensor, const std::string &name) {
  std::optional<int64_t> last = tensor.integer, count = 1;
  for (auto [dim, stride] : llvm::zip(tensor.dims, tensor.strides)) {
    count = count ? llvm::checkedMul(*count, dim) : count;
    auto step = dim > 0 ? llvm::checkedMul(dim - 1, stride) : std::optional<int64_t>(0);
    last = last && step ? llvm::checkedAdd(*last, *step) : std::nullopt;
  }
  if (llvm::is_contained(tensor.dims, 0))
    return 0;
  int64_t have = tensor.storage->integer;
  if (!last || !count || *last >= have)
    return Error{"tensor '" + name + "' reaches beyond its storage of " + std::to_string(have) + " elements"};
  if (*count > have)
    return Error{"tensor '" + name + "' has more elements than its storage"};
  return *count;
}

static bool isDense(const Value &tensor) {
  int64_t expected = 1;
  for (size_t i = tensor.dims.size(); i-- > 0;) {
    if (tensor.dims[i] != 1 && tensor.strides[i] != expected)
      return false;
    expected *= tensor.dims[i];
  }
  return true;
}

/// Row-major bytes of a strided tensor.
static std::vector<char> gather(const Value &tensor, const char *first, int64_t count, int64_t size) {
  std::vector<char> dense(static_cast<size_t>(count * size));
  SmallVector<int64_t, 4> index(tensor.dims.size(), 0);
  int64_t from = 0;
  for (char *to = dense.data(); to != dense.data() + dense.size(); to += size) {
    std::copy_n(first + from * size, size, to);
    for (size_t i = tensor.dims.size(); i-- > 0;) {
      from += tensor.strides[i];
      if (++index[i] < tensor.dims[i])
        break;
      from -= tensor.strides[i] * tensor.dims[i];
      index[i] = 0;
    }
  }
  return dense;
}

static Status addTensor(const Value &tensor, StringRef name, const FindStorage &find, WeightFileBuilder &builder) {
  auto count = checkPlace(tensor, name.str());
  if (!count)
    return Error{count.error()};
  WeightEntry entry{name.str(), tensor.storage->type, tensor.dims, {}};
  if (*count > 0) {
    auto bytes = find(*tensor.storage);
    if (!bytes)
      return Error{"tensor '" + name.str() + "': " + bytes.error()};
    int64_t size = sizeOf(entry.type);
    const char *first = bytes->data() + tensor.integer * size;
    entry.bytes =
        isDense(tensor) ? ArrayRef<char>(first, *count * size) : builder.own(gather(tensor, first, *count, size));
  }
  return builder.add(std::move(entry));
}

Status addStateDict(Value &root, const FindStorage &find, WeightFileBuilder &builder) {
  auto dict = findStateDict(root);
  if (!dict)
    return Error{dict.error()};
  ArrayRef<Value *> items = (*dict)->items;
  for (; items.size() >= 2; items = items.drop_front(2)) {
    if (!items[0]->is(Value::String) || !items[1]->is(Value::Tensor))
      continue;
    if (Status added = addTensor(*items[1], items[0]->text, find, builder); !added)
      return added;
  }
  return ok();
}

} // namespace convoy::weights
