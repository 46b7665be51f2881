#include "compiler/Network/Channels.h"

#include "compiler/Network/Matching.h"

using namespace mlir;

namespace convoy::compiler {

Value channelVector(OpBuilder &builder, Location loc, Value value, RankedTensorType type, int64_t dim) {
  ArrayRef<int64_t> own = typeOf(value).getShape();
  int64_t extent = type.getDimSize(dim), more = type.getRank() - static_cast<int64_t>(own.size());
  if (ShapedType::isDynamic(extent) || more < 0)
    return {};
  for (auto [i, size] : llvm::enumerate(own))
    if (size != 1 && (static_cast<int64_t>(i) + more != dim || size != extent))
      return {};
  int64_t count = typeOf(value).getNumElements();
  Value vector = buildReshape(builder, loc, value, count);
  if (count == extent)
    return vector;
  return build<cnn::ExpandOp>(builder, loc, typeOf(value).getElementType(), vector,
                              buildConstant(builder, loc, extent));
}

/// Applies `function` to the weight seen as `weightShape` and the vector seen as `vectorShape`.
static Value combine(OpBuilder &builder, Location loc, StringRef function, Value weight, ArrayRef<int64_t> weightShape,
                     Value vector, ArrayRef<int64_t> vectorShape) {
  Value seen = buildReshape(builder, loc, weight, weightShape);
  Value factor = buildReshape(builder, loc, vector, vectorShape);
  Value result = buildElementwise(builder, loc, function, {seen, factor});
  return buildReshape(builder, loc, result, typeOf(weight).getShape());
}

/// The weight's shape with its first dimension cut into groups, and ones for the vector beside it.
static SmallVector<int64_t> grouped(ArrayRef<int64_t> shape, int64_t groups) {
  SmallVector<int64_t> result{groups, shape[0] / groups};
  llvm::append_range(result, shape.drop_front());
  return result;
}

Value scaleOutputs(OpBuilder &builder, Location loc, cnn::ConvolutionOp op, Value vector, StringRef function) {
  ArrayRef<int64_t> shape = op.getWeight().getType().getShape();
  auto groups = static_cast<int64_t>(op.getGroups());
  if (!op.getTransposed()) {
    SmallVector<int64_t> factor(shape.size(), 1);
    factor[0] = shape[0];
    return combine(builder, loc, function, op.getWeight(), shape, vector, factor);
  }
  if (groups == 1) {
    SmallVector<int64_t> factor(shape.size(), 1);
    factor[1] = shape[1];
    return combine(builder, loc, function, op.getWeight(), shape, vector, factor);
  }
  SmallVector<int64_t> factor(shape.size() + 1, 1);
  factor[0] = groups;
  factor[2] = shape[1];
  return combine(builder, loc, function, op.getWeight(), grouped(shape, groups), vector, factor);
}

Value scaleInputs(OpBuilder &builder, Location loc, cnn::ConvolutionOp op, Value vector, StringRef function) {
  ArrayRef<int64_t> shape = op.getWeight().getType().getShape();
  auto groups = static_cast<int64_t>(op.getGroups());
  SmallVector<int64_t> factor(shape.size(), 1);
  if (op.getTransposed()) {
    factor[0] = shape[0];
    return combine(builder, loc, function, op.getWeight(), shape, vector, factor);
  }
  if (groups == 1) {
    factor[1] = shape[1];
    return combine(builder, loc, function, op.getWeight(), shape, vector, factor);
  }
  factor.push_back(1);
  factor[0] = groups;
  factor[2] = shape[1];
  return combine(builder, loc, function, op.getWeight(), grouped(shape, groups), vector, factor);
}

} // namespace convoy::compiler
