#include "compiler/Frontend/Text/Expander.h"
#include "compiler/Frontend/Text/Suggest.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;
namespace pb = google::protobuf;

namespace convoy::frontend {

// Far beyond every network; a description must not take memory or time without end.
static constexpr size_t mostLayers = 100'000;
static constexpr int deepestUse = 16;

Location Instance::place(const Source &source) const {
  if (!layer.name().empty())
    return source.locate(tree, fieldOf(layer, "name"));
  return source.locate(tree,
                       layer.GetReflection()->GetOneofFieldDescriptor(layer, layer.GetDescriptor()->oneof_decl(0)));
}

Location Instance::location(const Source &source) const {
  Location loc = place(source);
  return NameLoc::get(StringAttr::get(loc.getContext(), source.fileName() + ":" + name), loc);
}

namespace {
/// What is known where a list of layers stands: the network, or one use of a block.
struct Scope {
  Variables variables;
  llvm::StringMap<size_t> names; ///< Values by local names.
  std::optional<size_t> previous;
  std::string prefix; ///< Of whole names.
  int depth = 0;
};

using Layers = pb::RepeatedPtrField<text::Layer>;

/// A layer in its place: in the file, and in the scope in which it is written out.
struct Site {
  const text::Layer &layer;
  const Tree *tree;
};

class Expander {
public:
  explicit Expander(const Source &source) : source(source), network(source.network()) {}

  FailureOr<Expanded> run();

private:
  LogicalResult addInputs(Scope &scope);
  LogicalResult addBlocks();
  LogicalResult addOutputs(Scope &scope);
  LogicalResult checkUses();

  LogicalResult addLayers(const Layers &layers, const pb::FieldDescriptor *field, const Tree *tree, Scope &scope);
  LogicalResult addRepeated(const Site &site, Scope &scope);
  LogicalResult addOnce(const Site &site, Scope &scope);
  LogicalResult addInstance(text::Layer layer, const Site &site, ArrayRef<size_t> inputs, Scope &scope);
  LogicalResult addUse(const text::Layer &layer, const Site &site, ArrayRef<size_t> inputs, Scope &scope);
  LogicalResult bindParameters(const text::Block &block, const text::Use &use, const Site &site, const Scope &outer,
                               Scope &inner);
  FailureOr<Variables> readArguments(const text::Use &use, const Site &site, const Scope &outer);
  FailureOr<size_t> resultOf(const text::Block &block, Scope &inner, const Site &site);

  FailureOr<SmallVector<size_t, 2>> findInputs(const text::Layer &layer, const Site &site, const Scope &scope);
  FailureOr<bool> isWanted(const text::Layer &layer, const Site &site, const Scope &scope);
  LogicalResult define(Scope &scope, const std::string &name, size_t value, const Site &site);

  Location at(const Site &site, StringRef field, int index = -1) const {
    return source.locate(site.tree, fieldOf(site.layer, field), index);
  }
  /// At a field of the layer's kind (its convolution, its use, ...).
  Location atKind(const Site &site) const {
    return source.locate(site.tree, site.layer.GetReflection()->GetOneofFieldDescriptor(
                                        site.layer, text::Layer::descriptor()->oneof_decl(0)));
  }

