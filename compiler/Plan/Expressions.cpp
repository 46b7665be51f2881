#include "compiler/Plan/Expressions.h"

#include "compiler/Weights/DataTypes.h"

#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>

using namespace mlir;

namespace convoy::compiler {

static proto::Size constantSize(int64_t value) {
  proto::Size size;
  size.set_constant(value);
  return size;
}

proto::Size ExpressionWriter::add(proto::Expression::Kind kind, const proto::Size &lhs, const proto::Size &rhs) {
  for (int i = 0; i < program.expressions_size(); ++i) {
    const proto::Expression &known = program.expressions(i);
    if (known.kind() == kind && known.lhs().SerializeAsString() == lhs.SerializeAsString() &&
        known.rhs().SerializeAsString() == rhs.SerializeAsString()) {
      proto::Size size;
      size.set_expression(i);
      return size;
    }
  }
  proto::Expression &expression = *program.add_expressions();
  expression.set_kind(kind);
  *expression.mutable_lhs() = lhs;
  if (kind != proto::Expression::SYMBOL)
    *expression.mutable_rhs() = rhs;
  proto::Size size;
  size.set_expression(program.expressions_size() - 1);
  return size;
}

static proto::Expression::Kind kindOf(AffineExprKind kind) {
  switch (kind) {
  case AffineExprKind::Add:
    return proto::Expression::ADD;
  case AffineExprKind::Mul:
    return proto::Expression::MULTIPLY;
  case AffineExprKind::Mod:
    return proto::Expression::MODULO;
  case AffineExprKind::FloorDiv:
    return proto::Expression::FLOOR_DIVIDE;
  case AffineExprKind::CeilDiv:
    return proto::Expression::CEIL_DIVIDE;
  default:
    llvm_unreachable("not a binary expression");
  }
}

proto::Size ExpressionWriter::write(AffineExpr expression) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expression))
    return constantSize(constant.getValue());
  if (auto known = written.find(expression); known != written.end()) {
    proto::Size size;
    size.set_expression(known->second);
    return size;
  }
  proto::Size size;
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expression)) {
    size = add(proto::Expression::SYMBOL, constantSize(symbol.getPosition()), {});
  } else {
    auto binary = cast<AffineBinaryOpExpr>(expression);
    proto::Size lhs = write(binary.getLHS()), rhs = write(binary.getRHS());
    size = add(kindOf(binary.getKind()), lhs, rhs);
  }
  written[expression] = size.expression();
  return size;
}

static bool isKnown(const proto::Size &size) { return size.size_case() != proto::Size::kExpression; }

proto::Size ExpressionWriter::sum(const proto::Size &a, const proto::Size &b) {
  return isKnown(a) && isKnown(b) ? constantSize(a.constant() + b.constant()) : add(proto::Expression::ADD, a, b);
}

proto::Size ExpressionWriter::maximum(const proto::Size &a, const proto::Size &b) {
  return isKnown(a) && isKnown(b) ? constantSize(std::max(a.constant(), b.constant()))
                                  : add(proto::Expression::MAXIMUM, a, b);
}

proto::Size ExpressionWriter::roundUp(const proto::Size &a, int64_t multiple) {
  if (isKnown(a))
    return constantSize(static_cast<int64_t>(llvm::alignTo(a.constant(), multiple)));
  return add(proto::Expression::ROUND_UP, a, constantSize(multiple));
}

AffineExpr ExpressionWriter::allocatedBytes(ArrayRef<AffineExpr> dims, const proto::Layout &layout,
                                            proto::DataType type) const {
  AffineExpr bytes = getAffineConstantExpr(weights::sizeOf(type), context);
  for (auto [position, dim] : llvm::enumerate(dims)) {
    AffineExpr extent = dim;
    int index = static_cast<int>(position);
    if (layout.block() > 0 && index == layout.block_dim())
      extent = extent.ceilDiv(layout.block()) * layout.block();
    if (layout.before_size() > 0)
      extent = extent + layout.before(index);
    if (layout.after_size() > 0)
      extent = extent + layout.after(index);
    bytes = bytes * extent;
  }
  return bytes;
}

} // namespace convoy::compiler
