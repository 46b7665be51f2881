// Shape rules of elementwise ops, which are also where index arithmetic happens.
#include "dialects/cnn/rules/Arithmetic.h"

#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace convoy::cnn;
using shape::Rule;

//===-- Types -----------------------------------------------------------------------------------===//

static bool isBool(Type type) { return type.isInteger(1); }
static bool isInteger(Type type) { return isa<IntegerType>(type) && !isBool(type); }
static bool isFloat(Type type) { return isa<FloatType>(type); }

/// What is wrong with the element types, or nothing.
static std::optional<std::string> typeMismatch(ElementwiseRule rule, ArrayRef<Type> operands, Type result) {
  ArrayRef<Type> alike = rule == ElementwiseRule::SELECT ? operands.drop_front() : operands;
  if (!llvm::all_equal(alike))
    return "operands must have one element type";
  bool givesBool = rule == ElementwiseRule::COMPARE || rule == ElementwiseRule::TEST;
  if (givesBool ? !isBool(result) : result != alike.front())
    return givesBool ? "the result must be i1" : "the result must have the operands' element type";
  switch (rule) {
  case ElementwiseRule::NUMBER:
    return isInteger(result) || isFloat(result) ? std::nullopt : std::optional<std::string>("wants numbers");
  case ElementwiseRule::FLOAT:
  case ElementwiseRule::TEST:
    return isFloat(alike.front()) ? std::nullopt : std::optional<std::string>("wants floating point numbers");
  case ElementwiseRule::INTEGER:
    return isInteger(result) ? std::nullopt : std::optional<std::string>("wants integers");
  case ElementwiseRule::LOGIC:
    return isBool(result) ? std::nullopt : std::optional<std::string>("wants i1");
  case ElementwiseRule::SELECT:
    return isBool(operands.front()) ? std::nullopt : std::optional<std::string>("the first operand must be i1");
  case ElementwiseRule::COMPARE:
  case ElementwiseRule::ANY:
    return std::nullopt;
  }
  llvm_unreachable("covered");
}

//===-- Elements --------------------------------------------------------------------------------===//

static AffineExpr truth(const Rule &rule, std::optional<bool> value) {
  return value ? rule.constant(*value) : AffineExpr();
}

static std::optional<bool> negated(std::optional<bool> value) { return value ? std::optional(!*value) : std::nullopt; }

static std::optional<bool> isEqual(AffineExpr lhs, AffineExpr rhs) {
  if (shape::areEqual(lhs, rhs))
    return true;
  return shape::areDifferent(lhs, rhs) ? std::optional(false) : std::nullopt;
}

/// Quotient as the table says: integers truncate, floats must divide exactly to remain integers.
static AffineExpr divided(const Rule &rule, AffineExpr lhs, AffineExpr rhs, bool isFloat) {
  auto left = constantOf(lhs), right = constantOf(rhs);
  if (right == 0)
    return {};
  if (right == -1)
    return shape::mul(lhs, -1);
  if (left && right)
    return isFloat && *left % *right != 0 ? AffineExpr() : rule.constant(*left / *right);
  if (isFloat)
    return shape::quotient(rule.context(), lhs, rhs);
  return shape::isNotNegative(lhs) ? shape::floorDiv(lhs, rhs) : AffineExpr();
}

static AffineExpr remainder(const Rule &rule, AffineExpr lhs, AffineExpr rhs) {
  auto left = constantOf(lhs), right = constantOf(rhs);
  if (!left || !right)
    return shape::isNotNegative(lhs) ? shape::mod(lhs, rhs) : AffineExpr();
  if (*right == 0)
    return {};
  if (*right == -1)
    return rule.constant(0);
  int64_t rest = *left % *right;
  return rule.constant(rest != 0 && (rest < 0) != (*right < 0) ? rest + *right : rest);
}

static AffineExpr extreme(AffineExpr lhs, AffineExpr rhs, bool wantsLess) {
  std::optional<bool> less = shape::isLess(lhs, rhs);
  if (!less)
    return {};
  return *less == wantsLess ? lhs : rhs;
}