  const Source &source;
  const text::Network &network;
  llvm::StringMap<std::pair<const text::Block *, const Tree *>> blocks;
  llvm::StringSet<> wholeNames;
  Expanded result;
  size_t steps = 0; ///< Layers that were looked at, whatever came of them.
};
} // namespace

//===-- The network -----------------------------------------------------------------------------===//

LogicalResult Expander::addInputs(Scope &scope) {
  for (const auto &[i, input] : llvm::enumerate(network.input())) {
    Location loc = source.locate(&source.tree(), fieldOf(network, "input"), static_cast<int>(i));
    if (input.name().empty())
      return emitError(loc) << "an input needs a name";
    if (!scope.names.try_emplace(input.name(), i).second)
      return emitError(loc) << "there are two inputs of the name '" << input.name() << "'";
    wholeNames.insert(input.name());
  }
  if (network.input_size() == 1)
    scope.previous = 0;
  return success();
}

LogicalResult Expander::addBlocks() {
  for (const auto &[i, block] : llvm::enumerate(network.block())) {
    const pb::FieldDescriptor *field = fieldOf(network, "block");
    Location loc = source.locate(&source.tree(), field, static_cast<int>(i));
    if (block.name().empty())
      return emitError(loc) << "a block needs a name";
    const Tree *tree = nestedTree(&source.tree(), field, static_cast<int>(i));
    if (!blocks.try_emplace(block.name(), &block, tree).second)
      return emitError(loc) << "there are two blocks of the name '" << block.name() << "'";
  }
  return success();
}

LogicalResult Expander::addOutputs(Scope &scope) {
  for (const auto &[i, name] : llvm::enumerate(network.output())) {
    auto found = scope.names.find(name);
    if (found == scope.names.end())
      return emitError(source.locate(&source.tree(), fieldOf(network, "output"), static_cast<int>(i)))
             << "there is no layer '" << name << "'" << suggest(name, scope.names.keys());
    result.outputs.push_back(found->second);
    result.outputNames.push_back(name);
  }
  if (result.outputs.empty()) {
    result.outputs.push_back(*scope.previous);
    result.outputNames.push_back(result.layers.back().name);
  }
  return success();
}

/// What nothing uses is a mistake, as likely as not of a name.
LogicalResult Expander::checkUses() {
  size_t inputCount = static_cast<size_t>(network.input_size());
  std::vector<bool> used(inputCount + result.layers.size());
  for (size_t output : result.outputs)
    used[output] = true;
  for (size_t i = result.layers.size(); i-- > 0;)
    for (size_t input : result.layers[i].inputs)
      used[input] = used[input] || used[inputCount + i];
  for (size_t i = 0; i < used.size(); ++i) {
    if (used[i])
      continue;
    if (i < inputCount)
      return emitError(source.locate(&source.tree(), fieldOf(network, "input"), static_cast<int>(i)))
             << "no output depends on input '" << network.input(static_cast<int>(i)).name() << "'";
    const Instance &layer = result.layers[i - inputCount];
    return emitError(layer.place(source))
           << "layer '" << layer.name << "': no output depends on it; name it as the input of another layer or as an "
           << "output, or remove it";
  }
  return success();
}

FailureOr<Expanded> Expander::run() {
  Scope scope;
  if (failed(addInputs(scope)) || failed(addBlocks()) ||
      failed(addLayers(network.layer(), fieldOf(network, "layer"), &source.tree(), scope)))
    return failure();
  if (result.layers.empty())
    return emitError(source.fileLocation()) << "the network has no layers";
  if (failed(addOutputs(scope)) || failed(checkUses()))
    return failure();
  return std::move(result);
}

//===-- Layers ----------------------------------------------------------------------------------===//

LogicalResult Expander::addLayers(const Layers &layers, const pb::FieldDescriptor *field, const Tree *tree,
                                  Scope &scope) {
  for (const auto &[i, layer] : llvm::enumerate(layers))
    if (failed(addRepeated({layer, nestedTree(tree, field, static_cast<int>(i))}, scope)))
      return failure();
  return success();
}

LogicalResult Expander::addRepeated(const Site &site, Scope &scope) {
  if (site.layer.repeat() == 0)
    return addOnce(site, scope);
  text::Layer repetition;
  repetition.set_repeat(site.layer.repeat());
  if (failed(resolveExpressions(repetition, site.tree, source, scope.variables)))
    return failure();
  if (repetition.repeat() < 0 || repetition.repeat() > static_cast<int64_t>(mostLayers))
    return emitError(at(site, "repeat")) << "a layer can't be repeated " << repetition.repeat() << " times";
  Variables outer = scope.variables;
  for (int64_t i = 0; i < repetition.repeat(); ++i) {
    scope.variables["i"] = static_cast<double>(i);
    if (failed(addOnce(site, scope)))
      return failure();
  }
  scope.variables = std::move(outer);
  return success();
}

LogicalResult Expander::addOnce(const Site &site, Scope &scope) {
  if (++steps > 10 * mostLayers)
    return emitError(at(site, "name")) << "blocks and repetitions make too many layers";
  text::Layer layer = site.layer;
  layer.clear_repeat();
  if (failed(resolveExpressions(layer, site.tree, source, scope.variables)))
    return failure();
  auto inputs = findInputs(layer, site, scope);
  auto wanted = failed(inputs) ? FailureOr<bool>(failure()) : isWanted(layer, site, scope);
  if (failed(wanted))
    return failure();
  if (layer.kind_case() == text::Layer::KIND_NOT_SET)
    return emitError(at(site, "name")) << "layer '" << layer.name() << "' says nothing of what it does";
  if (*wanted)
    return layer.has_use() ? addUse(layer, site, *inputs, scope) : addInstance(layer, site, *inputs, scope);
  if (inputs->empty())
    return emitError(at(site, "when")) << "a layer that is left out needs an input to hand on";
  scope.previous = inputs->front();
  return layer.name().empty() ? success() : define(scope, layer.name(), inputs->front(), site);
}

LogicalResult Expander::addInstance(text::Layer layer, const Site &site, ArrayRef<size_t> inputs, Scope &scope) {
  if (result.layers.size() >= mostLayers)
    return emitError(at(site, "name")) << "the network has more than " << mostLayers << " layers";
  size_t value = static_cast<size_t>(network.input_size()) + result.layers.size();
  std::string name = scope.prefix + layer.name();
  if (layer.name().empty()) {
    const auto *kind = layer.GetReflection()->GetOneofFieldDescriptor(layer, layer.GetDescriptor()->oneof_decl(0));
    for (size_t i = 1; wholeNames.contains(name = scope.prefix + kind->name() + std::to_string(i));)
      ++i;
  } else if (failed(define(scope, layer.name(), value, site))) {
    return failure();
  }
  if (!wholeNames.insert(name).second)
    return emitError(at(site, "name")) << "there are two layers of the name '" << name << "'";
  result.layers.push_back({std::move(layer), name, SmallVector<size_t, 2>(inputs), site.tree});
  scope.previous = value;
  return success();
}

LogicalResult Expander::define(Scope &scope, const std::string &name, size_t value, const Site &site) {
  if (scope.names.try_emplace(name, value).second)
    return success();
  bool isRepeated = site.layer.repeat() != 0;
  return emitError(at(site, "name")) << "there are two layers of the name '" << name << "'"
                                     << (isRepeated ? "; give each repetition its own: \"" + name + "${i}\"" : "");
}

FailureOr<SmallVector<size_t, 2>> Expander::findInputs(const text::Layer &layer, const Site &site, const Scope &scope) {
  SmallVector<size_t, 2> inputs;
  for (const auto &[i, name] : llvm::enumerate(layer.input())) {
    auto found = scope.names.find(name);
    if (found == scope.names.end())
      return emitError(at(site, "input", static_cast<int>(i)))
             << "layer '" << layer.name() << "': there is no layer or input '" << name << "' before it"
             << suggest(name, scope.names.keys());
    inputs.push_back(found->second);
  }
  if (!inputs.empty() || layer.has_parameter())
    return inputs;
  if (!scope.previous)
    return emitError(at(site, "name")) << "layer '" << layer.name() << "': no layer stands before it, and the network "
                                       << "has not exactly one input; say which: input: \"NAME\"";
  inputs.push_back(*scope.previous);
  return inputs;
}

FailureOr<bool> Expander::isWanted(const text::Layer &layer, const Site &site, const Scope &scope) {
  if (layer.when().empty())
    return true;
  auto value = evaluate(layer.when(), scope.variables);
  if (!value)
    return emitError(at(site, "when")) << value.error();
  const double *number = std::get_if<double>(&*value);
  if (!number)
    return emitError(at(site, "when")) << "'when' must be a condition, not '" << toText(*value) << "'";
  return *number != 0;
}

//===-- Blocks ----------------------------------------------------------------------------------===//

/// "name = value, name = value": the parts; commas in parentheses and quotes separate nothing.
static SmallVector<StringRef> splitArguments(StringRef list) {
  SmallVector<StringRef> parts;
  int depth = 0;
  bool quoted = false;
  size_t start = 0;
  for (size_t i = 0; i < list.size(); ++i) {
    quoted ^= list[i] == '\'';
    depth += !quoted && list[i] == '(' ? 1 : !quoted && list[i] == ')' ? -1 : 0;
    if (list[i] != ',' || quoted || depth != 0)
      continue;
    parts.push_back(list.slice(start, i));
    start = i + 1;
  }
  if (!list.drop_front(start).trim().empty())
    parts.push_back(list.drop_front(start));
  return parts;
}

FailureOr<Variables> Expander::readArguments(const text::Use &use, const Site &site, const Scope &outer) {
  Variables arguments;
  for (StringRef part : splitArguments(use.with())) {
    auto [name, expression] = part.split('=');
    if (name.trim().empty() || expression.trim().empty())
      return emitError(atKind(site)) << "'" << part.trim() << "' in 'with' isn't NAME = VALUE";
    auto value = evaluate(expression, outer.variables);
    if (!value)
      return emitError(atKind(site)) << value.error();
    if (!arguments.try_emplace(name.trim(), *value).second)
      return emitError(atKind(site)) << "'with' sets '" << name.trim() << "' twice";
  }
  return arguments;
}

LogicalResult Expander::bindParameters(const text::Block &block, const text::Use &use, const Site &site,
                                       const Scope &outer, Scope &inner) {
  auto arguments = readArguments(use, site, outer);
  if (failed(arguments))
    return failure();
  std::vector<std::string> known;
  for (const std::string &parameter : block.parameter()) {
    auto [padded, standard] = StringRef(parameter).split('=');
    StringRef name = padded.trim();
    known.push_back(name.str());
    auto argument = arguments->find(name);
    if (argument == arguments->end() && standard.trim().empty())
      return emitError(atKind(site)) << "block '" << block.name() << "' needs a value for '" << name << "': with: \""
                                     << name << " = ...\"";
    auto value =
        argument == arguments->end() ? evaluate(standard, inner.variables) : Result<ExpressionValue>(argument->second);
    if (!value)
      return emitError(atKind(site)) << "block '" << block.name() << "': " << value.error();
    inner.variables[name] = *value;
  }
  for (StringRef name : arguments->keys())
    if (!llvm::is_contained(known, name))
      return emitError(atKind(site)) << "block '" << block.name() << "' has no parameter '" << name << "'"
                                     << suggest(name, known);
  return success();
}

FailureOr<size_t> Expander::resultOf(const text::Block &block, Scope &inner, const Site &site) {
  if (block.output().empty())
    return *inner.previous;
  auto found = inner.names.find(block.output());
  if (found == inner.names.end())
    return emitError(atKind(site)) << "block '" << block.name() << "' has no layer '" << block.output()
                                   << "' that could be its output" << suggest(block.output(), inner.names.keys());
  return found->second;
}

LogicalResult Expander::addUse(const text::Layer &layer, const Site &site, ArrayRef<size_t> inputs, Scope &scope) {
  auto entry = blocks.find(layer.use().block());
  if (entry == blocks.end())
    return emitError(atKind(site)) << "there is no block '" << layer.use().block() << "'"
                                   << suggest(layer.use().block(), blocks.keys());
  auto [block, tree] = entry->second;
  if (scope.depth >= deepestUse)
    return emitError(atKind(site)) << "block '" << block->name() << "' uses itself, or blocks are nested too deeply";
  SmallVector<std::string> names(block->input().begin(), block->input().end());
  if (names.empty())
    names.push_back("input");
  if (names.size() != inputs.size())
    return emitError(atKind(site)) << "block '" << block->name() << "' takes " << names.size()
                                   << " inputs, it is given " << inputs.size();
  Scope inner;
  inner.depth = scope.depth + 1;
  std::string local = layer.name().empty() ? "" : layer.name() + ".";
  inner.prefix = scope.prefix + local;
  inner.previous = inputs.front();
  for (auto [name, value] : llvm::zip(names, inputs))
    inner.names[name] = value;
  if (failed(bindParameters(*block, layer.use(), site, scope, inner)) ||
      failed(addLayers(block->layer(), fieldOf(*block, "layer"), tree, inner)))
    return failure();
  auto value = resultOf(*block, inner, site);
  if (failed(value))
    return failure();
  for (const auto &name : inner.names)
    if (!llvm::is_contained(names, name.getKey()) &&
        failed(define(scope, local + name.getKey().str(), name.getValue(), site)))
      return failure();
  scope.previous = *value;
  return layer.name().empty() ? success() : define(scope, layer.name(), *value, site);
}

FailureOr<Expanded> expand(const Source &source) { return Expander(source).run(); }

} // namespace convoy::frontend
