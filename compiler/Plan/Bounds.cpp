#include "compiler/Plan/Bounds.h"

using namespace mlir;

namespace convoy::compiler {

static AffineExpr productOf(ArrayRef<AffineExpr> dims, const cnn::ShapeAnalysis &facts) {
  AffineExpr product = facts.constant(1);
  for (AffineExpr dim : dims)
    product = product * dim;
  return product;
}

/// The option `axis`; -1 stands for the flattened operand. Nothing if it is missing or out of range.
static std::optional<int64_t> axisOf(cnn::LibraryCallOp op, int64_t rank) {
  DictionaryAttr options = op.getOptionsAttr();
  auto axis = options ? options.getAs<IntegerAttr>("axis") : IntegerAttr();
  if (!axis || axis.getInt() < -1 || axis.getInt() >= rank)
    return std::nullopt;
  return axis.getInt();
}

/// The extents of a result if everything is selected.
static FailureOr<cnn::Expressions> largestDims(cnn::LibraryCallOp op, unsigned result,
                                               const cnn::ShapeAnalysis &facts) {
  ArrayRef<AffineExpr> first = facts.dims(op.getOperands()[0]);
  if (op.getFunction() == "top_k")
    return cnn::Expressions(first);
  if (op.getFunction() == "non_zero")
    return cnn::Expressions{facts.constant(static_cast<int64_t>(first.size())), productOf(first, facts)};
  if (op.getFunction() == "non_max_suppression")
    return cnn::Expressions{productOf(facts.dims(op.getOperands()[1]), facts), facts.constant(3)};
  // compress, unique
  std::optional<int64_t> axis = axisOf(op, static_cast<int64_t>(first.size()));
  if (!axis)
    return op.emitError("option axis is missing, or no axis of the first operand");
  if (result == 0 && *axis >= 0)
    return cnn::Expressions(first);
  return cnn::Expressions{*axis >= 0 ? first[*axis] : productOf(first, facts)};
}

LogicalResult ResultBounds::bound(cnn::LibraryCallOp op, OpResult result, cnn::Expressions dims,
                                  cnn::ShapeAnalysis &facts) {
  for (Operation *user : result.getUsers())
    if (!isa<func::ReturnOp>(user)) {
      InFlightDiagnostic error =
          op.emitError("the size of its result depends on data, so that it can only be an output of the network");
      error.attachNote(user->getLoc()) << "used here";
      return error;
    }
  FailureOr<cnn::Expressions> largest = largestDims(op, result.getResultNumber(), facts);
  if (failed(largest))
    return failure();
  for (auto [position, dim] : llvm::enumerate(dims))
    if (!dim) {
      dims[position] = (*largest)[position];
      dimensions[result].push_back(static_cast<int>(position));
    }
  facts.setFacts(result, {dims, std::nullopt});
  return success();
}

LogicalResult ResultBounds::find(func::FuncOp network, cnn::ShapeAnalysis &facts) {
  for (auto op : network.getBody().getOps<cnn::LibraryCallOp>())
    for (OpResult result : op->getResults()) {
      cnn::Expressions dims(facts.dims(result));
      if (llvm::all_of(dims, [](AffineExpr dim) { return static_cast<bool>(dim); }))
        continue;
      if (failed(bound(op, result, dims, facts)))
        return failure();
    }
  return success();
}

} // namespace convoy::compiler