static AffineExpr unaryElement(const Rule &rule, StringRef function, AffineExpr value) {
  if (function == "neg")
    return shape::mul(value, -1);
  if (function == "abs" || function == "relu") {
    if (shape::isNotNegative(value))
      return value;
    std::optional<int64_t> most = shape::upperBound(value);
    if (!most || *most > 0)
      return {};
    return function == "abs" ? shape::mul(value, -1) : rule.constant(0);
  }
  if (function == "logical_not")
    return truth(rule, negated(isEqual(value, rule.constant(1))));
  // Elements are integers, so rounding leaves them alone.
  bool isKept = llvm::is_contained({"identity", "ceil", "floor", "round"}, function);
  return isKept ? value : AffineExpr();
}

static AffineExpr binaryElement(const Rule &rule, StringRef function, AffineExpr lhs, AffineExpr rhs, bool isFloat) {
  enum Case {
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    Min,
    Max,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    And,
    Or,
    None
  };
  Case which = llvm::StringSwitch<Case>(function)
                   .Case("add", Add)
                   .Case("sub", Sub)
                   .Case("mul", Mul)
                   .Case("div", Div)
                   .Case("mod", Mod)
                   .Case("min", Min)
                   .Case("max", Max)
                   .Case("equal", Equal)
                   .Case("not_equal", NotEqual)
                   .Case("less", Less)
                   .Case("less_equal", LessEqual)
                   .Case("greater", Greater)
                   .Case("greater_equal", GreaterEqual)
                   .Case("logical_and", And)
                   .Case("logical_or", Or)
                   .Default(None);
  switch (which) {
  case Add:
    return shape::add(lhs, rhs);
  case Sub:
    return shape::sub(lhs, rhs);
  case Mul:
    return shape::mul(lhs, rhs);
  case Div:
    return divided(rule, lhs, rhs, isFloat);
  case Mod:
    return remainder(rule, lhs, rhs);
  case Min:
  case Max:
    return extreme(lhs, rhs, which == Min);
  case Equal:
    return truth(rule, isEqual(lhs, rhs));
  case NotEqual:
    return truth(rule, negated(isEqual(lhs, rhs)));
  case Less:
    return truth(rule, shape::isLess(lhs, rhs));
  case LessEqual:
    return truth(rule, negated(shape::isLess(rhs, lhs)));
  case Greater:
    return truth(rule, shape::isLess(rhs, lhs));
  case GreaterEqual:
    return truth(rule, negated(shape::isLess(lhs, rhs)));
  case And:
    return shape::mul(lhs, rhs);
  case Or:
    return extreme(lhs, rhs, /*wantsLess=*/false);
  case None:
    return {};
  }
  llvm_unreachable("covered");
}

static AffineExpr element(ElementwiseOp op, const Rule &rule, ArrayRef<AffineExpr> operands) {
  bool isFloat = ::isFloat(cast<RankedTensorType>(op.getOperands().back().getType()).getElementType());
  if (operands.size() == 1)
    return unaryElement(rule, op.getFunction(), operands[0]);
  if (operands.size() == 2)
    return binaryElement(rule, op.getFunction(), operands[0], operands[1], isFloat);
  auto condition = constantOf(operands[0]);
  if (op.getFunction() != "where" || !condition)
    return {};
  return *condition ? operands[1] : operands[2];
}

static std::optional<Expressions> elementwiseElements(ElementwiseOp op, const Rule &rule, ArrayRef<AffineExpr> dims) {
  std::optional<int64_t> count = shape::smallCount(dims);
  if (!count)
    return std::nullopt;
  SmallVector<int64_t> extents = *shape::constants(dims);
  SmallVector<Expressions> operands;
  for (Value operand : op.getOperands()) {
    auto known = rule.elements(operand);
    if (!known)
      return std::nullopt;
    SmallVector<int64_t> own = *shape::constants(rule.dims(operand));
    size_t more = extents.size() - own.size();
    operands.push_back(shape::rearrange(*known, extents, [&](ArrayRef<int64_t> index) {
      SmallVector<int64_t> inside(index.drop_front(more));
      for (auto [i, extent] : llvm::zip_equal(inside, own))
        i = extent == 1 ? 0 : i;
      return shape::linearize(inside, own);
    }));
  }
  Expressions result;
  for (int64_t i = 0; i < *count; ++i) {
    auto values = llvm::map_to_vector(operands, [&](const Expressions &operand) { return operand[i]; });
    result.push_back(element(op, rule, values));
    if (!result.back())
      return std::nullopt;
  }
  return result;
}

