#include "compiler/Kernels/Layout/LayoutPlan.h"

#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace convoy::compiler {

/// Below this many channels a vector of channels is mostly padding.
constexpr int64_t leastPaddedChannels = 5;

Operation *anchorOf(kernel::FuncOp func) {
  int64_t anchor = func.getAnchor();
  return anchor < 0 ? nullptr : &*std::next(func.getBody().front().begin(), anchor);
}

Operation *imageReaderOf(kernel::FuncOp func) {
  Operation *anchor = anchorOf(func);
  if (!isa_and_nonnull<cnn::ConvolutionOp>(anchor))
    return anchor;
  return *func.getBody().front().getOps<cnn::ConvolutionOp>().begin();
}

bool Halo::empty() const {
  auto zero = [](int64_t pad) { return pad == 0; };
  return llvm::all_of(before, zero) && llvm::all_of(after, zero);
}

void Halo::join(const Halo &other) {
  if (before.empty()) {
    *this = other;
    return;
  }
  if (value != other.value) // The first reader gets its wish, others a copy.
    return;
  for (size_t dim = 0; dim < other.before.size() && dim < before.size(); ++dim) {
    before[dim] = std::max(before[dim], other.before[dim]);
    after[dim] = std::max(after[dim], other.after[dim]);
  }
}

LayoutPlan::LayoutPlan(Block &body, SymbolTable &symbols, const cnn::ShapeAnalysis &facts, const LayoutOptions &options)
    : symbols(symbols), facts(facts), options(options) {
  findOrders(body);
  findHalos(body);
  placeConcats(body);
}

kernel::FuncOp LayoutPlan::calleeOf(kernel::CallOp call) const {
  return symbols.lookup<kernel::FuncOp>(call.getCallee());
}

LayoutData LayoutPlan::orderOf(Value value) const {
  auto known = orders.find(value);
  return known != orders.end() ? known->second
                               : LayoutData::rowMajor(cast<RankedTensorType>(value.getType()).getRank());
}

/// Images lie channels-last; a chain follows the operand that has its shape; the rest is row-major.
LayoutData LayoutPlan::orderOfCall(kernel::CallOp call) const {
  Value result = call.getResult(0);
  int64_t rank = cast<RankedTensorType>(result.getType()).getRank();
  Operation *anchor = anchorOf(calleeOf(call));
  // An enlarged image that goes out is written as the caller wants it: the copy would be of the larger side.
  if (isa_and_nonnull<cnn::ResizeOp>(anchor) && llvm::all_of(result.getUsers(), llvm::IsaPred<func::ReturnOp>))
    return LayoutData::rowMajor(rank);
  if (anchor && isa<cnn::ConvolutionOp, cnn::PoolOp, cnn::ResizeOp>(anchor) && rank >= 3)
    return LayoutData::channelsLast(rank);
  if (anchor && isa<cnn::MatmulOp, cnn::GatherOp, cnn::ScatterOp>(anchor))
    return LayoutData::rowMajor(rank);
  std::optional<LayoutData> order;
  for (Value operand : call.getOperands()) {
    LayoutData candidate = orderOf(operand);
    if (static_cast<int64_t>(candidate.order.size()) != rank)
      continue;
    bool sameShape = facts.dims(operand) == facts.dims(result);
    if (!sameShape && !anchor)
      continue;
    if (!order || (order->isRowMajorOrder() && !candidate.isRowMajorOrder()))
      order = candidate;
  }
  return order ? *order : LayoutData::rowMajor(rank);
}

void LayoutPlan::findOrders(Block &body) {
  for (Operation &op : body.without_terminator())
    TypeSwitch<Operation *>(&op)
        .Case<kernel::CallOp>([&](kernel::CallOp call) { orders[call.getResult(0)] = orderOfCall(call); })
        .Case<cnn::TransposeOp>([&](cnn::TransposeOp transpose) {
          if (auto view = viewOfTranspose(orderOf(transpose.getInput()), transpose.getPermutation()))
            orders[transpose.getResult()] = *view;
        })
        .Case<cnn::ReshapeOp>([&](cnn::ReshapeOp reshape) {
          orders[reshape.getResult()] =
              planReshape(orderOf(reshape.getInput()), facts.dims(reshape.getInput()), facts.dims(reshape.getResult()))
                  .result;
        })
        .Case<cnn::SliceOp>([&](cnn::SliceOp slice) { orders[slice.getResult()] = orderOf(slice.getInput()); })
        .Case<cnn::ConcatOp>([&](cnn::ConcatOp concat) {
          orders[concat.getResult()] = orderOf(concat.getInputs().front());
          for (Value operand : concat.getInputs())
            if (!orderOf(operand).isRowMajorOrder() && orders[concat.getResult()].isRowMajorOrder())
              orders[concat.getResult()] = orderOf(operand);
        });
}

