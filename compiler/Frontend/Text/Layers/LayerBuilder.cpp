#include "compiler/Frontend/Text/Layers/LayerBuilder.h"

using namespace mlir;

namespace convoy::frontend {

//===-- Diagnostics -----------------------------------------------------------------------------===//

InFlightDiagnostic LayerBuilder::error(StringRef field) {
  fail();
  const text::Layer &layer = instance.layer;
  const auto *kind = layer.GetReflection()->GetOneofFieldDescriptor(layer, layer.GetDescriptor()->oneof_decl(0));
  Location loc = source.locate(instance.tree, kind);
  if (!field.empty()) {
    const auto &settings = layer.GetReflection()->GetMessage(layer, kind);
    if (const Tree *tree = nestedTree(instance.tree, kind))
      if (Location precise = source.locate(tree, fieldOf(settings, field)); precise != source.fileLocation())
        loc = precise;
  }
  auto diagnostic = emitError(loc);
  diagnostic << "layer '" << instance.name << "': ";
  return diagnostic;
}

int64_t LayerBuilder::knownExtent(int64_t dim) {
  if (hasFailed())
    return 0;
  if (auto extent = extentOf(input(), dim))
    return *extent;
  error() << "dimension " << dim << " of its input must be known here; give it in the input's shape, or with --shape";
  return 0;
}

int64_t LayerBuilder::dimension(int64_t axis, StringRef field) {
  int64_t rank = rankOf(input());
  if (axis >= -rank && axis < rank)
    return axis < 0 ? axis + rank : axis;
  error(field) << "there is no dimension " << axis << " in a tensor of " << rank << " dimensions";
  return 0;
}

bool LayerBuilder::requireRank(int64_t atLeast) {
  if (rankOf(input()) >= atLeast)
    return true;
  error() << "its input has " << rankOf(input()) << " dimensions, it needs at least " << atLeast;
  return false;
}

bool LayerBuilder::requirePositive(int64_t number, StringRef field) {
  if (number > 0 && number <= INT32_MAX)
    return true;
  error(field) << "'" << field << "' must be positive" << (number == 0 ? "" : ", not " + std::to_string(number));
  return false;
}

//===-- Tensors ---------------------------------------------------------------------------------===//

Value LayerBuilder::tensor(StringRef role, ArrayRef<int64_t> dims) {
  if (hasFailed())
    return {};
  Value value = binder.bind(*this, instance, role, dims, builder);
  if (!value || failed(analysis.visit(value.getDefiningOp()))) {
    fail();
    return {};
  }
  return inputs.empty() ? value : cast(value, elementOf(input()));
}

Value LayerBuilder::parameter(const text::Parameter &settings) {
  auto shape = parseShape(settings.shape(), location());
  Type element = failed(shape) ? Type() : parseType(settings.type(), location());
  if (!element) {
    fail();
    return {};
  }
  if (llvm::is_contained(shape->dims, ShapedType::kDynamic)) {
    error("shape") << "the shape of a parameter must be numbers";
    return {};
  }
  return cast(tensor("value", shape->dims), element);
}

//===-- Kinds -----------------------------------------------------------------------------------===//

/// How many inputs a kind takes: the fewest and the most (-1: any number).
static std::pair<int, int> inputsOf(text::Layer::KindCase kind) {
  switch (kind) {
  case text::Layer::kParameter:
    return {0, 0};
  case text::Layer::kAdd:
  case text::Layer::kMul:
    return {2, -1};
  case text::Layer::kConcat:
  case text::Layer::kElementwise:
    return {1, -1};
  case text::Layer::kMatmul:
    return {2, 2};
  case text::Layer::kResize:
    return {1, 2};
  default:
    return {1, 1};
  }
}

bool LayerBuilder::checkInputs() {
  auto [fewest, most] = inputsOf(instance.layer.kind_case());
  int count = static_cast<int>(inputs.size());
  if (count >= fewest && (most < 0 || count <= most))
    return true;
  error() << "it has " << count << " inputs, it takes " << (most < 0 ? "at least " : "")
          << (most < 0 || fewest == most ? std::to_string(fewest)
                                         : std::to_string(fewest) + " to " + std::to_string(most))
          << (count < fewest ? "; name them all: input: [\"A\", \"B\"]" : "");
  return false;
}

Value LayerBuilder::dispatch() {
  const text::Layer &layer = instance.layer;
  switch (layer.kind_case()) {
  case text::Layer::kConvolution:
    return buildConvolution(*this, layer.convolution(), ConvolutionKind::Plain);
  case text::Layer::kDepthwise:
    return buildConvolution(*this, layer.depthwise(), ConvolutionKind::Depthwise);
  case text::Layer::kTransposed:
    return buildConvolution(*this, layer.transposed(), ConvolutionKind::Transposed);
  case text::Layer::kDense:
    return buildDense(*this, layer.dense());
  case text::Layer::kBatchNorm:
    return buildBatchNorm(*this, layer.batch_norm());
  case text::Layer::kLayerNorm:
    return buildLayerNorm(*this, layer.layer_norm());
  case text::Layer::kGroupNorm:
    return buildGroupNorm(*this, layer.group_norm());
  case text::Layer::kPool:
    return buildPool(*this, layer.pool());
  case text::Layer::kGlobalPool:
    return buildGlobalPool(*this, layer.global_pool());
  case text::Layer::kActivation:
    return buildElementwise(*this, layer.activation());
  case text::Layer::kElementwise:
    return buildElementwise(*this, layer.elementwise());
  case text::Layer::kPrelu:
    return buildPrelu(*this);
  case text::Layer::kAdd:
    return buildChain(*this, "add");
  case text::Layer::kMul:
    return buildChain(*this, "mul");
  case text::Layer::kConcat:
    return buildConcat(*this, layer.concat());
  case text::Layer::kResize:
    return buildResize(*this, layer.resize());
  case text::Layer::kReshape:
    return buildReshape(*this, layer.reshape());
  case text::Layer::kFlatten:
    return buildFlatten(*this, layer.flatten());
  case text::Layer::kTranspose:
    return buildTranspose(*this, layer.transpose());
  case text::Layer::kSlice:
    return buildSlice(*this, layer.slice());
  case text::Layer::kPad:
    return buildPad(*this, layer.pad());
  case text::Layer::kSoftmax:
    return buildSoftmax(*this, layer.softmax());
  case text::Layer::kReduce:
    return buildReduce(*this, layer.reduce());
  case text::Layer::kMatmul:
    return buildMatMul(*this, layer.matmul());
  case text::Layer::kChannelShuffle:
    return buildChannelShuffle(*this, layer.channel_shuffle());
  case text::Layer::kParameter:
    return parameter(layer.parameter());
  case text::Layer::kDropout:
  case text::Layer::kIdentity:
    return input();
  case text::Layer::kUse:
  case text::Layer::KIND_NOT_SET:
    break; // Expanded, refused.
  }
  llvm_unreachable("the expander leaves no such layer");
}

Value LayerBuilder::build() {
  Value result = checkInputs() ? dispatch() : Value();
  return hasFailed() ? Value() : result;
}

} // namespace convoy::frontend
