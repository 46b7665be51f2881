#include "compiler/Network/Matching.h"
#include "compiler/Network/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;

namespace convoy::compiler {

#define GEN_PASS_DEF_FOLDINDICES
#include "compiler/Network/Passes.h.inc"

/// The constant that an integer value is, if all its elements are known.
static DenseElementsAttr constantElements(Value value, const cnn::ShapeAnalysis &analysis) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  auto element = type ? dyn_cast<IntegerType>(type.getElementType()) : IntegerType();
  auto elements = element ? analysis.elements(value) : std::nullopt;
  if (!elements || !type.hasStaticShape())
    return {};
  SmallVector<APInt> values;
  for (AffineExpr expression : *elements) {
    std::optional<int64_t> constant = cnn::constantOf(expression);
    if (!constant)
      return {};
    values.push_back(APInt(64, static_cast<uint64_t>(*constant)).trunc(element.getWidth()));
  }
  return DenseElementsAttr::get(type, values);
}

static void replaceConstants(func::FuncOp function, const cnn::ShapeAnalysis &analysis) {
  function.walk([&](Operation *op) {
    if (op->getNumResults() != 1 || isa<cnn::ConstantOp>(op))
      return;
    DenseElementsAttr value = constantElements(op->getResult(0), analysis);
    if (!value)
      return;
    OpBuilder builder(op);
    Value constant = cnn::ConstantOp::create(builder, op->getLoc(), value.getType(), value);
    op->getResult(0).replaceAllUsesWith(constant);
  });
}

/// The shape of a reshape in constants: extents, 0 for the input's own at that place, one -1.
static std::optional<SmallVector<int64_t>> writtenShape(cnn::ReshapeOp op, const cnn::ShapeAnalysis &analysis) {
  ArrayRef<AffineExpr> input = analysis.dims(op.getInput()), result = analysis.dims(op.getResult());
  SmallVector<int64_t> shape;
  bool hasInferred = false;
  for (auto [i, dim] : llvm::enumerate(result)) {
    std::optional<int64_t> constant = cnn::constantOf(dim);
    if (constant == 0)
      return std::nullopt;
    bool isInput = dim && i < input.size() && input[i] == dim;
    if (!constant && !isInput && std::exchange(hasInferred, true))
      return std::nullopt;
    shape.push_back(constant ? *constant : isInput ? 0 : -1);
  }
  return shape;
}

static void writeShape(cnn::ReshapeOp op, const cnn::ShapeAnalysis &analysis) {
  std::optional<SmallVector<int64_t>> shape = writtenShape(op, analysis);
  if (!shape)
    return;
  OpBuilder builder(op);
  op.getShapeMutable().assign(buildConstant(builder, op.getLoc(), *shape));
  op.setAllowZero(false);
}

/// Erases what nobody reads, from the end to the begin.
static void eraseDead(func::FuncOp function) {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(function.getBody().front())))
    if (isa<cnn::CnnDialect>(op.getDialect()) && op.use_empty())
      op.erase();
}

namespace {

struct FoldIndices : impl::FoldIndicesBase<FoldIndices> {
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (function.isExternal())
      return;
    cnn::ShapeAnalysis analysis(&getContext());
    if (failed(cnn::analyzeFunction(function, analysis)))
      return signalPassFailure();
    function.walk([&](cnn::ReshapeOp op) { writeShape(op, analysis); });
    replaceConstants(function, analysis);
    eraseDead(function);
  }
};

} // namespace

} // namespace convoy::compiler