Halo LayoutPlan::haloOf(kernel::FuncOp func) const {
  Halo halo;
  auto convolution = dyn_cast_or_null<cnn::ConvolutionOp>(imageReaderOf(func));
  if (!options.halos || !convolution || convolution.getTransposed() || !isa<BlockArgument>(convolution.getInput()))
    return halo;
  ArrayRef<int64_t> pads = convolution.getPads();
  int64_t spatial = static_cast<int64_t>(pads.size()) / 2;
  halo.before.assign(2, 0);
  halo.after.assign(2, 0);
  halo.before.append(pads.begin(), pads.begin() + spatial);
  halo.after.append(pads.begin() + spatial, pads.end());
  halo.value = static_cast<int64_t>(convolution.getPadValue());
  for (int64_t &pad : halo.before)
    pad = std::max<int64_t>(pad, 0);
  for (int64_t &pad : halo.after)
    pad = std::max<int64_t>(pad, 0);
  return halo;
}

/// Wishes travel from readers to the value that is written: through slices of channels and concats.
void LayoutPlan::findHalos(Block &body) {
  for (auto call : body.getOps<kernel::CallOp>()) {
    kernel::FuncOp func = calleeOf(call);
    Halo halo = haloOf(func);
    if (halo.empty())
      continue;
    auto argument = cast<BlockArgument>(cast<cnn::ConvolutionOp>(imageReaderOf(func)).getInput());
    halos[call.getOperands()[argument.getArgNumber()]].join(halo);
  }
  for (int round = 0; round < 2; ++round)
    for (Operation &op : llvm::reverse(body)) {
      if (auto slice = dyn_cast<cnn::SliceOp>(op))
        if (llvm::equal(slice.getAxes(), ArrayRef<int64_t>{1}) && halos.contains(slice.getResult())) {
          Halo wish = halos[slice.getResult()];
          halos[slice.getInput()].join(wish);
        }
      auto concat = dyn_cast<cnn::ConcatOp>(op);
      if (!concat || concat.getAxis() != 1)
        continue;
      Halo all = halos.lookup(concat.getResult());
      for (Value operand : concat.getInputs())
        all.join(halos.lookup(operand));
      if (all.empty())
        continue;
      halos[concat.getResult()] = all;
      for (Value operand : concat.getInputs())
        halos[operand].join(all);
    }
}

int64_t LayoutPlan::extentOf(Value value, int64_t axis) const {
  return cnn::constantOf(facts.dims(value)[axis]).value_or(-1);
}

bool LayoutPlan::isPlaceable(Value value, cnn::ConcatOp concat) const {
  Operation *definer = value.getDefiningOp();
  if (!isa_and_nonnull<kernel::CallOp, cnn::ConcatOp>(definer) || places.contains(value))
    return false;
  bool returned = llvm::any_of(value.getUsers(), [](Operation *user) { return isa<func::ReturnOp>(user); });
  return !returned && llvm::count(concat.getInputs(), value) == 1 &&
         orderOf(value).order == orderOf(concat.getResult()).order;
}

/// The place of the whole concat if its operands lie side by side in another one already.
std::optional<LayoutPlan::Place> LayoutPlan::commonPlace(cnn::ConcatOp concat) const {
  auto first = places.find(concat.getInputs().front());
  if (first == places.end())
    return std::nullopt;
  int64_t next = first->second.offset;
  for (Value operand : concat.getInputs()) {
    auto place = places.find(operand);
    if (place == places.end() || place->second.parent != first->second.parent || place->second.offset != next ||
        place->second.axis != static_cast<int64_t>(concat.getAxis()))
      return std::nullopt;
    next += extentOf(operand, concat.getAxis());
  }
  return first->second;
}

