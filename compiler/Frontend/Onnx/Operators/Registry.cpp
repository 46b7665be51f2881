#include "compiler/Frontend/Onnx/Operators/Operators.h"

#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir;

namespace convoy::frontend {

static const llvm::StringMap<const Operator *> &table() {
  static const llvm::StringMap<const Operator *> table = [] {
    llvm::StringMap<const Operator *> entries;
    for (ArrayRef<Operator> family :
         {elementwiseOperators(), convolutionOperators(), linearOperators(), normalizationOperators(),
          reductionOperators(), movementOperators(), partOperators(), indexingOperators(), sourceOperators(),
          resizeOperators(), quantizationOperators(), libraryOperators()})
      for (const Operator &entry : family)
        entries[entry.name] = &entry;
    return entries;
  }();
  return table;
}

std::optional<StringRef> suggestion(StringRef name, ArrayRef<StringRef> candidates) {
  unsigned best = name.size() / 3 + 1;
  std::optional<StringRef> match;
  for (StringRef candidate : candidates) {
    unsigned distance = name.edit_distance(candidate, /*AllowReplacements=*/true, best);
    if (distance < best && !candidate.empty()) {
      best = distance;
      match = candidate;
    }
  }
  return match;
}

const Operator *findRuntimeOperator(StringRef domain, StringRef name) {
  if (domain != "com.microsoft")
    return nullptr;
  ArrayRef<Operator> entries = runtimeOperators();
  const auto *found = llvm::find_if(entries, [&](const Operator &entry) { return entry.name == name; });
  return found == entries.end() ? nullptr : found;
}

/// Why operators that exist but aren't in the table can't be.
static StringRef reasonFor(StringRef name) {
  return llvm::StringSwitch<StringRef>(name)
      .Cases({"Loop", "Scan", "SequenceMap"},
             "isn't supported: it runs a subgraph whose number of turns depends on data")
      .Cases({"SequenceConstruct", "SequenceEmpty", "SequenceAt", "SequenceInsert", "SequenceErase", "SequenceLength",
              "SplitToSequence", "ConcatFromSequence", "Optional", "OptionalGetElement", "OptionalHasElement"},
             "isn't supported: it works on sequences or optional values")
      .Cases({"StringNormalizer", "StringConcat", "StringSplit", "RegexFullMatch", "TfIdfVectorizer"},
             "isn't supported: it works on strings")
      .Cases({"RNN", "LSTM", "GRU"}, "isn't supported: recurrent layers aren't")
      .Default("isn't supported");
}

const Operator *findOperator(StringRef name, int64_t opset, Location loc) {
  auto entry = table().find(name);
  if (entry == table().end()) {
    auto diagnostic = emitError(loc) << "operator '" << name << "' (opset " << opset << ") " << reasonFor(name);
    if (auto match = suggestion(name, SmallVector<StringRef>(table().keys())))
      diagnostic << "; did you mean '" << *match << "'?";
    return nullptr;
  }
  const Operator *op = entry->second;
  if (opset >= op->since && opset <= op->until)
    return op;
  emitError(loc) << "operator '" << name << "' isn't part of opset " << opset << ": it is from opset " << op->since
                 << (op->until < newestOpset ? " to " + std::to_string(op->until) : " on");
  return nullptr;
}

} // namespace convoy::frontend
