#include "compiler/Types/Quantise/Copies.h"

#include "compiler/Network/Matching.h"
#include "compiler/Types/Quantise/Build.h"

#include <cstring>

using namespace mlir;

namespace convoy::compiler {

SmallVector<Operation *> Specimen::layers() const {
  SmallVector<Operation *> found;
  for (Operation &op : mainFunction(module).getBody().front())
    if (canQuantise(&op) && isCandidate(&op))
      found.push_back(&op);
  return found;
}

OwningOpRef<ModuleOp> copyWithResults(ModuleOp network, ResultBuilder build) {
  IRMapping copies;
  OwningOpRef<ModuleOp> copy = cast<ModuleOp>(network->clone(copies));
  func::FuncOp function = mainFunction(*copy);
  OpBuilder builder(function.getBody().front().getTerminator());
  setResults(function, build(builder, copies));
  return copy;
}

Value reduceAll(OpBuilder &builder, Value value, cnn::ReduceKind kind, std::optional<int64_t> kept) {
  SmallVector<int64_t> axes, shape;
  for (int64_t axis = 0; axis < typeOf(value).getRank(); ++axis)
    if (kept == axis)
      shape.push_back(typeOf(value).getDimSize(axis));
    else
      axes.push_back(axis);
  auto type = RankedTensorType::get(shape, builder.getF32Type());
  return cnn::ReduceOp::create(builder, value.getLoc(), type, value, kind, axes, /*keep_dims=*/false,
                               /*select_last=*/false);
}

float floatOf(const HostValue &value, size_t index) {
  float number = 0;
  std::memcpy(&number, value.data + index * sizeof number, sizeof number);
  return number;
}

ArrayRef<float> floatsOf(const HostValue &value) {
  return {reinterpret_cast<const float *>(value.data), static_cast<size_t>(value.elements())};
}

} // namespace convoy::compiler
