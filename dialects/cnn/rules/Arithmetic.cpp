#include "dialects/cnn/rules/Arithmetic.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"

#include <numeric>

using namespace mlir;

namespace convoy::cnn::shape {

static unsigned symbolCount(AffineExpr expression) {
  unsigned count = 0;
  expression.walk([&](AffineExpr part) {
    if (auto symbol = dyn_cast<AffineSymbolExpr>(part))
      count = std::max(count, symbol.getPosition() + 1);
  });
  return count;
}

static AffineExpr simplified(AffineExpr expression) {
  if (isa<AffineConstantExpr, AffineSymbolExpr>(expression))
    return expression;
  return simplifyAffineExpr(expression, /*numDims=*/0, symbolCount(expression));
}

AffineExpr add(AffineExpr lhs, AffineExpr rhs) { return lhs && rhs ? simplified(lhs + rhs) : AffineExpr(); }
AffineExpr add(AffineExpr lhs, int64_t rhs) { return lhs ? simplified(lhs + rhs) : AffineExpr(); }
AffineExpr sub(AffineExpr lhs, AffineExpr rhs) { return lhs && rhs ? simplified(lhs - rhs) : AffineExpr(); }
AffineExpr mul(AffineExpr lhs, AffineExpr rhs) { return lhs && rhs ? simplified(lhs * rhs) : AffineExpr(); }
AffineExpr mul(AffineExpr lhs, int64_t rhs) { return lhs ? simplified(lhs * rhs) : AffineExpr(); }

/// Whether an expression may be a divisor: MLIR gives constants below 1 no meaning.
static bool divides(AffineExpr divisor) {
  std::optional<int64_t> least = lowerBound(divisor);
  return least && *least > 0;
}

AffineExpr floorDiv(AffineExpr lhs, AffineExpr rhs) {
  return lhs && rhs && divides(rhs) ? simplified(lhs.floorDiv(rhs)) : AffineExpr();
}
AffineExpr ceilDiv(AffineExpr lhs, AffineExpr rhs) {
  return lhs && rhs && divides(rhs) ? simplified(lhs.ceilDiv(rhs)) : AffineExpr();
}
AffineExpr mod(AffineExpr lhs, AffineExpr rhs) {
  return lhs && rhs && divides(rhs) ? simplified(lhs % rhs) : AffineExpr();
}

AffineExpr product(MLIRContext *context, ArrayRef<AffineExpr> factors) {
  AffineExpr result = getAffineConstantExpr(1, context);
  for (AffineExpr factor : factors)
    result = mul(result, factor);
  return result;
}

namespace {
struct Range {
  std::optional<int64_t> low, high;
};
} // namespace

static Range rangeOf(AffineExpr expression);

/// Results of bounds; none where an operand is unknown or the result leaves 64 bits.
static std::optional<int64_t> sumOf(std::optional<int64_t> lhs, std::optional<int64_t> rhs) {
  int64_t result = 0;
  if (!lhs || !rhs || llvm::AddOverflow(*lhs, *rhs, result))
    return std::nullopt;
  return result;
}

static std::optional<int64_t> productOf(std::optional<int64_t> lhs, std::optional<int64_t> rhs) {
  int64_t result = 0;
  if (!lhs || !rhs || llvm::MulOverflow(*lhs, *rhs, result))
    return std::nullopt;
  return result;
}

static Range rangeOfProduct(Range lhs, Range rhs) {
  // A constant factor of either sign, or two factors that aren't negative.
  if (rhs.low && rhs.low == rhs.high && *rhs.low < 0)
    return {productOf(lhs.high, rhs.low), productOf(lhs.low, rhs.low)};
  bool grows = lhs.low && rhs.low && *rhs.low >= 0 && (*lhs.low >= 0 || rhs.low == rhs.high);
  return grows ? Range{productOf(lhs.low, rhs.low), productOf(lhs.high, rhs.high)} : Range{};
}

static Range rangeOfBinary(AffineBinaryOpExpr binary) {
  Range lhs = rangeOf(binary.getLHS()), rhs = rangeOf(binary.getRHS());
  switch (binary.getKind()) {
  case AffineExprKind::Add:
    return {sumOf(lhs.low, rhs.low), sumOf(lhs.high, rhs.high)};
  case AffineExprKind::Mul:
    return rangeOfProduct(lhs, rhs);
  case AffineExprKind::FloorDiv:
  case AffineExprKind::CeilDiv: {
    if (!rhs.low || rhs.low != rhs.high || *rhs.low < 1)
      return {lhs.low && *lhs.low >= 0 ? std::optional<int64_t>(0) : std::nullopt, std::nullopt};
    auto divide = [&](std::optional<int64_t> value) -> std::optional<int64_t> {
      if (!value)
        return std::nullopt;
      return binary.getKind() == AffineExprKind::CeilDiv ? llvm::divideCeilSigned(*value, *rhs.low)
                                                         : llvm::divideFloorSigned(*value, *rhs.low);
    };
    return {divide(lhs.low), divide(lhs.high)};
  }
  case AffineExprKind::Mod:
    return {0, rhs.high ? std::optional(*rhs.high - 1) : std::nullopt};
  default:
    return {};
  }
}

static Range rangeOf(AffineExpr expression) {
  if (auto value = constantOf(expression))
    return {value, value};
  if (isa<AffineSymbolExpr>(expression))
    return {1, std::nullopt};
  if (auto binary = dyn_cast<AffineBinaryOpExpr>(expression))
    return rangeOfBinary(binary);
  return {};
}

/// Splits a product into a constant and the rest.
static void collectFactors(AffineExpr expression, int64_t &scale, SmallVectorImpl<AffineExpr> &factors) {
  auto binary = dyn_cast<AffineBinaryOpExpr>(expression);
  if (std::optional<int64_t> value = constantOf(expression), product = productOf(value, scale); product) {
    scale = *product;
  } else if (binary && binary.getKind() == AffineExprKind::Mul) {
    collectFactors(binary.getLHS(), scale, factors);
    collectFactors(binary.getRHS(), scale, factors);
  } else if (int64_t divisor = expression.getLargestKnownDivisor(); divisor > 1 && productOf(divisor, scale)) {
    scale *= divisor;
    factors.push_back(simplified(expression.floorDiv(divisor)));
  } else {
    factors.push_back(expression);
  }
}

AffineExpr quotient(MLIRContext *context, ArrayRef<AffineExpr> numerators, ArrayRef<AffineExpr> denominators) {
  int64_t over = 1, under = 1;
  SmallVector<AffineExpr> top, bottom;
  for (AffineExpr factor : numerators) {
    if (!factor)
      return {};
    collectFactors(factor, over, top);
  }
  for (AffineExpr factor : denominators) {
    if (!factor)
      return {};
    collectFactors(factor, under, bottom);
  }
  for (AffineExpr factor : bottom) {
    auto *equal = llvm::find(top, factor);
    if (equal == top.end())
      return {};
    top.erase(equal);
  }
  if (under == 0)
    return {};
  if (under == -1 || over % under != 0)
    return {};
  return mul(product(context, top), over / under);
}

std::optional<int64_t> lowerBound(AffineExpr expression) { return expression ? rangeOf(expression).low : std::nullopt; }
std::optional<int64_t> upperBound(AffineExpr expression) {
  return expression ? rangeOf(expression).high : std::nullopt;
}
bool isNotNegative(AffineExpr expression) {
  std::optional<int64_t> least = lowerBound(expression);
  return least && *least >= 0;
}

bool areEqual(AffineExpr lhs, AffineExpr rhs) { return lhs && rhs && (lhs == rhs || constantOf(sub(lhs, rhs)) == 0); }

bool areDifferent(AffineExpr lhs, AffineExpr rhs) {
  AffineExpr difference = sub(lhs, rhs);
  std::optional<int64_t> least = lowerBound(difference), most = upperBound(difference);
  return (least && *least > 0) || (most && *most < 0);
}

std::optional<bool> isLess(AffineExpr lhs, AffineExpr rhs) {
  AffineExpr difference = sub(lhs, rhs);
  if (std::optional<int64_t> most = upperBound(difference); most && *most < 0)
    return true;
  if (std::optional<int64_t> least = lowerBound(difference); least && *least >= 0)
    return false;
  return std::nullopt;
}

std::string toString(ArrayRef<AffineExpr> dims) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  stream << '[';
  llvm::interleaveComma(dims, stream, [&](AffineExpr dim) {
    if (dim)
      stream << dim;
    else
      stream << '?';
  });
  stream << ']';
  return text;
}

