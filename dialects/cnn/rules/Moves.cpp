// Shape rules of ops that take parts, add surroundings or join: slice, pad, concat, resize.
#include "dialects/cnn/rules/Arithmetic.h"

#include <cmath>

using namespace mlir;
using namespace convoy::cnn;
using shape::Rule;

//===-- slice -----------------------------------------------------------------------------------===//

namespace {
/// One sliced dimension: the first element taken and how many.
struct Part {
  AffineExpr start, count;
};
} // namespace

/// Exporters write these for "to the end".
static constexpr int64_t farAway = std::numeric_limits<int32_t>::max();

/// A start or end in [low, dim + high], counted from the begin of the dimension; null if its place isn't known.
static AffineExpr clamped(Rule &rule, AffineExpr value, AffineExpr dim, int64_t low, int64_t high) {
  if (!value || !dim)
    return {};
  auto constant = constantOf(value), extent = constantOf(dim);
  if (constant && *constant <= -farAway)
    return rule.constant(low);
  if (constant && *constant >= farAway)
    return shape::add(dim, high);
  AffineExpr last = shape::add(dim, high);
  if (constant && *constant < 0)
    value = shape::add(dim, *constant);
  else if (!constant && !shape::isNotNegative(value))
    return {};
  if (constant && extent)
    return rule.constant(std::max(low, std::min(*constantOf(value), *extent + high)));
  if (shape::isLess(last, value) == true)
    return last;
  if (!rule.assumeNotNegative(shape::sub(last, value)) || !rule.assumeNotNegative(shape::add(value, -low)))
    return {};
  return value;
}

static FailureOr<Part> slicedPart(SliceOp op, Rule &rule, size_t i, AffineExpr start, AffineExpr end, bool isPartial) {
  int64_t axis = op.getAxes()[i], step = op.getSteps()[i];
  AffineExpr dim = rule.dims(op.getInput())[axis];
  AffineExpr first = step > 0 ? clamped(rule, start, dim, 0, 0) : clamped(rule, start, dim, 0, -1);
  AffineExpr behind = step > 0 ? clamped(rule, end, dim, 0, 0) : clamped(rule, end, dim, -1, -1);
  AffineExpr span = step > 0 ? shape::sub(behind, first) : shape::sub(first, behind);
  AffineExpr count = shape::ceilDiv(span, rule.constant(std::abs(step)));
  if (auto constant = constantOf(count); constant && *constant < 0)
    count = rule.constant(0);
  else if (count && !rule.assumeNotNegative(count))
    count = rule.constant(0);
  if (!count && dim && start && end && !isPartial)
    return rule.error("slice_c3") << "the part from " << shape::toString(start) << " to " << shape::toString(end)
                                  << " of dimension " << axis << " of extent " << shape::toString(dim)
                                  << " does not follow from the shapes of the inputs";
  return Part{first, count};
}

static std::optional<Expressions> slicedElements(SliceOp op, const Rule &rule, ArrayRef<Part> parts,
                                                 ArrayRef<AffineExpr> dims) {
  auto known = rule.elements(op.getInput());
  auto extents = shape::constants(dims);
  auto starts = shape::constants(llvm::map_to_vector(parts, [](const Part &part) { return part.start; }));
  if (!known || !extents || !starts)
    return std::nullopt;
  SmallVector<int64_t> own = *shape::constants(rule.dims(op.getInput()));
  return shape::rearrange(*known, *extents, [&](ArrayRef<int64_t> index) {
    SmallVector<int64_t> inside(index);
    for (auto [i, axis] : llvm::enumerate(op.getAxes()))
      inside[axis] = (*starts)[i] + index[axis] * op.getSteps()[i];
    return shape::linearize(inside, own);
  });
}

static LogicalResult checkSlice(SliceOp op, Rule &rule, size_t rank, size_t starts, size_t ends) {
  if (failed(rule.checkAxes(op.getAxes(), rank, "slice_c1")))
    return failure();
  size_t count = op.getAxes().size();
  if (starts != count || ends != count || op.getSteps().size() != count)
    return rule.error("slice_c2") << "has " << count << " axes, but " << starts << " starts, " << ends << " ends and "
                                  << op.getSteps().size() << " steps";
  for (int64_t step : op.getSteps())
    if (step == 0 || step < -farAway || step > farAway)
      return rule.error("slice_c2") << "a step of " << step << " is impossible";
  return success();
}

