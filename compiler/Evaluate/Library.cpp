#include "compiler/Evaluate/Library.h"

#include "compiler/Kernels/KernelWriter.h"
#include "runtime/ops/ops.h"

#include "llvm/ADT/StringSwitch.h"

#include <algorithm>
#include <cstring>

using namespace mlir;

namespace convoy::compiler {

static convoy_library_function functionNamed(StringRef name) {
  return llvm::StringSwitch<convoy_library_function>(name)
      .Case("top_k", convoy_top_k)
      .Case("non_max_suppression", convoy_non_max_suppression)
      .Case("non_zero", convoy_non_zero)
      .Case("compress", convoy_compress)
      .Case("unique", convoy_unique)
      .Default(nullptr);
}

static convoy_tensor describe(const HostValue &value) {
  convoy_tensor tensor = {};
  tensor.data = const_cast<char *>(value.data);
  tensor.rank = static_cast<int32_t>(value.dims.size());
  tensor.type = static_cast<convoy_type>(value.type);
  std::copy(value.dims.begin(), value.dims.end(), tensor.dims);
  return tensor;
}

static int64_t firstInteger(const HostValue &value) {
  int64_t number = 0;
  if (value.data && value.type == proto::I64 && value.elements() > 0)
    std::memcpy(&number, value.data, sizeof number);
  return number;
}

/// Dimensions that hold every result that can come.
static SmallVector<int64_t> boundOf(cnn::LibraryCallOp op, unsigned result, ArrayRef<HostValue> operands) {
  const HostValue &first = operands[0];
  if (op.getFunction() == "top_k") {
    SmallVector<int64_t> dims(first.dims);
    auto axis = op.getOptionsAttr().getAs<IntegerAttr>("axis");
    dims[axis ? axis.getInt() : dims.size() - 1] = firstInteger(operands[1]);
    return dims;
  }
  if (op.getFunction() == "non_zero")
    return {static_cast<int64_t>(first.dims.size()), first.elements()};
  if (op.getFunction() == "compress" || op.getFunction() == "unique") {
    int64_t axis = op.getOptionsAttr().getAs<IntegerAttr>("axis").getInt();
    if (result == 0 && axis >= 0)
      return SmallVector<int64_t>(first.dims);
    return {axis < 0 ? first.elements() : first.dims[axis]};
  }
  int64_t classes = operands[1].dims[1], boxes = first.dims[1];
  int64_t most = operands.size() > 2 ? std::min(firstInteger(operands[2]), boxes) : 0;
  return {first.dims[0] * classes * std::max<int64_t>(most, 0), 3};
}

FailureOr<std::vector<HostValue>> callLibrary(cnn::LibraryCallOp op, ArrayRef<HostValue> operands) {
  convoy_library_function function = functionNamed(op.getFunction());
  if (!function)
    return op.emitError() << "no function of runtime/ops is named " << op.getFunction();
  SmallVector<convoy_tensor> inputs(llvm::map_range(operands, describe)), outputs;
  std::vector<HostValue> results;
  for (auto [position, result] : llvm::enumerate(op.getResults())) {
    auto type = cast<RankedTensorType>(result.getType());
    results.push_back(HostValue::make(weights::dataTypeOf(type.getElementType()),
                                      boundOf(op, static_cast<unsigned>(position), operands))
                          .first);
    outputs.push_back(describe(results.back()));
  }
  SmallVector<int64_t> options;
  ArrayRef<NamedAttribute> given = op.getOptionsAttr() ? op.getOptionsAttr().getValue() : ArrayRef<NamedAttribute>();
  for (NamedAttribute option : given)
    options.push_back(cast<IntegerAttr>(option.getValue()).getInt());
  convoy_context context = {};
  context.size = sizeof context;
  if (int32_t status = function(&context, inputs.data(), outputs.data(), options.data()))
    return op.emitError() << op.getFunction() << " failed with status " << status;
  for (auto [result, output] : llvm::zip(results, outputs))
    result.dims.assign(output.dims, output.dims + output.rank);
  return results;
}

} // namespace convoy::compiler