std::optional<SmallVector<int64_t>> constants(ArrayRef<AffineExpr> expressions) {
  SmallVector<int64_t> values;
  for (AffineExpr expression : expressions) {
    std::optional<int64_t> value = expression ? constantOf(expression) : std::nullopt;
    if (!value)
      return std::nullopt;
    values.push_back(*value);
  }
  return values;
}

int64_t linearize(ArrayRef<int64_t> index, ArrayRef<int64_t> extents) {
  int64_t position = 0;
  for (auto [i, extent] : llvm::zip_equal(index, extents))
    position = position * extent + i;
  return position;
}

Expressions rearrange(ArrayRef<AffineExpr> elements, ArrayRef<int64_t> resultExtents,
                      llvm::function_ref<int64_t(ArrayRef<int64_t>)> source) {
  Expressions result;
  int64_t count = std::accumulate(resultExtents.begin(), resultExtents.end(), int64_t(1), std::multiplies<>());
  SmallVector<int64_t> index(resultExtents.size(), 0);
  for (int64_t i = 0; i < count; ++i) {
    result.push_back(elements[source(index)]);
    for (size_t d = index.size(); d-- > 0;) {
      if (++index[d] < resultExtents[d])
        break;
      index[d] = 0;
    }
  }
  return result;
}

std::optional<int64_t> smallCount(ArrayRef<AffineExpr> dims) {
  std::optional<SmallVector<int64_t>> extents = constants(dims);
  if (!extents)
    return std::nullopt;
  int64_t count = 1;
  for (int64_t extent : *extents) {
    if (extent < 0 || extent > maxElements)
      return std::nullopt;
    count *= extent;
    if (count > maxElements)
      return std::nullopt;
  }
  return count;
}

} // namespace convoy::cnn::shape
