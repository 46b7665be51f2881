#include "compiler/Types/Auto/Errors.h"

#include "compiler/Types/Quantise/Build.h"
#include "compiler/Types/Quantise/Copies.h"
#include "compiler/Types/Types.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace convoy::compiler {

namespace {

/// A value in f32 and the same one of the converted network.
struct Pair {
  std::string layer; ///< Empty: a result of the network.
  Value right, other;
  double signal = 0, noise = 0;

  double error() const {
    if (!std::isfinite(noise) || !std::isfinite(signal))
      return std::numeric_limits<double>::infinity();
    return signal > 0 ? std::sqrt(noise / signal) : noise > 0 ? std::numeric_limits<double>::infinity() : 0;
  }
};

} // namespace

static bool areComparable(Value a, Value b) {
  auto type = dyn_cast<RankedTensorType>(a.getType());
  return type && a.getType() == b.getType() && type.getElementType().isF32();
}

static llvm::StringMap<Value> layersOf(ModuleOp network) {
  llvm::StringMap<Value> found;
  for (Operation &op : mainFunction(network).getBody().front())
    if (isLayer(&op))
      found.try_emplace(layerName(&op), op.getResult(0));
  return found;
}

/// The layers of both, in the order of the network, then its results.
static SmallVector<Pair> pairUp(ModuleOp original, ModuleOp converted) {
  SmallVector<Pair> pairs;
  llvm::StringMap<Value> others = layersOf(converted);
  for (Operation &op : mainFunction(original).getBody().front())
    if (auto other = isLayer(&op) ? others.find(layerName(&op)) : others.end();
        other != others.end() && areComparable(op.getResult(0), other->second))
      pairs.push_back({layerName(&op), op.getResult(0), other->second});
  auto resultsOf = [](ModuleOp module) {
    return mainFunction(module).getBody().front().getTerminator()->getOperands();
  };
  for (auto [right, other] : llvm::zip_equal(resultsOf(original), resultsOf(converted)))
    if (areComparable(right, other))
      pairs.push_back({"", right, other});
  return pairs;
}

/// Both networks in one, whose results are the means of the squares of what is right and of what differs.
static OwningOpRef<ModuleOp> sideBySide(ModuleOp original, ModuleOp converted, ArrayRef<Pair> pairs) {
  return copyWithResults(original, [&](OpBuilder &builder, IRMapping &copies) {
    IRMapping others;
    Block &body = mainFunction(converted).getBody().front();
    for (auto [mine, other] : llvm::zip_equal(mainFunction(original).getArguments(), body.getArguments()))
      others.map(other, copies.lookup(mine));
    for (Operation &op : body.without_terminator())
      builder.clone(op, others);
    SmallVector<Value> results;
    for (const Pair &pair : pairs) {
      Value right = copies.lookup(pair.right), other = others.lookup(pair.other);
      auto apply = [&](StringRef function, Value a, Value b) -> Value {
        return cnn::ElementwiseOp::create(builder, right.getLoc(), right.getType(), function, ValueRange{a, b});
      };
      Value difference = apply("sub", other, right);
      results.push_back(reduceAll(builder, apply("mul", right, right), cnn::ReduceKind::Mean));
      results.push_back(reduceAll(builder, apply("mul", difference, difference), cnn::ReduceKind::Mean));
    }
    return results;
  });
}

FailureOr<NetworkErrors> measureErrors(ModuleOp original, ModuleOp converted, NetworkRunner &runner) {
  SmallVector<Pair> pairs = pairUp(original, converted);
  if (llvm::none_of(pairs, [](const Pair &pair) { return pair.layer.empty(); }))
    return emitError(UnknownLoc::get(original.getContext()))
           << "the network has no result in f32 by which the error of other types could be judged";
  OwningOpRef<ModuleOp> both = sideBySide(original, converted, pairs);
  auto visit = [&](const std::string &, ArrayRef<HostValue> results) {
    for (auto [i, pair] : llvm::enumerate(pairs)) {
      pair.signal += floatOf(results[2 * i]);
      pair.noise += floatOf(results[2 * i + 1]);
    }
    return success();
  };
  if (failed(runner.run(*both, visit)))
    return failure();
  NetworkErrors errors;
  for (const Pair &pair : pairs)
    if (pair.layer.empty())
      errors.results = std::max(errors.results, pair.error());
    else
      errors.layers[pair.layer] = pair.error();
  return errors;
}

} // namespace convoy::compiler
