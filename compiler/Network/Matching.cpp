#include "compiler/Network/Matching.h"

#include "mlir/IR/Matchers.h"

#include <cmath>

using namespace mlir;

namespace convoy::compiler {

using cnn::ElementwiseOp;

std::optional<double> scalarOf(Value value) {
  DenseElementsAttr constant;
  if (!matchPattern(value, m_Constant(&constant)) || constant.getNumElements() != 1)
    return std::nullopt;
  if (isa<FloatType>(constant.getElementType()))
    return (*constant.value_begin<APFloat>()).convertToDouble();
  return std::nullopt;
}

bool isNear(double value, double wanted) { return std::abs(value - wanted) <= 1e-4 * std::abs(wanted); }

bool isScalar(Value value, double wanted) {
  std::optional<double> scalar = scalarOf(value);
  return scalar && isNear(*scalar, wanted);
}

ElementwiseOp definedBy(Value value, StringRef function) {
  auto op = value.getDefiningOp<ElementwiseOp>();
  return op && op.getFunction() == function ? op : ElementwiseOp();
}

std::optional<WithScalar> matchWithScalar(Value value, StringRef function) {
  ElementwiseOp op = definedBy(value, function);
  if (!op || op.getOperands().size() != 2)
    return std::nullopt;
  Value lhs = op.getOperands()[0], rhs = op.getOperands()[1];
  bool commutes = function == "add" || function == "mul" || function == "min" || function == "max";
  if (commutes && scalarOf(lhs))
    std::swap(lhs, rhs);
  std::optional<double> scalar = scalarOf(rhs);
  if (!scalar || lhs.getType() != value.getType())
    return std::nullopt;
  return WithScalar{lhs, *scalar};
}

static void collectFactors(Value value, bool isRoot, Product &product) {
  if (std::optional<double> scalar = scalarOf(value)) {
    product.scale *= *scalar;
    return;
  }
  if (isRoot || value.hasOneUse()) {
    if (ElementwiseOp mul = definedBy(value, "mul")) {
      collectFactors(mul.getOperands()[0], false, product);
      collectFactors(mul.getOperands()[1], false, product);
      return;
    }
    if (auto quotient = matchWithScalar(value, "div"); quotient && quotient->scalar != 0) {
      product.scale /= quotient->scalar;
      collectFactors(quotient->value, false, product);
      return;
    }
  }
  product.factors.push_back(value);
}

Product productOf(Value value) {
  Product product;
  collectFactors(value, /*isRoot=*/true, product);
  return product;
}

bool isFromWeights(Value value) {
  SmallVector<Value> work{value};
  llvm::DenseSet<Operation *> seen;
  while (!work.empty()) {
    Operation *op = work.pop_back_val().getDefiningOp();
    if (!op || !isa<cnn::CnnDialect>(op->getDialect()) || isa<cnn::LibraryCallOp>(op))
      return false;
    if (seen.insert(op).second)
      llvm::append_range(work, op->getOperands());
  }
  return true;
}

Value buildElementwise(OpBuilder &builder, Location loc, StringRef function, ValueRange operands) {
  return build<ElementwiseOp>(builder, loc, typeOf(operands.back()).getElementType(), function, operands);
}

Value buildConstant(OpBuilder &builder, Location loc, ArrayRef<int64_t> values) {
  auto type = RankedTensorType::get({static_cast<int64_t>(values.size())}, builder.getI64Type());
  return cnn::ConstantOp::create(builder, loc, type, DenseElementsAttr::get(type, values));
}

Value buildReshape(OpBuilder &builder, Location loc, Value value, ArrayRef<int64_t> shape) {
  if (typeOf(value).getShape() == shape)
    return value;
  return build<cnn::ReshapeOp>(builder, loc, typeOf(value).getElementType(), value, buildConstant(builder, loc, shape));
}

} // namespace convoy::compiler
