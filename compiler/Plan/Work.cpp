#include "compiler/Plan/Work.h"

#include "compiler/Weights/DataTypes.h"

namespace convoy::compiler {

static int64_t extentOf(const proto::Dim &dim) { return dim.has_extent() ? dim.extent() : 1; }

static int64_t elementsOf(const proto::Tensor &tensor) {
  int64_t count = 1;
  for (const proto::Dim &dim : tensor.dims())
    count *= extentOf(dim);
  return count;
}

static bool flag(const proto::Op &op, const char *name) {
  auto attribute = op.attributes().find(name);
  return attribute != op.attributes().end() && attribute->second.ints_size() > 0 && attribute->second.ints(0) != 0;
}

static int64_t multiplyAddsOf(const proto::Kernel &kernel, const proto::Op &op) {
  if (op.kind() != "convolution" && op.kind() != "matmul")
    return 0;
  const proto::Tensor &left = kernel.tensors(op.inputs(0)), &right = kernel.tensors(op.inputs(1));
  int64_t results = elementsOf(kernel.tensors(op.outputs(0)));
  if (op.kind() == "matmul")
    return results * extentOf(left.dims(left.dims_size() - (flag(op, "transpose_lhs") ? 2 : 1)));
  int64_t perFilter = elementsOf(right) / std::max<int64_t>(extentOf(right.dims(0)), 1);
  return (flag(op, "transposed") ? elementsOf(left) : results) * perFilter;
}

Work workOf(const proto::Kernel &kernel) {
  Work work;
  for (const proto::Op &op : kernel.ops())
    work.multiplyAdds += multiplyAddsOf(kernel, op);
  for (const auto *list : {&kernel.inputs(), &kernel.outputs()})
    for (int32_t position : *list)
      work.bytes += elementsOf(kernel.tensors(position)) * weights::sizeOf(kernel.tensors(position).type());
  return work;
}

} // namespace convoy::compiler