void LayoutPlan::placeConcat(cnn::ConcatOp concat) {
  int64_t axis = concat.getAxis();
  for (Value operand : concat.getInputs())
    if (extentOf(operand, axis) < 0)
      return; // copied: offsets are not constants
  if (!places.contains(concat.getResult()))
    if (std::optional<Place> place = commonPlace(concat)) {
      places[concat.getResult()] = *place;
      return;
    }
  int64_t offset = 0;
  for (Value operand : concat.getInputs()) {
    if (isPlaceable(operand, concat))
      places[operand] = {concat.getResult(), axis, offset};
    offset += extentOf(operand, axis);
  }
}

/// Later concats first: where features accumulate, the last concat holds all others.
void LayoutPlan::placeConcats(Block &body) {
  for (Operation &op : llvm::reverse(body))
    if (auto concat = dyn_cast<cnn::ConcatOp>(op))
      placeConcat(concat);
}

LayoutData LayoutPlan::inside(const LayoutData &parent, Value parentValue, int64_t axis, int64_t offset,
                              int64_t extent) const {
  LayoutData layout = parent;
  layout.before[axis] += offset;
  layout.after[axis] += extentOf(parentValue, axis) - offset - extent;
  layout.shared = true;
  if (axis != layout.innermost())
    layout.fill = cnn::Fill::None;
  return layout;
}

LayoutData LayoutPlan::insideConcat(cnn::ConcatOp concat, unsigned operand) const {
  int64_t offset = 0, axis = concat.getAxis();
  for (Value earlier : concat.getInputs().take_front(operand))
    offset += extentOf(earlier, axis);
  return inside(written(concat.getResult()), concat.getResult(), axis, offset,
                extentOf(concat.getInputs()[operand], axis));
}

bool LayoutPlan::isPlacedIn(Value value, cnn::ConcatOp concat) const {
  auto place = places.find(value);
  if (place == places.end())
    return false;
  auto own = places.find(concat.getResult());
  Value root = own != places.end() ? own->second.parent : concat.getResult();
  return place->second.parent == concat.getResult() || place->second.parent == root;
}

/// Whether a reshape reads the value that would copy it only because of the padding.
bool LayoutPlan::isCutUp(Value value, const LayoutData &dense, const LayoutData &padded) const {
  return llvm::any_of(value.getUsers(), [&](Operation *user) {
    auto reshape = dyn_cast<cnn::ReshapeOp>(user);
    if (!reshape || reshape.getInput() != value)
      return false;
    ArrayRef<AffineExpr> from = facts.dims(value), to = facts.dims(reshape.getResult());
    return planReshape(padded, from, to).copies && !planReshape(dense, from, to).copies;
  });
}

int64_t LayoutPlan::paddingOf(int64_t channels, Type type) const {
  bool isByte = cast<RankedTensorType>(type).getElementTypeBitWidth() == 8;
  if (channels < 1 || (channels < leastPaddedChannels && !isByte))
    return 0;
  int64_t multiple = channels < leastPaddedChannels ? 4 : options.vectorElements;
  return static_cast<int64_t>(llvm::alignTo(channels, multiple)) - channels;
}

LayoutData LayoutPlan::written(Value value) const {
  if (auto place = places.find(value); place != places.end())
    return inside(written(place->second.parent), place->second.parent, place->second.axis, place->second.offset,
                  extentOf(value, place->second.axis));
  LayoutData order = orderOf(value);
  LayoutData layout = LayoutData::rowMajor(static_cast<int64_t>(order.order.size()));
  layout.order = order.order;
  bool returned = llvm::any_of(value.getUsers(), [](Operation *user) { return isa<func::ReturnOp>(user); });
  if (!layout.isRowMajorOrder() && !returned) {
    int64_t channels = extentOf(value, layout.innermost());
    LayoutData padded = layout;
    padded.after[layout.innermost()] = paddingOf(channels, value.getType());
    if (!isCutUp(value, layout, padded))
      layout = padded;
  }
  auto halo = halos.find(value);
  if (halo == halos.end() || returned)
    return layout;
  layout.fill = halo->second.fill();
  layout.fillValue = halo->second.value;
  for (size_t dim = 2; dim < halo->second.before.size(); ++dim) {
    layout.before[dim] += halo->second.before[dim];
    layout.after[dim] += halo->second.after[dim];
  }
  return layout;
}

} // namespace convoy::compiler
