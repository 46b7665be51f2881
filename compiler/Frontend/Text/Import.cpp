#include "compiler/Frontend/Text/Layers/LayerBuilder.h"
#include "compiler/Frontend/Text/Suggest.h"
#include "compiler/Frontend/Text/Text.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/Path.h"

using namespace mlir;

namespace convoy::frontend {

namespace {
/// An input of the network: its type, and a name per dimension ("" for static ones).
struct Argument {
  std::string name;
  RankedTensorType type;
  SmallVector<std::string, 4> dims;
  Location loc;
};

class Importer {
public:
  Importer(MLIRContext *context, const TextImportOptions &options, const Source &source)
      : options(options), source(source), builder(context), analysis(context), writer(options.weightsPath) {}

  FailureOr<OwningOpRef<ModuleOp>> run();

private:
  LogicalResult readArguments();
  FailureOr<NamedDims> shapeOf(const text::Input &input, Location loc);
  LogicalResult checkOptions();
  LogicalResult openWeights();
  func::FuncOp createFunction(ModuleOp module);
  LogicalResult buildLayers(const Expanded &network, func::FuncOp function);

  const TextImportOptions &options;
  const Source &source;
  OpBuilder builder;
  cnn::ShapeAnalysis analysis;
  weights::WeightWriter writer;
  std::unique_ptr<weights::WeightFile> file;
  SmallVector<Argument> arguments;
  llvm::StringMap<int64_t> fixed; ///< Named extents that --shape gives.
};
} // namespace

//===-- Inputs ----------------------------------------------------------------------------------===//

/// What the description says, and --shape above it.
FailureOr<NamedDims> Importer::shapeOf(const text::Input &input, Location loc) {
  auto shape = parseShape(input.shape(), loc);
  auto given = options.shapes.find(input.name());
  if (failed(shape) || given == options.shapes.end())
    return shape;
  if (given->second.size() != shape->dims.size())
    return emitError(loc) << "--shape gives input '" << input.name() << "' " << given->second.size()
                          << " dimensions, it has " << shape->dims.size();
  for (auto [i, extent] : llvm::enumerate(given->second)) {
    if (extent < 0) {
      shape->dims[i] = ShapedType::kDynamic;
      continue;
    }
    shape->dims[i] = extent;
    StringRef name = shape->names[i];
    if (!name.empty() && !fixed.try_emplace(name, extent).second && fixed[name] != extent)
      return emitError(loc) << "--shape makes '" << name << "' both " << fixed[name] << " and " << extent;
  }
  return shape;
}

LogicalResult Importer::readArguments() {
  const auto *field = fieldOf(source.network(), "input");
  for (const auto &[i, input] : llvm::enumerate(source.network().input())) {
    const Tree *tree = nestedTree(&source.tree(), field, static_cast<int>(i));
    auto shape = shapeOf(input, source.locate(tree, fieldOf(input, "shape")));
    Type element = failed(shape) ? Type() : parseType(input.type(), source.locate(tree, fieldOf(input, "type")));
    if (!element)
      return failure();
    Location loc = NameLoc::get(builder.getStringAttr(source.fileName() + ":" + input.name()),
                                source.locate(&source.tree(), field, static_cast<int>(i)));
    arguments.push_back({input.name(), RankedTensorType::get(shape->dims, element), shape->names, loc});
  }
  for (Argument &argument : arguments) {
    SmallVector<int64_t> dims(argument.type.getShape());
    for (auto [dim, name] : llvm::zip(dims, argument.dims)) {
      if (auto extent = fixed.find(name); !name.empty() && extent != fixed.end())
        dim = extent->second;
      if (!ShapedType::isDynamic(dim))
        name.clear();
    }
    argument.type = RankedTensorType::get(dims, argument.type.getElementType());
  }
  return checkOptions();
}

LogicalResult Importer::checkOptions() {
  std::vector<std::string> names;
  for (const Argument &argument : arguments)
    names.push_back(argument.name);
  for (StringRef name : options.shapes.keys())
    if (!llvm::is_contained(names, name))
      return emitError(source.fileLocation())
             << "--shape names '" << name << "', which is no input of the network" << suggest(name, names);
  return success();
}

LogicalResult Importer::openWeights() {
  const text::Weights &rules = source.network().weights();
  if (options.weights.empty() && rules.file().empty())
    return success();
  SmallString<128> path(options.weights);
  if (path.empty()) {
    path = llvm::sys::path::parent_path(source.path());
    llvm::sys::path::append(path, rules.file());
    if (llvm::sys::path::is_absolute(rules.file()))
      path = rules.file();
  }
  auto opened = weights::WeightFile::open(path.str().str());
  if (!opened) {
    const Tree *tree = nestedTree(&source.tree(), fieldOf(source.network(), "weights"));
    return emitError(source.locate(tree, fieldOf(rules, "file"))) << opened.error();
  }
  file = std::move(*opened);
  return success();
}

//===-- The function ----------------------------------------------------------------------------===//

func::FuncOp Importer::createFunction(ModuleOp module) {
  SmallVector<Type> types;
  for (const Argument &argument : arguments)
    types.push_back(argument.type);
  builder.setInsertionPointToEnd(module.getBody());
  auto function = func::FuncOp::create(builder, module.getLoc(), "main", builder.getFunctionType(types, {}));
  Block *block = function.addEntryBlock();
  builder.setInsertionPointToEnd(block);
  for (auto [i, argument] : llvm::enumerate(arguments)) {
    SmallVector<StringRef> dims(argument.dims.begin(), argument.dims.end());
    function.setArgAttr(i, cnn::nameAttrName, builder.getStringAttr(argument.name));
    function.setArgAttr(i, cnn::dimsAttrName, builder.getStrArrayAttr(dims));
    block->getArgument(i).setLoc(argument.loc);
    analysis.addArgument(block->getArgument(i), argument.dims);
  }
  return function;
}

LogicalResult Importer::buildLayers(const Expanded &network, func::FuncOp function) {
  Binder binder(source, file.get(), writer);
  if (failed(binder.readLiterals()))
    return failure();
  SmallVector<Value> values(function.getArguments().begin(), function.getArguments().end());
  for (const Instance &layer : network.layers) {
    SmallVector<Value> inputs;
    for (size_t input : layer.inputs)
      inputs.push_back(values[input]);
    values.push_back(LayerBuilder(layer, source, binder, builder, analysis, inputs).build());
    if (!values.back())
      return failure();
  }
  if (failed(binder.checkAllUsed()))
    return failure();
  SmallVector<Value> results;
  for (size_t output : network.outputs)
    results.push_back(values[output]);
  func::ReturnOp::create(builder, function.getLoc(), results);
  function.setType(builder.getFunctionType(function.getArgumentTypes(), ValueRange(results).getTypes()));
  for (auto [i, name] : llvm::enumerate(network.outputNames))
    function.setResultAttr(i, cnn::nameAttrName, builder.getStringAttr(name));
  return success();
}

FailureOr<OwningOpRef<ModuleOp>> Importer::run() {
  auto network = expand(source);
  if (failed(network) || failed(readArguments()) || failed(openWeights()))
    return failure();
  Location loc = NameLoc::get(builder.getStringAttr(source.fileName()), source.fileLocation());
  OwningOpRef<ModuleOp> module = ModuleOp::create(loc);
  if (failed(buildLayers(*network, createFunction(*module))))
    return failure();
  (*module)->setAttr(cnn::weightsAttrName, builder.getStringAttr(llvm::sys::path::filename(options.weightsPath)));
  if (failed(verify(*module)))
    return failure();
  if (Status status = writer.finish(); !status)
    return emitError(source.fileLocation()) << status.error();
  return module;
}

FailureOr<OwningOpRef<ModuleOp>> importText(MLIRContext &context, const TextImportOptions &options) {
  context.loadDialect<cnn::CnnDialect, func::FuncDialect>();
  std::unique_ptr<Source> source = Source::read(&context, options.path);
  if (!source)
    return failure();
  return Importer(&context, options, *source).run();
}

} // namespace convoy::frontend
