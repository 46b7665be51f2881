#include "compiler/Emit/Program/Geometry.h"
#include "compiler/Weights/DataTypes.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/ErrorHandling.h"

#include <numeric>

using namespace mlir;

namespace convoy::compiler {

void Sizes::evaluate(Value symbols) {
  values.clear();
  for (const proto::Expression &expression : program.expressions())
    values.push_back(valueOf(expression, symbols));
}

Number Sizes::valueOf(const proto::Expression &expression, Value symbols) {
  if (expression.kind() == proto::Expression::SYMBOL)
    return Number(builder.load(builder.i64, symbols, expression.lhs().constant() * 8));
  Number a = of(expression.lhs()), b = of(expression.rhs());
  switch (expression.kind()) {
  case proto::Expression::ADD:
    return builder.add(a, b);
  case proto::Expression::SUBTRACT:
    return builder.subtract(a, b);
  case proto::Expression::MULTIPLY:
    return builder.multiply(a, b);
  case proto::Expression::FLOOR_DIVIDE:
    return builder.floorDivide(a, b);
  case proto::Expression::CEIL_DIVIDE:
    return builder.ceilDivide(a, b);
  case proto::Expression::MODULO:
    return builder.modulo(a, b);
  case proto::Expression::MAXIMUM:
    return builder.maximum(a, b);
  case proto::Expression::MINIMUM:
    return builder.minimum(a, b);
  case proto::Expression::ROUND_UP:
    return builder.multiply(builder.ceilDivide(a, b), b);
  default:
    llvm_unreachable("checkProgram lets no other kind pass");
  }
}

const BufferAxis &Geometry::axisOf(int dim) const {
  return *llvm::find_if(axes, [&](const BufferAxis &axis) { return axis.dim == dim && !axis.remainder; });
}

Geometry geometryOf(LlvmBuilder &builder, const proto::Buffer &buffer, const Sizes &sizes) {
  const proto::Layout &layout = buffer.layout();
  int rank = buffer.dims_size();
  SmallVector<int> order(rank);
  std::iota(order.begin(), order.end(), 0);
  if (layout.order_size() > 0)
    llvm::copy(layout.order(), order.begin());
  Geometry geometry;
  geometry.blocked = layout.block() > 0;
  for (int dim : order) {
    Number extent = sizes.of(buffer.dims(dim));
    int64_t before = layout.before_size() > 0 ? layout.before(dim) : 0;
    int64_t after = layout.after_size() > 0 ? layout.after(dim) : 0;
    if (geometry.blocked && dim == layout.block_dim()) {
      extent = builder.ceilDivide(extent, layout.block());
      before /= layout.block();
      after /= layout.block();
    }
    geometry.axes.push_back({dim, false, extent, before, after, 1});
  }
  if (geometry.blocked)
    geometry.axes.push_back({layout.block_dim(), true, layout.block(), 0, 0, 1});
  Number stride = 1, origin = 0;
  for (BufferAxis &axis : llvm::reverse(geometry.axes)) {
    axis.stride = stride;
    origin = builder.add(origin, builder.multiply(axis.before, stride));
    stride = builder.multiply(stride, builder.add(axis.extent, axis.before + axis.after));
  }
  geometry.origin = builder.multiply(origin, weights::sizeOf(buffer.type()));
  return geometry;
}

} // namespace convoy::compiler
