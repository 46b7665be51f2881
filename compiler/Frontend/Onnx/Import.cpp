#include "compiler/Frontend/Onnx/Graph.h"
#include "compiler/Frontend/Onnx/Onnx.h"
#include "compiler/Frontend/Onnx/Operators/Operators.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/IR/Verifier.h"
#include "llvm/Support/CheckedArithmetic.h"
#include "llvm/Support/Path.h"

using namespace mlir;

namespace convoy::frontend {

namespace {
/// An input of the network: type, and a name per dimension ("" for static ones).
struct Argument {
  std::string name;
  RankedTensorType type;
  SmallVector<std::string> dims;
};

/// Reads the signature, then has the graph imported into a function.
class ModelImporter {
public:
  ModelImporter(MLIRContext *context, const OnnxImportOptions &options, Model &model)
      : options(options), model(model), builder(context), analysis(context),
        loc(NameLoc::get(StringAttr::get(context, model.fileName()))) {}

  FailureOr<OwningOpRef<ModuleOp>> run();

private:
  LogicalResult readArguments();
  FailureOr<Argument> readArgument(const onnx::ValueInfoProto &info);
  LogicalResult readDims(const onnx::TensorShapeProto &shape, ArrayRef<int64_t> fixed, Argument &argument,
                         SmallVectorImpl<int64_t> &dims);
  LogicalResult applyNamedExtents();
  LogicalResult checkOptions();
  func::FuncOp createFunction(ModuleOp module);
  LogicalResult finishFunction(func::FuncOp function, const Scope &scope, GraphImporter &importer);
  Location locationOf(StringRef name) { return NameLoc::get(builder.getStringAttr(model.fileName() + ":" + name)); }