LogicalResult SliceOp::inferFacts(ShapeAnalysis &analysis, SmallVectorImpl<Facts> &results) {
  Rule rule(*this, analysis);
  Facts facts{Expressions(rule.dims(getInput())), std::nullopt};
  FailureOr<Expressions> starts = rule.shapeOperand(getStarts(), "slice_c3", "starts");
  if (failed(starts))
    return failure();
  FailureOr<Expressions> ends = rule.shapeOperand(getEnds(), "slice_c3", "ends");
  if (failed(ends) || failed(checkSlice(*this, rule, facts.dims.size(), starts->size(), ends->size())))
    return failure();
  SmallVector<Part> parts;
  for (auto [i, axis] : llvm::enumerate(getAxes())) {
    FailureOr<Part> part = slicedPart(*this, rule, i, (*starts)[i], (*ends)[i], analysis.seesOneOp());
    if (failed(part))
      return failure();
    facts.dims[axis] = part->count;
    parts.push_back(*part);
  }
  facts.elements = slicedElements(*this, rule, parts, facts.dims);
  results.push_back(std::move(facts));
  return success();
}

//===-- pad -------------------------------------------------------------------------------------===//

LogicalResult PadOp::inferFacts(ShapeAnalysis &analysis, SmallVectorImpl<Facts> &results) {
  Rule rule(*this, analysis);
  ArrayRef<AffineExpr> input = rule.dims(getInput());
  FailureOr<Expressions> pads = rule.shapeOperand(getPads(), "pad_c2", "pads");
  if (failed(pads))
    return failure();
  size_t rank = input.size();
  if (pads->size() != 2 * rank)
    return rule.error("pad_c1") << "has " << pads->size() << " pads, but must have a begin and an end for each of "
                                << rank << " dimensions";
  if (getValue() && (getMode() != PadMode::Constant || !rule.dims(getValue()).empty() ||
                     getValue().getType().getElementType() != getType().getElementType()))
    return rule.error("pad_c4") << "the value belongs to mode constant and is a rank-0 tensor of "
                                << getType().getElementType() << ", not " << getValue().getType();
  Facts facts;
  for (size_t i = 0; i < rank; ++i) {
    AffineExpr begin = (*pads)[i], end = (*pads)[rank + i];
    for (AffineExpr pad : {begin, end})
      if (getMode() == PadMode::Reflect && pad && input[i] && shape::isLess(pad, input[i]) == false)
        return rule.error("pad_c3") << "reflection reaches " << shape::toString(pad) << " elements into dimension " << i
                                    << " of extent " << shape::toString(input[i]);
    facts.dims.push_back(shape::add(shape::add(input[i], begin), end));
    if (!rule.assumeNotNegative(facts.dims.back()))
      return rule.error("pad_c5") << "cropping leaves nothing of dimension " << i << " of extent "
                                  << shape::toString(input[i]);
  }
  results.push_back(std::move(facts));
  return success();
}

//===-- concat ----------------------------------------------------------------------------------===//

static std::optional<Expressions> joinedElements(ConcatOp op, const Rule &rule, ArrayRef<AffineExpr> dims) {
  if (!shape::smallCount(dims) ||
      !llvm::all_of(op.getInputs(), [&](Value input) { return rule.elements(input).has_value(); }))
    return std::nullopt;
  // Outer slice by outer slice, each operand's share in turn.
  SmallVector<int64_t> extents = *shape::constants(dims);
  size_t axis = op.getAxis();
  int64_t outer = 1;
  for (int64_t extent : ArrayRef(extents).take_front(axis))
    outer *= extent;
  Expressions elements;
  for (int64_t i = 0; i < outer; ++i)
    for (Value input : op.getInputs()) {
      ArrayRef<AffineExpr> own = *rule.elements(input);
      int64_t share = static_cast<int64_t>(own.size()) / outer;
      llvm::append_range(elements, own.slice(i * share, share));
    }
  return elements;
}

