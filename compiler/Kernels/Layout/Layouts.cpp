#include "compiler/Kernels/Layout/Layouts.h"

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace convoy::compiler {

LayoutData LayoutData::rowMajor(int64_t rank) {
  LayoutData layout;
  layout.order = llvm::to_vector(llvm::seq<int64_t>(rank));
  layout.before.assign(rank, 0);
  layout.after.assign(rank, 0);
  return layout;
}

LayoutData LayoutData::channelsLast(int64_t rank) {
  LayoutData layout = rowMajor(rank);
  layout.order.erase(layout.order.begin() + 1);
  layout.order.push_back(1);
  return layout;
}

LayoutData LayoutData::dense(ArrayRef<int64_t> order) {
  LayoutData layout = rowMajor(static_cast<int64_t>(order.size()));
  layout.order.assign(order.begin(), order.end());
  return layout;
}

LayoutData LayoutData::of(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  LayoutData layout = rowMajor(tensor.getRank());
  auto attribute = dyn_cast_or_null<cnn::LayoutAttr>(tensor.getEncoding());
  if (!attribute)
    return layout;
  if (!attribute.getOrder().empty())
    layout.order.assign(attribute.getOrder().begin(), attribute.getOrder().end());
  if (!attribute.getBefore().empty())
    layout.before.assign(attribute.getBefore().begin(), attribute.getBefore().end());
  if (!attribute.getAfter().empty())
    layout.after.assign(attribute.getAfter().begin(), attribute.getAfter().end());
  layout.blockDim = attribute.getBlockDim();
  layout.block = attribute.getBlock();
  layout.fill = attribute.getFill();
  layout.shared = attribute.getShared();
  layout.fillValue = attribute.getFillValue();
  return layout;
}

Attribute LayoutData::attribute(MLIRContext *context) const {
  if (isRowMajorOrder() && isTight() && block == 0)
    return {};
  auto orNothing = [](ArrayRef<int64_t> list) {
    return llvm::all_of(list, [](int64_t value) { return value == 0; }) ? ArrayRef<int64_t>() : list;
  };
  return cnn::LayoutAttr::get(context, order, blockDim, block, orNothing(before), orNothing(after), fill, shared,
                              fill == cnn::Fill::Value ? fillValue : 0);
}

RankedTensorType LayoutData::applyTo(Type type) const {
  auto tensor = cast<RankedTensorType>(type);
  return RankedTensorType::get(tensor.getShape(), tensor.getElementType(), attribute(type.getContext()));
}

bool LayoutData::isRowMajorOrder() const {
  return block == 0 && llvm::equal(order, llvm::seq<int64_t>(static_cast<int64_t>(order.size())));
}

bool LayoutData::isTight() const {
  auto zero = [](int64_t value) { return value == 0; };
  return llvm::all_of(before, zero) && llvm::all_of(after, zero);
}

bool LayoutData::sameOrder(const LayoutData &other, ArrayRef<int64_t> shape) const {
  auto longDims = [&](ArrayRef<int64_t> order) {
    return llvm::to_vector(llvm::make_filter_range(order, [&](int64_t dim) { return shape[dim] != 1; }));
  };
  return block == other.block && longDims(order) == longDims(other.order);
}

std::optional<LayoutData> viewOfTranspose(const LayoutData &input, ArrayRef<int64_t> permutation) {
  if (input.block != 0)
    return std::nullopt;
  LayoutData result = input;
  for (auto [to, from] : llvm::enumerate(permutation)) {
    result.before[to] = input.before[from];
    result.after[to] = input.after[from];
  }
  for (auto [place, from] : llvm::enumerate(input.order))
    result.order[place] = llvm::find(permutation, from) - permutation.begin();
  return result;
}

/// Pairs runs of dimensions of `from` and `to` with equal products; each run is as short as can be.
static std::optional<SmallVector<std::pair<SmallVector<int64_t>, SmallVector<int64_t>>>>
matchRuns(ArrayRef<AffineExpr> from, ArrayRef<AffineExpr> to) {
  SmallVector<std::pair<SmallVector<int64_t>, SmallVector<int64_t>>> runs;
  size_t i = 0, k = 0;
  while (i < from.size() || k < to.size()) {
    auto &[left, right] = runs.emplace_back();
    if (i < from.size() && k < to.size() && from[i] && from[i] == to[k]) {
      left.push_back(static_cast<int64_t>(i++));
      right.push_back(static_cast<int64_t>(k++));
      continue;
    }
    int64_t leftProduct = 1, rightProduct = 1;
    auto take = [](ArrayRef<AffineExpr> dims, size_t &next, SmallVector<int64_t> &run, int64_t &product) {
      if (next >= dims.size())
        return false;
      std::optional<int64_t> extent = cnn::constantOf(dims[next]);
      if (!extent)
        return false;
      run.push_back(static_cast<int64_t>(next++));
      product *= *extent;
      return true;
    };
    // A run that begins with an extent of 1 on one side alone is that extent.
    bool leftOne = i < from.size() && cnn::constantOf(from[i]) == 1;
    bool rightOne = k < to.size() && cnn::constantOf(to[k]) == 1;
    if (leftOne || i < from.size())
      if (!(rightOne && !leftOne) && !take(from, i, left, leftProduct))
        return std::nullopt;
    if (!leftOne && k < to.size() && !take(to, k, right, rightProduct))
      return std::nullopt;
    while (leftProduct != rightProduct)
      if (!(leftProduct < rightProduct ? take(from, i, left, leftProduct) : take(to, k, right, rightProduct)))
        return std::nullopt;
  }
  return runs;
}

std::optional<LayoutData> viewOfReshape(const LayoutData &input, ArrayRef<AffineExpr> from, ArrayRef<AffineExpr> to) {
  auto runs = matchRuns(from, to);
  if (!runs || input.block != 0)
    return std::nullopt;
  LayoutData result = LayoutData::rowMajor(static_cast<int64_t>(to.size()));
  result.fill = input.fill;
  result.fillValue = input.fillValue;
  result.shared = input.shared;
  result.order.clear();
  SmallVector<int64_t> ones;
  SmallVector<SmallVector<int64_t>> runOfDim(from.size());
  for (auto &[left, right] : *runs) {
    auto isLong = [&](ArrayRef<AffineExpr> dims) {
      return [dims](int64_t dim) { return cnn::constantOf(dims[dim]) != 1; };
    };
    SmallVector<int64_t> longLeft = llvm::to_vector(llvm::make_filter_range(left, isLong(from)));
    SmallVector<int64_t> longRight = llvm::to_vector(llvm::make_filter_range(right, isLong(to)));
    for (int64_t dim : left)
      if (cnn::constantOf(from[dim]) == 1 && (input.before[dim] != 0 || input.after[dim] != 0) &&
          dim != input.innermost())
        return std::nullopt;
    for (int64_t dim : right)
      if (cnn::constantOf(to[dim]) == 1)
        ones.push_back(dim);
    if (longLeft.size() == 1 && longRight.size() == 1) {
      runOfDim[longLeft[0]] = longRight;
      result.before[longRight[0]] = input.before[longLeft[0]];
      result.after[longRight[0]] = input.after[longLeft[0]];
      continue;
    }
    // Cut or joined: the dimensions lie side by side in order with nothing around them.
    for (auto [n, dim] : llvm::enumerate(longLeft)) {
      if (input.before[dim] != 0 || input.after[dim] != 0)
        return std::nullopt;
      auto place = llvm::find(input.order, dim);
      for (auto next = place + 1; n + 1 < longLeft.size(); ++next)
        if (next == input.order.end())
          return std::nullopt;
        else if (*next == longLeft[n + 1])
          break;
        else if (cnn::constantOf(from[*next]) != 1 || input.before[*next] != 0 || input.after[*next] != 0)
          return std::nullopt;
    }
    if (!longLeft.empty())
      runOfDim[longLeft[0]] = longRight;
  }
  // An innermost extent of 1 that carries padding is a stride of the dimension outside of it: not a view.
  if (!from.empty() && cnn::constantOf(from[input.innermost()]) == 1 &&
      (input.before[input.innermost()] != 0 || input.after[input.innermost()] != 0))
    return std::nullopt;
  result.order = ones;
  for (int64_t dim : input.order)
    result.order.append(runOfDim[dim].begin(), runOfDim[dim].end());
  if (result.order.empty() || llvm::equal(llvm::to_vector(llvm::seq<int64_t>(to.size())), result.order))
    return result;
  // Extents of 1 may stand anywhere: prefer row-major where it is that.
  SmallVector<int64_t> longDims = llvm::to_vector(
      llvm::make_filter_range(result.order, [&](int64_t dim) { return !llvm::is_contained(ones, dim); }));
  if (llvm::is_sorted(longDims) && result.isTight())
    result.order = llvm::to_vector(llvm::seq<int64_t>(static_cast<int64_t>(to.size())));
  return result;
}

/// The order with the dimensions of each run that is joined side by side, where its innermost one was.
static LayoutData sideBySide(ArrayRef<int64_t> order, ArrayRef<AffineExpr> from, ArrayRef<AffineExpr> to) {
  LayoutData layout = LayoutData::dense(order);
  auto runs = matchRuns(from, to);
  if (!runs)
    return layout;
  for (auto &[left, right] : *runs) {
    if (left.size() < 2)
      continue;
    auto isMember = [&](int64_t dim) { return llvm::is_contained(left, dim); };
    auto innermost = std::find_if(layout.order.rbegin(), layout.order.rend(), isMember);
    int64_t outside = llvm::count_if(llvm::make_range(layout.order.begin(), innermost.base()),
                                     [&](int64_t dim) { return !isMember(dim); });
    llvm::erase_if(layout.order, isMember);
    layout.order.insert(layout.order.begin() + outside, left.begin(), left.end());
  }
  return layout;
}

ReshapePlan planReshape(const LayoutData &input, ArrayRef<AffineExpr> from, ArrayRef<AffineExpr> to) {
  if (auto view = viewOfReshape(input, from, to))
    return {input, *view, false};
  LayoutData rowMajor = LayoutData::rowMajor(static_cast<int64_t>(from.size()));
  for (const LayoutData &attempt : {LayoutData::dense(input.order), sideBySide(input.order, from, to), rowMajor})
    if (auto view = viewOfReshape(attempt, from, to))
      return {attempt, *view, true};
  // Row-major memory is row-major under any shape, also where products of symbols can't be compared.
  bool isDense = input.isRowMajorOrder() && input.isTight();
  return {rowMajor, LayoutData::rowMajor(static_cast<int64_t>(to.size())), !isDense};
}

std::optional<LayoutData> viewOfSlice(cnn::SliceOp slice, const LayoutData &input, const cnn::ShapeAnalysis &facts) {
  auto starts = facts.elements(slice.getStarts());
  if (!starts || input.block != 0)
    return std::nullopt;
  LayoutData result = input;
  result.shared = true;
  for (auto [axis, step, start] : llvm::zip(slice.getAxes(), slice.getSteps(), *starts)) {
    std::optional<int64_t> first = cnn::constantOf(start);
    std::optional<int64_t> whole = cnn::constantOf(facts.dims(slice.getInput())[axis]);
    std::optional<int64_t> part = cnn::constantOf(facts.dims(slice.getResult())[axis]);
    if (!first || !whole || !part || step != 1 || *part == 0)
      return std::nullopt;
    int64_t begin = std::clamp<int64_t>(*first < 0 ? *first + *whole : *first, 0, *whole);
    // Along any axis but the innermost the neighbours are data, not a halo.
    if (*part != *whole && axis != input.innermost())
      result.fill = cnn::Fill::None;
    result.before[axis] += begin;
    result.after[axis] += *whole - begin - *part;
  }
  return result;
}

} // namespace convoy::compiler
