#include "dialects/cnn/rules/Arithmetic.h"

#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/APSInt.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

#include <limits>

using namespace mlir;

namespace convoy::cnn {

std::optional<int64_t> constantOf(AffineExpr expression) {
  if (auto constant = dyn_cast_or_null<AffineConstantExpr>(expression))
    return constant.getValue();
  return std::nullopt;
}

ShapeAnalysis ShapeAnalysis::ofOneOp(MLIRContext *context) {
  ShapeAnalysis analysis(context);
  analysis.oneOp = true;
  return analysis;
}

AffineExpr ShapeAnalysis::constant(int64_t value) const { return getAffineConstantExpr(value, context); }

AffineExpr ShapeAnalysis::symbol(StringRef name) {
  auto *found = llvm::find(names, name);
  unsigned position = found - names.begin();
  if (found == names.end())
    names.push_back(name.str());
  return getAffineSymbolExpr(position, context);
}

void ShapeAnalysis::addArgument(Value argument, ArrayRef<std::string> dimNames) {
  Facts facts;
  for (auto [i, extent] : llvm::enumerate(cast<RankedTensorType>(argument.getType()).getShape())) {
    if (!ShapedType::isDynamic(extent))
      facts.dims.push_back(constant(extent));
    else if (i < dimNames.size() && !dimNames[i].empty())
      facts.dims.push_back(symbol(dimNames[i]));
    else
      facts.dims.push_back(symbol("unnamed" + std::to_string(names.size())));
  }
  setFacts(argument, std::move(facts));
}

void ShapeAnalysis::setFacts(Value value, Facts facts) { known[value] = std::make_unique<Facts>(std::move(facts)); }

/// The integers of a small constant; nothing if one of them isn't an integer.
static std::optional<Expressions> elementsOf(DenseElementsAttr value, const ShapeAnalysis &analysis) {
  if (value.getNumElements() > shape::maxElements)
    return std::nullopt;
  Expressions elements;
  if (auto type = dyn_cast<IntegerType>(value.getElementType())) {
    bool isUnsigned = type.isUnsigned() || type.getWidth() == 1;
    for (const APInt &element : value.getValues<APInt>())
      elements.push_back(analysis.constant(isUnsigned ? element.getZExtValue() : element.getSExtValue()));
    return elements;
  }
  for (const APFloat &element : value.getValues<APFloat>()) {
    APSInt integer(/*BitWidth=*/54, /*isUnsigned=*/false);
    bool isExact = false;
    element.convertToInteger(integer, APFloat::rmTowardZero, &isExact);
    if (!isExact)
      return std::nullopt;
    elements.push_back(analysis.constant(integer.getSExtValue()));
  }
  return elements;
}

/// What a value says without its history: static dimensions, elements of a constant.
static Facts factsOfType(Value value, const ShapeAnalysis &analysis) {
  Facts facts;
  for (int64_t extent : cast<RankedTensorType>(value.getType()).getShape())
    facts.dims.push_back(ShapedType::isDynamic(extent) ? AffineExpr() : analysis.constant(extent));
  DenseElementsAttr constant;
  if (matchPattern(value, m_Constant(&constant)))
    facts.elements = elementsOf(constant, analysis);
  return facts;
}

const Facts &ShapeAnalysis::facts(Value value) const {
  std::unique_ptr<Facts> &entry = known[value];
  if (!entry)
    entry = std::make_unique<Facts>(factsOfType(value, *this));
  return *entry;
}

std::optional<ArrayRef<AffineExpr>> ShapeAnalysis::elements(Value value) const {
  const Facts &found = facts(value);
  if (!found.elements)
    return std::nullopt;
  return ArrayRef<AffineExpr>(*found.elements);
}

void ShapeAnalysis::assume(Assumption assumption) {
  if (!llvm::any_of(assumed, [&](const Assumption &other) {
        return other.kind == assumption.kind && other.expression == assumption.expression;
      }))
    assumed.push_back(assumption);
}

/// Checks that a result can exist at all.
static LogicalResult checkSize(Operation *op, unsigned result, ArrayRef<AffineExpr> dims) {
  int64_t elements = 1;
  for (auto [i, dim] : llvm::enumerate(dims)) {
    std::optional<int64_t> extent = constantOf(dim);
    if (extent && (*extent < 0 || *extent > std::numeric_limits<int32_t>::max()))
      return op->emitOpError("shape_c2: dimension ")
             << i << " of result " << result << " would be " << *extent << ", which is no possible extent";
    if (extent && *extent > 0 && llvm::MulOverflow(elements, *extent, elements))
      return op->emitOpError("shape_c2: result ") << result << " of shape " << shape::toString(dims) << " is too large";
  }
  return success();
}

/// Runs the op's shape rule and checks what it gives.
static LogicalResult applyRule(Operation *op, ShapeAnalysis &analysis, SmallVectorImpl<Facts> &results) {
  if (failed(cast<ShapeRule>(op).inferFacts(analysis, results)))
    return failure();
  assert(results.size() == op->getNumResults() && "a shape rule gives facts for each result");
  for (auto [i, facts] : llvm::enumerate(results))
    if (failed(checkSize(op, i, facts.dims)))
      return failure();
  return success();
}

LogicalResult ShapeAnalysis::infer(Operation *op) {
  if (!isa<ShapeRule>(op)) {
    for (Value result : op->getResults())
      if (isa<RankedTensorType>(result.getType()))
        setFacts(result, factsOfType(result, *this));
    return success();
  }
  SmallVector<Facts> results;
  if (failed(applyRule(op, *this, results)))
    return failure();
  for (auto [result, facts] : llvm::zip_equal(op->getResults(), results)) {
    // Elements are known of small tensors of known shape, all of them or none.
    if (facts.elements && shape::smallCount(facts.dims) != static_cast<int64_t>(facts.elements->size()))
      facts.elements.reset();
    setFacts(result, std::move(facts));
  }
  return success();
}

static SmallVector<int64_t> typeShape(ArrayRef<AffineExpr> dims) {
  return llvm::map_to_vector(dims, [](AffineExpr dim) {
    std::optional<int64_t> extent = constantOf(dim);
    return extent ? *extent : ShapedType::kDynamic;
  });
}

LogicalResult ShapeAnalysis::visit(Operation *op) {
  if (failed(infer(op)))
    return failure();
  if (!isa<ShapeRule>(op))
    return success();
  for (Value result : op->getResults()) {
    auto type = cast<RankedTensorType>(result.getType());
    result.setType(RankedTensorType::get(typeShape(dims(result)), type.getElementType(), type.getEncoding()));
  }
  return success();
}

static void addArguments(FunctionOpInterface function, ShapeAnalysis &analysis) {
  for (BlockArgument argument : function.getArguments()) {
    SmallVector<std::string> names;
    if (auto dims = function.getArgAttrOfType<ArrayAttr>(argument.getArgNumber(), dimsAttrName))
      for (StringAttr name : dims.getAsRange<StringAttr>())
        names.push_back(name.str());
    analysis.addArgument(argument, names);
  }
}

LogicalResult analyzeFunction(FunctionOpInterface function, ShapeAnalysis &analysis) {
  if (function.isExternal())
    return success();
  Block &body = function.getFunctionBody().front();
  addArguments(function, analysis);
  for (Operation &op : body)
    if (failed(analysis.visit(&op)))
      return failure();
  function.setType(function.cloneTypeWith(body.getArgumentTypes(), body.getTerminator()->getOperandTypes()));
  return success();
}

LogicalResult verifyFacts(Operation *op) {
  ShapeAnalysis analysis = ShapeAnalysis::ofOneOp(op->getContext());
  SmallVector<Facts> results;
  if (failed(applyRule(op, analysis, results)))
    return failure();
  for (auto [result, facts] : llvm::zip_equal(op->getResults(), results)) {
    auto type = cast<RankedTensorType>(result.getType());
    SmallVector<int64_t> shape = typeShape(facts.dims);
    if (failed(verifyCompatibleShape(type.getShape(), shape)))
      return op->emitOpError("shape_c1: result ")
             << cast<OpResult>(result).getResultNumber() << " is " << type
             << ", but the shape that follows from the operands is " << shape::toString(facts.dims);
  }
  return success();
}

} // namespace convoy::cnn
