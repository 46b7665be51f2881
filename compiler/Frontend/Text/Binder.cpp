#include "compiler/Frontend/Text/Binder.h"
#include "compiler/Frontend/Text/Suggest.h"

#include "llvm/ADT/StringExtras.h"

#include <cmath>
#include <cstring>

using namespace mlir;

namespace convoy::frontend {

using weights::WeightEntry;

//===-- Shapes and types in words ---------------------------------------------------------------===//

FailureOr<NamedDims> parseShape(StringRef text, Location loc) {
  NamedDims result;
  SmallVector<StringRef> parts;
  if (!text.trim().empty())
    text.split(parts, ',');
  for (StringRef part : parts) {
    part = part.trim();
    int64_t extent = 0;
    bool isNumber = !part.getAsInteger(10, extent);
    bool isName = !part.empty() && llvm::isAlpha(part.front()) &&
                  llvm::all_of(part, [](char c) { return llvm::isAlnum(c) || c == '_'; });
    if (isNumber ? extent < 0 || extent > INT32_MAX : !isName)
      return emitError(loc) << "'" << part << "' in shape \"" << text << "\" is neither an extent nor a name";
    result.dims.push_back(isNumber ? extent : ShapedType::kDynamic);
    result.names.push_back(isNumber ? "" : part.str());
  }
  return result;
}

Type parseType(StringRef name, Location loc) {
  std::vector<std::string> known;
  for (int type = proto::DataType_MIN + 1; type <= proto::DataType_MAX; ++type) {
    auto dataType = static_cast<proto::DataType>(type);
    if (weights::nameOf(dataType) == (name.empty() ? "f32" : name))
      return weights::elementTypeOf(loc->getContext(), dataType);
    known.push_back(weights::nameOf(dataType).str());
  }
  emitError(loc) << "there is no element type '" << name << "'" << suggest(name, known);
  return {};
}

static std::string join(ArrayRef<int64_t> dims) {
  std::string text;
  for (int64_t dim : dims)
    text += (text.empty() ? "" : "x") + std::to_string(dim);
  return text.empty() ? "a scalar" : text;
}

//===-- Tensors in the description --------------------------------------------------------------===//

/// The bytes of numbers as elements of a type; false if one of them is no such element.
static bool encode(ArrayRef<double> values, Type element, std::vector<char> &bytes) {
  for (double value : values) {
    APInt bits;
    if (auto real = dyn_cast<FloatType>(element)) {
      APFloat number(value);
      bool lossy = false;
      number.convert(real.getFloatSemantics(), APFloat::rmNearestTiesToEven, &lossy);
      bits = number.bitcastToAPInt();
    } else {
      unsigned width = std::max(element.getIntOrFloatBitWidth(), 8u);
      bool isSigned = !element.isUnsignedInteger() && !element.isInteger(1);
      double limit = std::ldexp(1.0, static_cast<int>(isSigned ? width - 1 : width));
      if (value != std::floor(value) || value >= limit || value < (isSigned ? -limit : 0) ||
          (element.isInteger(1) && value > 1))
        return false;
      uint64_t word = value < 0 ? static_cast<uint64_t>(static_cast<int64_t>(value)) : static_cast<uint64_t>(value);
      bits = APInt(64, word).trunc(width);
    }
    uint64_t word = bits.getZExtValue();
    const char *raw = reinterpret_cast<const char *>(&word);
    bytes.insert(bytes.end(), raw, raw + bits.getBitWidth() / 8);
  }
  return true;
}

LogicalResult Binder::readLiteral(const text::Tensor &tensor, const Tree *tree, Location loc) {
  auto shape = parseShape(tensor.shape(), source.locate(tree, fieldOf(tensor, "shape")));
  Type element = failed(shape) ? Type() : parseType(tensor.type(), source.locate(tree, fieldOf(tensor, "type")));
  if (!element)
    return failure();
  if (llvm::is_contained(shape->dims, ShapedType::kDynamic))
    return emitError(loc) << "tensor '" << tensor.name() << "': its shape must be numbers";
  Literal &literal = literals.emplace_back();
  literal.entry = {tensor.name(), weights::dataTypeOf(element), {shape->dims.begin(), shape->dims.end()}, {}};
  if (!encode(ArrayRef(tensor.values().data(), tensor.values().size()), element, literal.bytes))
    return emitError(loc) << "tensor '" << tensor.name() << "': a value is no " << element;
  auto wanted = weights::bytesOf(literal.entry.type, literal.entry.dims);
  if (!wanted || static_cast<uint64_t>(*wanted) != literal.bytes.size())
    return emitError(loc) << "tensor '" << tensor.name() << "' of shape " << join(shape->dims) << " has "
                          << tensor.values_size() << " values";
  literal.entry.bytes = literal.bytes;
  if (tensor.name().empty() || !literalNames.try_emplace(tensor.name(), &literal.entry).second)
    return emitError(loc) << "a tensor needs a name of its own, not '" << tensor.name() << "'";
  return success();
}

LogicalResult Binder::readLiterals() {
  const auto *field = fieldOf(source.network(), "tensor");
  for (const auto &[i, tensor] : llvm::enumerate(source.network().tensor())) {
    int index = static_cast<int>(i);
    if (failed(
            readLiteral(tensor, nestedTree(&source.tree(), field, index), source.locate(&source.tree(), field, index))))
      return failure();
  }
  return success();
}

//===-- Names -----------------------------------------------------------------------------------===//

/// Whether `name` is `stem` or continues it after a dot.
static bool continues(StringRef name, StringRef stem) {
  return name.consume_front(stem) && (name.empty() || name.front() == '.');
}

std::string Binder::nameFor(const Instance &layer, StringRef role) const {
  if (auto bound = layer.layer.bind().find(role.str()); bound != layer.layer.bind().end())
    return bound->second;
  std::string name = layer.layer.tensors().empty() ? layer.name : layer.layer.tensors();
  const text::Rename *best = nullptr;
  for (const text::Rename &rename : rules.rename())
    if (continues(name, rename.from()) && (!best || rename.from().size() > best->from().size()))
      best = &rename;
  if (best)
    name = best->to() + name.substr(best->from().size());
  return rules.prefix() + name + "." + role.str();
}

const WeightEntry *Binder::find(StringRef name) const {
  if (const WeightEntry *literal = literalNames.lookup(name))
    return literal;
  return file ? file->find(name) : nullptr;
}

std::vector<std::string> Binder::allNames() const {
  std::vector<std::string> names;
  for (StringRef name : literalNames.keys())
    names.push_back(name.str());
  for (const WeightEntry &entry : file ? file->entries() : ArrayRef<WeightEntry>())
    names.push_back(entry.name);
  return names;
}

//===-- Binding ---------------------------------------------------------------------------------===//

LogicalResult Binder::reportMissing(const Instance &layer, StringRef name, ArrayRef<int64_t> wanted) const {
  auto diagnostic = emitError(layer.place(source))
                    << "layer '" << layer.name << "' needs tensor '" << name << "' (" << join(wanted) << "); ";
  if (!file)
    return diagnostic << "no weight file is given: --weights FILE, or weights { file: \"FILE\" }";
  std::vector<std::string> names = allNames();
  std::string guess = suggest(name, names);
  return diagnostic << file->path() << " has none of that name"
                    << (guess.empty() && !names.empty() ? "; it has names like '" + names.front() + "'" : guess);
}

Value Binder::bind(Emitter &emitter, const Instance &layer, StringRef role, ArrayRef<int64_t> wanted,
                   OpBuilder &builder) {
  std::string name = nameFor(layer, role);
  const WeightEntry *entry = find(name);
  if (!entry) {
    (void)reportMissing(layer, name, wanted);
    return {};
  }
  used.insert(name);
  if (ArrayRef<int64_t>(entry->dims) != wanted) {
    emitError(layer.place(source)) << "layer '" << layer.name << "': tensor '" << name << "' is "
                                   << weights::describe(*entry) << ", the layer needs " << join(wanted);
    return {};
  }
  if (Value known = written.lookup(name))
    return known;
  uint64_t hash = writer.add(name, entry->type, entry->dims, entry->bytes);
  auto type = RankedTensorType::get(entry->dims, weights::elementTypeOf(builder.getContext(), entry->type));
  return written[name] = cnn::WeightOp::create(builder, layer.location(source), type,
                                               cnn::WeightAttr::get(builder.getContext(), name, hash));
}

LogicalResult Binder::checkAllUsed() {
  std::vector<std::string> unused;
  for (const std::string &name : allNames())
    if (!used.contains(name) &&
        llvm::none_of(rules.ignore(), [&](StringRef start) { return StringRef(name).starts_with(start); }))
      unused.push_back(name);
  if (unused.empty())
    return success();
  bool isLiteral = literalNames.contains(unused.front());
  auto diagnostic = emitError(source.locate(&source.tree(), fieldOf(source.network(), "weights")))
                    << "no layer uses tensor '" << unused.front() << "'"
                    << (isLiteral || !file ? "" : " of " + file->path());
  if (unused.size() > 1)
    diagnostic << " (nor " << unused.size() - 1 << " others: '" << unused[1] << "'"
               << (unused.size() > 2 ? ", ...)" : ")");
  return diagnostic << "; a layer is missing, or has another name, or: weights { ignore: \"" << unused.front()
                    << "\" }";
}

} // namespace convoy::frontend
