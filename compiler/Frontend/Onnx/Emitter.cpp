#include "compiler/Frontend/Onnx/Emitter.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Sequence.h"

using namespace mlir;

namespace convoy::frontend {

bool Emitter::accept(Operation *op) {
  if (failed(analysis.visit(op)) || failed(verify(op, /*verifyRecursively=*/false))) {
    op->erase();
    failedBefore = true;
  }
  return !failedBefore;
}

Value Emitter::finish(Operation *op) { return accept(op) ? op->getResult(0) : Value(); }

SmallVector<Value> Emitter::call(StringRef function, ValueRange operands, ArrayRef<Type> elements,
                                 DictionaryAttr options) {
  if (failedBefore)
    return SmallVector<Value>(elements.size());
  SmallVector<Type> types;
  for (Type element : elements)
    types.push_back(RankedTensorType::get({ShapedType::kDynamic}, element));
  Operation *op = cnn::LibraryCallOp::create(builder, loc, types, function, operands, options);
  if (!accept(op))
    return SmallVector<Value>(elements.size());
  return SmallVector<Value>(op->getResults());
}

AffineExpr Emitter::dimOf(Value value, int64_t dim) {
  return value && dim < rankOf(value) ? analysis.dims(value)[dim] : analysis.constant(1);
}

std::optional<int64_t> Emitter::extentOf(Value value, int64_t dim) {
  AffineExpr expression = dimOf(value, dim);
  return expression ? cnn::constantOf(expression) : std::nullopt;
}

//===-- Constants -------------------------------------------------------------------------------===//

Value Emitter::constant(DenseElementsAttr value) {
  return failedBefore ? Value() : finish(cnn::ConstantOp::create(builder, loc, value.getType(), value));
}

Value Emitter::ints(ArrayRef<int64_t> values) {
  auto type = RankedTensorType::get({static_cast<int64_t>(values.size())}, builder.getI64Type());
  return constant(DenseElementsAttr::get(type, values));
}

Value Emitter::scalar(double value, Type element) {
  if (failedBefore || !element)
    return {};
  auto type = RankedTensorType::get({}, element);
  if (isa<FloatType>(element))
    return constant(DenseElementsAttr::get(type, builder.getFloatAttr(element, value)));
  APInt integer(element.getIntOrFloatBitWidth(), static_cast<uint64_t>(static_cast<int64_t>(value)), /*isSigned=*/true,
                /*implicitTrunc=*/true);
  return constant(DenseElementsAttr::get(type, integer));
}

//===-- Ops -------------------------------------------------------------------------------------===//

/// The element type of an elementwise function's result.
static Type elementwiseType(StringRef function, ValueRange operands) {
  using Rule = cnn::ElementwiseRule;
  const cnn::ElementwiseFunction *entry = cnn::findElementwise(function);
  assert(entry && entry->operands == operands.size() && "operators use the table's functions");
  if (entry->rule == Rule::LOGIC || entry->rule == Rule::COMPARE || entry->rule == Rule::TEST)
    return IntegerType::get(operands[0].getContext(), 1);
  return Emitter::elementOf(entry->rule == Rule::SELECT ? operands[1] : operands[0]);
}

Value Emitter::elementwise(StringRef function, ValueRange operands, ArrayRef<double> parameters) {
  if (failedBefore)
    return {};
  return create<cnn::ElementwiseOp>(elementwiseType(function, operands), function, operands, parameters);
}

Value Emitter::cast(Value value, Type element) {
  if (failedBefore || elementOf(value) == element)
    return value;
  return create<cnn::CastOp>(element, value);
}

Value Emitter::reduce(cnn::ReduceKind kind, Value value, ArrayRef<int64_t> axes, bool keepDims, bool selectLast) {
  bool isIndex = kind == cnn::ReduceKind::ArgMax || kind == cnn::ReduceKind::ArgMin;
  SmallVector<int64_t> sorted(axes);
  llvm::sort(sorted);
  return create<cnn::ReduceOp>(isIndex ? builder.getI64Type() : elementOf(value), value, kind, sorted, keepDims,
                               selectLast);
}

Value Emitter::matmul(Value lhs, Value rhs, bool transposeLhs, bool transposeRhs) {
  return create<cnn::MatmulOp>(elementOf(lhs), lhs, rhs, transposeLhs, transposeRhs);
}

Value Emitter::transpose(Value value, ArrayRef<int64_t> permutation) {
  if (llvm::equal(permutation, llvm::seq<int64_t>(0, permutation.size())) &&
      rankOf(value) == static_cast<int64_t>(permutation.size()))
    return value;
  return create<cnn::TransposeOp>(elementOf(value), value, permutation);
}

Value Emitter::concat(ValueRange values, int64_t axis) {
  if (failedBefore || values.size() == 1)
    return failedBefore ? Value() : values.front();
  return create<cnn::ConcatOp>(elementOf(values.front()), values, axis);
}

Value Emitter::gather(cnn::GatherKind kind, Value value, Value indices, int64_t axis) {
  return create<cnn::GatherOp>(elementOf(value), value, indices, kind, axis);
}

Value Emitter::expand(Value value, Value shape) { return create<cnn::ExpandOp>(elementOf(value), value, shape); }

Value Emitter::reshape(Value value, Value shape, bool allowZero) {
  return create<cnn::ReshapeOp>(elementOf(value), value, shape, allowZero);
}

Value Emitter::slice(Value value, int64_t axis, int64_t start, int64_t end) {
  return create<cnn::SliceOp>(elementOf(value), value, ints({start}), ints({end}), ArrayRef<int64_t>{axis},
                              ArrayRef<int64_t>{1});
}

//===-- Shapes in pieces ------------------------------------------------------------------------===//

Value Emitter::extents(Value value, int64_t begin, int64_t end) {
  if (failedBefore)
    return {};
  SmallVector<int64_t> known;
  for (int64_t dim = begin; dim < end; ++dim)
    if (auto extent = extentOf(value, dim))
      known.push_back(*extent);
  if (static_cast<int64_t>(known.size()) == end - begin)
    return ints(known);
  return create<cnn::DimOp>(builder.getI64Type(), value, begin, end);
}

bool Emitter::isExtent(Value piece, Value value, int64_t dim) {
  auto elements = failedBefore ? std::nullopt : analysis.elements(piece);
  return elements && elements->size() == 1 && elements->front() && elements->front() == dimOf(value, dim);
}

Value Emitter::product(ValueRange pieces) {
  if (pieces.empty())
    return ints({1});
  Value result = pieces.front();
  for (Value piece : pieces.drop_front())
    result = elementwise("mul", {result, piece});
  if (failedBefore)
    return {};
  auto elements = analysis.elements(result);
  if (auto known = elements && elements->size() == 1 ? cnn::constantOf(elements->front()) : std::nullopt)
    return ints({*known});
  return result;
}

Value Emitter::reshapeTo(Value value, ArrayRef<Value> pieces) {
  if (failedBefore)
    return {};
  SmallVector<int64_t> shape;
  int64_t unknown = 0;
  bool hasZero = false;
  for (Value piece : pieces) {
    auto elements = analysis.elements(piece);
    if (!elements)
      return reshape(value, concat(pieces, 0), /*allowZero=*/true);
    for (AffineExpr element : *elements) {
      auto known = element ? cnn::constantOf(element) : std::nullopt;
      unknown += !known;
      hasZero |= known && *known == 0;
      shape.push_back(known.value_or(-1));
    }
  }
  if (unknown > 1 || (unknown == 1 && hasZero))
    return reshape(value, concat(pieces, 0), /*allowZero=*/true);
  return reshape(value, ints(shape), /*allowZero=*/hasZero);
}

Value Emitter::alignTo(Value vector, int64_t axis, int64_t rank) {
  SmallVector<int64_t> shape(rank, 1);
  shape[axis] = -1;
  return rank == 1 ? vector : reshape(vector, shape);
}

Value Emitter::iota(Value piece) {
  Type i64 = builder.getI64Type();
  return create<cnn::RangeOp>(i64, scalar(0, i64), toScalar(piece), scalar(1, i64));
}

} // namespace convoy::frontend
