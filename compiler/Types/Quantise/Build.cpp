#include "compiler/Types/Quantise/Build.h"

#include "compiler/Network/Matching.h"

using namespace mlir;

namespace convoy::compiler {

static Value constant(OpBuilder &builder, Location loc, DenseElementsAttr value) {
  return cnn::ConstantOp::create(builder, loc, value.getType(), value);
}

static Value scalar(OpBuilder &builder, Location loc, float value) {
  return constant(builder, loc, DenseElementsAttr::get(RankedTensorType::get({}, builder.getF32Type()), value));
}

static Value integer(OpBuilder &builder, Location loc, int64_t value, Type element) {
  return constant(builder, loc,
                  DenseElementsAttr::get(RankedTensorType::get({}, element),
                                         APInt(8, static_cast<uint64_t>(value), /*isSigned=*/false,
                                               /*implicitTrunc=*/true)));
}

static Value pairOf(OpBuilder &builder, Location loc, Value value, Value scale, Value zero) {
  RankedTensorType type = typeOf(value);
  auto bytes = RankedTensorType::get(type.getShape(), typeOf(zero).getElementType());
  Value quantised = cnn::QuantizeOp::create(builder, loc, bytes, value, scale, zero);
  return cnn::DequantizeOp::create(builder, loc, type, quantised, scale, zero);
}

Value quantisePair(OpBuilder &builder, Location loc, Value value, Scale scale) {
  Type byte = builder.getIntegerType(8, /*isSigned=*/false);
  return pairOf(builder, loc, value, scalar(builder, loc, scale.scale), integer(builder, loc, scale.zero, byte));
}

int64_t weightChannels(Operation *layer) {
  if (auto convolution = dyn_cast<cnn::ConvolutionOp>(layer))
    return convolution.getTransposed() ? 1 : 0;
  auto matmul = cast<cnn::MatmulOp>(layer);
  return matmul.getTransposeRhs() ? 0 : 1;
}

int64_t resultChannels(Operation *layer) {
  return isa<cnn::MatmulOp>(layer) ? typeOf(layer->getResult(0)).getRank() - 1 : 1;
}

/// The numbers as a tensor of that rank, along one dimension.
static Value vectorAlong(OpBuilder &builder, Location loc, ArrayRef<float> numbers, int64_t rank, int64_t dim) {
  SmallVector<int64_t> shape(rank, 1);
  shape[dim] = static_cast<int64_t>(numbers.size());
  return constant(builder, loc, DenseElementsAttr::get(RankedTensorType::get(shape, builder.getF32Type()), numbers));
}

Value quantiseWeight(OpBuilder &builder, Operation *layer, ArrayRef<float> scales) {
  Value weight = layer->getOperand(1);
  Location loc = layer->getLoc();
  Value scale = vectorAlong(builder, loc, scales, typeOf(weight).getRank(), weightChannels(layer));
  return pairOf(builder, loc, weight, scale, integer(builder, loc, 0, builder.getI8Type()));
}

Value channelConstant(OpBuilder &builder, Operation *layer, ArrayRef<float> numbers) {
  int64_t dim = resultChannels(layer);
  return vectorAlong(builder, layer->getLoc(), numbers, typeOf(layer->getResult(0)).getRank() - dim, 0);
}

void eraseUnused(func::FuncOp network) {
  SmallVector<Operation *> ops(llvm::make_pointer_range(network.getBody().front().without_terminator()));
  for (Operation *op : llvm::reverse(ops))
    if (op->use_empty())
      op->erase();
}

void setResults(func::FuncOp network, ArrayRef<Value> results) {
  MLIRContext *context = network.getContext();
  network.getBody().front().getTerminator()->setOperands(results);
  SmallVector<Type> types(llvm::map_range(results, [](Value value) { return value.getType(); }));
  network.setType(FunctionType::get(context, network.getArgumentTypes(), types));
  SmallVector<Attribute> names;
  for (size_t i = 0; i < results.size(); ++i)
    names.push_back(
        DictionaryAttr::get(context, NamedAttribute(StringAttr::get(context, cnn::nameAttrName),
                                                    StringAttr::get(context, "result." + std::to_string(i)))));
  network.setResAttrsAttr(ArrayAttr::get(context, names));
  eraseUnused(network);
}

func::FuncOp mainFunction(ModuleOp module) { return *module.getOps<func::FuncOp>().begin(); }

} // namespace convoy::compiler
