#include "schedules/matmul/ProductShape.h"
#include "schedules/core/Tensors.h"

namespace convoy::schedules {

ProductShape productShape(const proto::Kernel &kernel) {
  const proto::Op &op = kernel.ops(kernel.anchor());
  auto flag = [&](const char *name) {
    auto found = op.attributes().find(name);
    return found != op.attributes().end() && found->second.ints_size() > 0 && found->second.ints(0) != 0;
  };
  ProductShape shape;
  shape.lhs = op.inputs(0);
  shape.rhs = op.inputs(1);
  const proto::Tensor &rhs = kernel.tensors(shape.rhs), &output = kernel.tensors(op.outputs(0));
  shape.rank = rankOf(output);
  const int rank = rankOf(rhs), lhsRank = rankOf(kernel.tensors(shape.lhs));
  shape.lhsRow = flag("transpose_lhs") ? lhsRank - 1 : lhsRank - 2;
  shape.lhsDepth = flag("transpose_lhs") ? lhsRank - 2 : lhsRank - 1;
  shape.rhsColumn = flag("transpose_rhs") ? rank - 2 : rank - 1;
  shape.rhsDepth = flag("transpose_rhs") ? rank - 1 : rank - 2;
  shape.rows = extentOf(output, shape.rank - 2);
  shape.columns = extentOf(output, shape.rank - 1);
  shape.depth = extentOf(rhs, shape.rhsDepth);
  if (shape.rank > 2)
    shape.images = extentOf(output, shape.rank - 3);
  for (int dim = 0; dim + 3 < shape.rank; ++dim)
    shape.outer *= extentOf(output, dim) < 0 ? ProductShape::symbolicExtent : extentOf(output, dim);
  return shape;
}

} // namespace convoy::schedules