  const OnnxImportOptions &options;
  Model &model;
  OpBuilder builder;
  cnn::ShapeAnalysis analysis;
  Location loc;
  SmallVector<Argument> arguments;
  llvm::StringMap<int64_t> extents; ///< Of named dimensions that --shape makes static.
};
} // namespace

//===-- Inputs ----------------------------------------------------------------------------------===//

/// Names that exporters write where they know none: equal ones don't mean equal extents.
static bool isNameless(StringRef name) {
  int64_t number = 0;
  return name.empty() || name == "?" || name == "None" || name == "unknown" || !name.getAsInteger(10, number);
}

LogicalResult ModelImporter::readDims(const onnx::TensorShapeProto &shape, ArrayRef<int64_t> fixed, Argument &argument,
                                      SmallVectorImpl<int64_t> &dims) {
  for (int i = 0; i < shape.dim_size(); ++i) {
    const auto &dim = shape.dim(i);
    if (dim.has_dim_value() && dim.dim_value() < -1)
      return emitError(locationOf(argument.name)) << "dimension " << i << " is " << dim.dim_value()
                                                  << "; a name, nothing or -1 stands for an extent that isn't known";
    int64_t extent = dim.has_dim_value() && dim.dim_value() >= 0 ? dim.dim_value() : ShapedType::kDynamic;
    int64_t wanted = fixed.empty() || fixed[i] < 0 ? ShapedType::kDynamic : fixed[i];
    if (extent > INT32_MAX)
      return emitError(locationOf(argument.name)) << "dimension " << i << " has " << extent << " elements";
    if (!ShapedType::isDynamic(extent) && !ShapedType::isDynamic(wanted) && extent != wanted)
      return emitError(locationOf(argument.name))
             << "--shape asks for " << wanted << " elements in dimension " << i << ", the model has " << extent;
    StringRef name = ShapedType::isDynamic(extent) && !isNameless(dim.dim_param()) ? dim.dim_param() : StringRef();
    if (!ShapedType::isDynamic(wanted)) {
      auto [entry, isNew] = extents.try_emplace(name, wanted);
      if (!name.empty() && !isNew && entry->second != wanted)
        return emitError(locationOf(argument.name))
               << "--shape makes dimension '" << name << "' both " << entry->second << " and " << wanted;
      extent = wanted;
    }
    dims.push_back(extent);
    argument.dims.push_back(ShapedType::isDynamic(extent) ? name.str() : "");
  }
  return success();
}

FailureOr<Argument> ModelImporter::readArgument(const onnx::ValueInfoProto &info) {
  Argument argument;
  argument.name = info.name();
  Location at = locationOf(info.name());
  if (!info.type().has_tensor_type())
    return emitError(at) << "input '" << info.name() << "' isn't a tensor; sequences, maps and optional values aren't "
                         << "supported";
  const onnx::TypeProto::Tensor &tensor = info.type().tensor_type();
  Type element = elementType(tensor.elem_type(), at);
  if (!element)
    return failure();
  SmallVector<int64_t> dims;
  auto fixed = options.shapes.find(info.name());
  bool isFixed = fixed != options.shapes.end();
  if (!tensor.has_shape()) {
    if (!isFixed)
      return emitError(at) << "input '" << info.name() << "' has no shape; give one with --shape " << info.name()
                           << "=1x3x224x224";
    for (int64_t extent : fixed->second)
      dims.push_back(extent < 0 ? ShapedType::kDynamic : extent);
    argument.dims.resize(dims.size());
  } else {
    if (isFixed && static_cast<int>(fixed->second.size()) != tensor.shape().dim_size())
      return emitError(at) << "--shape gives " << fixed->second.size() << " dimensions, input '" << info.name()
                           << "' has " << tensor.shape().dim_size();
    if (failed(
            readDims(tensor.shape(), isFixed ? ArrayRef<int64_t>(fixed->second) : ArrayRef<int64_t>(), argument, dims)))
      return failure();
  }
  argument.type = RankedTensorType::get(dims, element);
  return argument;
}

/// A dimension that --shape fixes for one input is fixed wherever its name stands.
LogicalResult ModelImporter::applyNamedExtents() {
  for (Argument &argument : arguments) {
    SmallVector<int64_t> dims(argument.type.getShape());
    std::optional<int64_t> count = 1;
    for (auto [i, dim] : llvm::enumerate(dims)) {
      if (auto entry = extents.find(argument.dims[i]); !argument.dims[i].empty() && entry != extents.end()) {
        dim = entry->second;
        argument.dims[i].clear();
      }
      count = count ? llvm::checkedMul(*count, ShapedType::isDynamic(dim) ? 1 : dim) : count;
    }
    if (!count || *count > (int64_t(1) << 40))
      return emitError(locationOf(argument.name))
             << "input '" << argument.name << "' has impossible dimensions [" << dims << "]";
    argument.type = RankedTensorType::get(dims, argument.type.getElementType());
  }
  return success();
}

LogicalResult ModelImporter::checkOptions() {
  for (const auto &entry : options.shapes) {
    if (llvm::any_of(arguments, [&](const Argument &argument) { return argument.name == entry.getKey(); }))
      continue;
    auto diagnostic = emitError(loc) << "--shape names input '" << entry.getKey() << "', but the model's inputs are";
    for (const Argument &argument : arguments)
      diagnostic << " '" << argument.name << "'";
    return diagnostic;
  }
  return success();
}

LogicalResult ModelImporter::readArguments() {
  llvm::StringSet<> initialised, seen;
  for (const onnx::TensorProto &tensor : model.proto().graph().initializer())
    initialised.insert(tensor.name());
  for (const onnx::ValueInfoProto &input : model.proto().graph().input()) {
    if (initialised.contains(input.name()))
      continue;
    if (!seen.insert(input.name()).second)
      return emitError(locationOf(input.name())) << "the graph has two inputs of the name '" << input.name() << "'";
    auto argument = readArgument(input);
    if (failed(argument))
      return failure();
    arguments.push_back(std::move(*argument));
  }
  return success(succeeded(checkOptions()) && succeeded(applyNamedExtents()));
}

//===-- The function ----------------------------------------------------------------------------===//

func::FuncOp ModelImporter::createFunction(ModuleOp module) {
  SmallVector<Type> types;
  for (const Argument &argument : arguments)
    types.push_back(argument.type);
  builder.setInsertionPointToEnd(module.getBody());
  auto function = func::FuncOp::create(builder, loc, "main", builder.getFunctionType(types, {}));
  Block *block = function.addEntryBlock();
  builder.setInsertionPointToEnd(block);
  for (auto [i, argument] : llvm::enumerate(arguments)) {
    SmallVector<StringRef> dims(argument.dims.begin(), argument.dims.end());
    function.setArgAttr(i, cnn::nameAttrName, builder.getStringAttr(argument.name));
    function.setArgAttr(i, cnn::dimsAttrName, builder.getStrArrayAttr(dims));
    block->getArgument(i).setLoc(locationOf(argument.name));
    analysis.addArgument(block->getArgument(i), argument.dims);
  }
  return function;
}

/// The graph's nodes decide about shapes; a declaration that they contradict is a sign of a broken export.
static void warnOfShape(const onnx::ValueInfoProto &output, Value value) {
  if (!output.type().has_tensor_type() || !output.type().tensor_type().has_shape())
    return;
  SmallVector<int64_t> declared;
  for (const auto &dim : output.type().tensor_type().shape().dim())
    declared.push_back(dim.has_dim_value() && dim.dim_value() > 0 ? dim.dim_value() : ShapedType::kDynamic);
  auto type = cast<RankedTensorType>(value.getType());
  if (succeeded(verifyCompatibleShape(declared, type.getShape())))
    return;
  auto shown = RankedTensorType::get(declared, type.getElementType());
  emitWarning(value.getLoc()) << "output '" << output.name() << "' is declared as " << shown << ", its node gives "
                              << type << "; the declaration is ignored";
}

LogicalResult ModelImporter::finishFunction(func::FuncOp function, const Scope &scope, GraphImporter &importer) {
  SmallVector<Value> results;
  SmallVector<Type> types;
  for (const onnx::ValueInfoProto &output : model.proto().graph().output()) {
    const Binding *binding = scope.find(output.name());
    if (!binding || !binding->reason.empty())
      return emitError(locationOf(output.name()))
             << "output '" << output.name() << "' "
             << (binding ? "can't be given: " + binding->reason : "is produced by no node");
    Value value = importer.materialise(*binding);
    if (!value)
      return failure();
    const onnx::TypeProto &declared = output.type();
    if (declared.has_tensor_type() && declared.tensor_type().elem_type() != onnx::TensorProto::UNDEFINED) {
      Type element = elementType(declared.tensor_type().elem_type(), locationOf(output.name()));
      if (element && element != Emitter::elementOf(value))
        return emitError(locationOf(output.name()))
               << "output '" << output.name() << "' is declared with elements of type " << element
               << ", its node gives " << Emitter::elementOf(value);
      if (!element)
        return failure();
    }
    warnOfShape(output, value);
    results.push_back(value);
    types.push_back(value.getType());
  }
  if (results.empty())
    return emitError(loc) << "the graph has no output";
  func::ReturnOp::create(builder, loc, results);
  function.setType(builder.getFunctionType(function.getFunctionType().getInputs(), types));
  for (auto [i, output] : llvm::enumerate(model.proto().graph().output()))
    function.setResultAttr(i, cnn::nameAttrName, builder.getStringAttr(output.name()));
  return success();
}

/// Operators make constants of shapes that turn out to be known otherwise.
static void eraseDeadOps(Block &block) {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
    if (isOpTriviallyDead(&op))
      op.erase();
}

FailureOr<OwningOpRef<ModuleOp>> ModelImporter::run() {
  const onnx::ModelProto &proto = model.proto();
  if (!proto.has_graph())
    return emitError(loc) << "the model has no graph";
  if (failed(readArguments()))
    return failure();
  OwningOpRef<ModuleOp> module = ModuleOp::create(loc);
  func::FuncOp function = createFunction(*module);
  weights::WeightWriter writer(options.weightsPath);
  GraphImporter importer(model, builder, analysis, writer);
  Scope scope;
  for (auto [argument, value] : llvm::zip(arguments, function.getArguments()))
    scope.names[argument.name] = Binding(Value(value));
  if (failed(importer.readOpsets(proto.opset_import(), scope, loc)) ||
      failed(importer.importGraph(proto.graph(), scope)) || failed(finishFunction(function, scope, importer)))
    return failure();
  eraseDeadOps(function.getBody().front());
  (*module)->setAttr(cnn::weightsAttrName, builder.getStringAttr(llvm::sys::path::filename(options.weightsPath)));
  if (failed(verify(*module)))
    return failure();
  if (Status status = writer.finish(); !status)
    return emitError(loc) << status.error();
  return module;
}

FailureOr<OwningOpRef<ModuleOp>> importOnnx(MLIRContext &context, const OnnxImportOptions &options) {
  context.loadDialect<cnn::CnnDialect, func::FuncDialect>();
  std::unique_ptr<Model> model = Model::read(options.path, &context);
  if (!model)
    return failure();
  return ModelImporter(&context, options, *model).run();
}

} // namespace convoy::frontend
