#include "compiler/Frontend/Onnx/Emitter.h"

#include <cmath>

using namespace mlir;

namespace convoy::frontend {

using Numbers = std::optional<SmallVector<double>>;

static constexpr size_t mostNumbers = 64;

static Numbers numbersOfAttribute(ElementsAttr attribute) {
  Numbers numbers(std::in_place);
  if (static_cast<size_t>(attribute.getNumElements()) > mostNumbers)
    return std::nullopt;
  if (auto floats = dyn_cast<DenseFPElementsAttr>(attribute)) {
    for (llvm::APFloat value : floats.getValues<llvm::APFloat>())
      numbers->push_back(value.convertToDouble());
  } else if (auto integers = dyn_cast<DenseIntElementsAttr>(attribute)) {
    bool isUnsigned = integers.getElementType().isInteger(1) || integers.getElementType().isUnsignedInteger();
    for (const llvm::APInt &value : integers.getValues<llvm::APInt>())
      numbers->push_back(isUnsigned ? static_cast<double>(value.getZExtValue())
                                    : static_cast<double>(value.getSExtValue()));
  } else {
    return std::nullopt;
  }
  return numbers;
}

static std::optional<double> apply(StringRef function, double a, double b) {
  if (function == "add")
    return a + b;
  if (function == "sub")
    return a - b;
  if (function == "mul")
    return a * b;
  if (function == "div")
    return a / b;
  if (function == "floor")
    return std::floor(a);
  if (function == "ceil")
    return std::ceil(a);
  if (function == "identity")
    return a;
  if (function == "equal")
    return a == b;
  if (function == "less")
    return a < b;
  if (function == "greater")
    return a > b;
  if (function == "logical_not")
    return a == 0;
  if (function == "logical_and")
    return a != 0 && b != 0;
  if (function == "logical_or")
    return a != 0 || b != 0;
  return std::nullopt;
}

namespace {
/// Follows a value back to constants: shapes that the analysis knows, and the few functions of numbers that exporters
/// put before scales, sizes and conditions.
class Evaluator {
public:
  Evaluator(const Emitter &emitter, cnn::ShapeAnalysis &analysis) : emitter(emitter), analysis(analysis) {}

  Numbers run(Value value, int depth = 0) {
    if (auto elements = analysis.elements(value))
      if (Numbers known = constants(*elements))
        return known;
    Operation *op = value.getDefiningOp();
    if (!op || depth > 32 || ++steps > 1000)
      return std::nullopt;
    if (auto constant = dyn_cast<cnn::ConstantOp>(op))
      return numbersOfAttribute(constant.getValue());
    if (isa<cnn::WeightOp>(op))
      return emitter.numbersOfWeight(value);
    if (auto cast = dyn_cast<cnn::CastOp>(op))
      return truncated(run(cast.getInput(), depth + 1), Emitter::elementOf(value));
    if (auto reshape = dyn_cast<cnn::ReshapeOp>(op))
      return run(reshape.getInput(), depth + 1);
    if (auto concat = dyn_cast<cnn::ConcatOp>(op))
      return joined(concat, depth);
    if (auto elementwise = dyn_cast<cnn::ElementwiseOp>(op))
      return applied(elementwise, depth);
    return std::nullopt;
  }

private:
  static Numbers constants(ArrayRef<AffineExpr> elements) {
    Numbers numbers(std::in_place);
    for (AffineExpr element : elements) {
      auto known = element ? cnn::constantOf(element) : std::nullopt;
      if (!known)
        return std::nullopt;
      numbers->push_back(static_cast<double>(*known));
    }
    return numbers;
  }

  static Numbers truncated(Numbers numbers, Type element) {
    if (numbers && isa<IntegerType>(element))
      for (double &number : *numbers)
        number = element.isInteger(1) ? number != 0 : std::trunc(number);
    return numbers;
  }

  Numbers joined(cnn::ConcatOp concat, int depth) {
    Numbers numbers(std::in_place);
    for (Value operand : concat.getInputs()) {
      Numbers part = Emitter::rankOf(operand) == 1 ? run(operand, depth + 1) : std::nullopt;
      if (!part || numbers->size() + part->size() > mostNumbers)
        return std::nullopt;
      numbers->append(part->begin(), part->end());
    }
    return numbers;
  }

  Numbers applied(cnn::ElementwiseOp op, int depth) {
    if (op.getOperands().size() > 2)
      return std::nullopt;
    Numbers lhs = run(op.getOperands().front(), depth + 1);
    Numbers rhs = op.getOperands().size() == 2 ? run(op.getOperands().back(), depth + 1) : lhs;
    bool sameShape = lhs && rhs && lhs->size() == rhs->size() &&
                     Emitter::rankOf(op.getOperands().front()) == Emitter::rankOf(op.getOperands().back());
    if (!lhs || !rhs || lhs->empty() || rhs->empty() || (!sameShape && lhs->size() != 1 && rhs->size() != 1))
      return std::nullopt;
    Numbers numbers(std::in_place);
    for (size_t i = 0; i < std::max(lhs->size(), rhs->size()); ++i) {
      auto result = apply(op.getFunction(), (*lhs)[lhs->size() == 1 ? 0 : i], (*rhs)[rhs->size() == 1 ? 0 : i]);
      if (!result)
        return std::nullopt;
      numbers->push_back(*result);
    }
    return truncated(numbers, Emitter::elementOf(op.getResult()));
  }

  const Emitter &emitter;
  cnn::ShapeAnalysis &analysis;
  int steps = 0; ///< Values may share operands: without a limit the walk could grow with 2 to the depth.
};
} // namespace

std::optional<SmallVector<double>> Emitter::numbersOf(Value value) {
  return value ? Evaluator(*this, analysis).run(value) : std::nullopt;
}

} // namespace convoy::frontend