//===-- Rules -----------------------------------------------------------------------------------===//

static LogicalResult checkFunction(ElementwiseOp op, const Rule &rule) {
  const ElementwiseFunction *function = findElementwise(op.getFunction());
  if (!function)
    return rule.error("elementwise_c1") << "there is no function \"" << op.getFunction() << "\"";
  if (op.getOperands().size() != function->operands)
    return rule.error("elementwise_c2") << op.getFunction() << " has " << function->operands << " operands, not "
                                        << op.getOperands().size();
  if (op.getParameters().size() != function->parameters)
    return rule.error("elementwise_c3") << op.getFunction() << " has " << function->parameters << " parameters, not "
                                        << op.getParameters().size();
  auto types = llvm::map_to_vector(op.getOperands(), [](Value operand) -> Type {
    return cast<RankedTensorType>(operand.getType()).getElementType();
  });
  if (auto mismatch = typeMismatch(function->rule, types, op.getType().getElementType())) {
    InFlightDiagnostic diagnostic = rule.error("elementwise_c5")
                                    << op.getFunction() << ": " << *mismatch << ", but has (";
    llvm::interleaveComma(types, diagnostic);
    return diagnostic << ") -> " << op.getType().getElementType() << "; cnn.cast converts";
  }
  return success();
}

LogicalResult ElementwiseOp::inferFacts(ShapeAnalysis &analysis, SmallVectorImpl<Facts> &results) {
  Rule rule(*this, analysis);
  if (failed(checkFunction(*this, rule)))
    return failure();
  Expressions dims(rule.dims(getOperands().front()));
  for (Value operand : getOperands().drop_front()) {
    std::optional<Expressions> joined = rule.broadcast(dims, rule.dims(operand));
    if (!joined)
      return rule.error("elementwise_c4") << "shapes " << shape::toString(dims) << " and "
                                          << shape::toString(rule.dims(operand)) << " do not broadcast";
    dims = std::move(*joined);
  }
  std::optional<Expressions> elements = elementwiseElements(*this, rule, dims);
  results.push_back({std::move(dims), std::move(elements)});
  return success();
}

/// The value that an element has in another type; null if it isn't an integer there, or not known.
static AffineExpr castElement(const Rule &rule, AffineExpr value, Type to) {
  if (isBool(to))
    return truth(rule, negated(isEqual(value, rule.constant(0))));
  auto constant = constantOf(value);
  auto integer = dyn_cast<IntegerType>(to);
  if (!integer || !constant || integer.getWidth() == 64)
    return value;
  APInt wrapped(64, static_cast<uint64_t>(*constant), /*isSigned=*/true);
  wrapped = wrapped.trunc(integer.getWidth());
  return rule.constant(integer.isUnsigned() ? wrapped.getZExtValue() : wrapped.getSExtValue());
}

LogicalResult CastOp::inferFacts(ShapeAnalysis &analysis, SmallVectorImpl<Facts> &results) {
  Rule rule(*this, analysis);
  Facts facts{Expressions(rule.dims(getInput())), std::nullopt};
  if (auto known = rule.elements(getInput())) {
    facts.elements.emplace();
    for (AffineExpr value : *known)
      facts.elements->push_back(castElement(rule, value, getType().getElementType()));
    if (llvm::is_contained(*facts.elements, AffineExpr()))
      facts.elements.reset();
  }
  results.push_back(std::move(facts));
  return success();
}