static LogicalResult joinDims(ConcatOp op, Rule &rule, Value input, Expressions &dims) {
  ArrayRef<AffineExpr> own = rule.dims(input);
  bool fits = own.size() == dims.size();
  for (size_t i = 0; fits && i < dims.size(); ++i) {
    if (i == op.getAxis()) {
      dims[i] = shape::add(dims[i], own[i]);
    } else {
      std::optional<AffineExpr> dim = rule.unify(dims[i], own[i]);
      fits = dim.has_value();
      dims[i] = dim.value_or(AffineExpr());
    }
  }
  if (!fits)
    return rule.error("concat_c2") << "the operand " << shape::toString(own) << " and "
                                   << shape::toString(rule.dims(op.getInputs().front())) << " may differ in dimension "
                                   << op.getAxis() << " alone";
  return success();
}

LogicalResult ConcatOp::inferFacts(ShapeAnalysis &analysis, SmallVectorImpl<Facts> &results) {
  Rule rule(*this, analysis);
  if (getInputs().empty())
    return rule.error("concat_c4") << "has no operands";
  Facts facts{Expressions(rule.dims(getInputs().front())), std::nullopt};
  if (failed(rule.checkAxes(static_cast<int64_t>(getAxis()), facts.dims.size(), "concat_c1")))
    return failure();
  for (Value input : getInputs())
    if (cast<RankedTensorType>(input.getType()).getElementType() != getType().getElementType())
      return rule.error("concat_c3") << "an operand is " << input.getType() << ", but the result has elements "
                                     << getType().getElementType();
  for (Value input : getInputs().drop_front())
    if (failed(joinDims(*this, rule, input, facts.dims)))
      return failure();
  facts.elements = joinedElements(*this, rule, facts.dims);
  results.push_back(std::move(facts));
  return success();
}

//===-- resize ----------------------------------------------------------------------------------===//

/// floor(extent * scale); null where that is no affine expression.
static AffineExpr scaledExtent(const Rule &rule, AffineExpr extent, double scale) {
  if (auto constant = constantOf(extent))
    return rule.constant(static_cast<int64_t>(std::min(std::floor(static_cast<double>(*constant) * scale), 1e12)));
  int exponent = 0;
  // Scales such as 2, 0.5 or 1.25 are a small whole number over a power of two.
  double mantissa = std::frexp(scale, &exponent) * (1 << 20);
  int shift = 20 - exponent;
  if (mantissa != std::floor(mantissa) || shift < 0 || shift > 40)
    return {};
  auto over = static_cast<int64_t>(mantissa);
  int64_t under = int64_t(1) << shift;
  int64_t common = std::gcd(over, under);
  return shape::floorDiv(shape::mul(extent, over / common), rule.constant(under / common));
}

LogicalResult ResizeOp::inferFacts(ShapeAnalysis &analysis, SmallVectorImpl<Facts> &results) {
  Rule rule(*this, analysis);
  Facts facts{Expressions(rule.dims(getInput())), std::nullopt};
  size_t count = getAxes().size();
  if (failed(rule.checkAxes(getAxes(), facts.dims.size(), "resize_c1")))
    return failure();
  if ((!getScales().empty() && getScales().size() != count) || (getScales().empty() && !getSizes()))
    return rule.error("resize_c1") << "has " << getScales().size() << " scales for " << count
                                   << " axes; either scales or sizes must say the result's extents";
  if (llvm::any_of(getScales(), [](double scale) { return !(scale > 0) || !std::isfinite(scale); }))
    return rule.error("resize_c2") << "scales must be positive";
  FailureOr<Expressions> sizes = getSizes() ? rule.shapeOperand(getSizes(), "resize_c3", "sizes")
                                            : FailureOr<Expressions>(Expressions(count, AffineExpr()));
  if (failed(sizes))
    return failure();
  if (sizes->size() != count)
    return rule.error("resize_c1") << "has " << sizes->size() << " sizes for " << count << " axes";
  for (auto [i, axis] : llvm::enumerate(getAxes())) {
    AffineExpr &dim = facts.dims[axis];
    AffineExpr input = dim;
    dim = getSizes() ? (*sizes)[i] : scaledExtent(rule, input, getScales()[i]);
    if (!dim && !getSizes() && input && !analysis.seesOneOp())
      return rule.error("resize_c3") << "the scale " << getScales()[i] << " of the symbolic extent "
                                     << shape::toString(input) << " must be a whole number over a power of two";
    if (std::optional<int64_t> extent = constantOf(dim); extent && *extent < 1)
      return rule.error("resize_c2") << "leaves " << *extent << " elements of dimension " << axis;
  }
  results.push_back(std::move(facts));
  return success();
}
