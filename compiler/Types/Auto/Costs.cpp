#include "compiler/Types/Auto/Costs.h"

#include "compiler/Types/Quantise/Build.h"

#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;

namespace convoy::compiler {

static double elementsOf(Value value) {
  double count = 1;
  for (int64_t extent : cast<RankedTensorType>(value.getType()).getShape())
    count *= ShapedType::isDynamic(extent) ? 1.0 : static_cast<double>(extent);
  return count;
}

/// The layers whose results lead to `value` without another layer between.
static void findBefore(Value value, double elements, const DenseMap<Operation *, size_t> &positions,
                       LayerCosts &layer) {
  llvm::SetVector<Value> work;
  work.insert(value);
  for (size_t next = 0; next < work.size(); ++next) {
    Operation *definer = work[next].getDefiningOp();
    if (!definer)
      continue;
    if (auto found = positions.find(definer); found != positions.end())
      layer.before.push_back({found->second, elements});
    else
      work.insert(definer->operand_begin(), definer->operand_end());
  }
}

std::vector<LayerCosts> layersInOrder(ModuleOp network) {
  std::vector<LayerCosts> layers;
  DenseMap<Operation *, size_t> positions;
  llvm::StringMap<size_t> byName;
  for (Operation &op : mainFunction(network).getBody().front()) {
    if (!isLayer(&op))
      continue;
    auto [entry, isNew] = byName.try_emplace(layerName(&op), layers.size());
    if (isNew)
      layers.emplace_back().name = entry->getKey().str();
    positions[&op] = entry->second;
    findBefore(op.getOperand(0), elementsOf(op.getOperand(0)), positions, layers[entry->second]);
  }
  return layers;
}

void addTimes(const NetworkTime &time, ComputeType type, std::vector<LayerCosts> &layers) {
  llvm::StringMap<LayerCosts *> byName;
  for (LayerCosts &layer : layers) {
    layer.seconds[static_cast<size_t>(type)] = 0;
    byName[layer.name] = &layer;
  }
  for (const NetworkTime::Launch &launch : time.launches) {
    auto found = llvm::find_if(launch.layers, [&](const std::string &name) { return byName.contains(name); });
    if (found != launch.layers.end())
      byName.lookup(*found)->seconds[static_cast<size_t>(type)] += launch.seconds;
  }
}

/// Each layer in turn takes the type that is best for it and its neighbours as they are, until nothing changes.
std::vector<ComputeType> cheapestTypes(const std::vector<LayerCosts> &layers, double change) {
  std::vector<std::vector<std::pair<size_t, double>>> neighbours(layers.size());
  for (auto [i, layer] : llvm::enumerate(layers))
    for (auto [other, elements] : layer.before) {
      neighbours[i].push_back({other, elements});
      neighbours[other].push_back({i, elements});
    }
  std::vector<ComputeType> types(layers.size(), ComputeType::F32);
  auto cost = [&](size_t layer, ComputeType type) {
    double seconds = layers[layer].in(type);
    for (auto [other, elements] : neighbours[layer])
      seconds += other != layer && types[other] != type ? change * elements : 0;
    return seconds;
  };
  for (auto [i, layer] : llvm::enumerate(layers)) // Alone: where no change of type counts.
    for (ComputeType type : allTypes)
      if (layer.has(type) && layer.in(type) < layer.in(types[i]))
        types[i] = type;
  for (int round = 0; round < 20; ++round) {
    bool changed = false;
    for (size_t i = 0; i < layers.size(); ++i)
      for (ComputeType type : allTypes)
        if (layers[i].has(type) && cost(i, type) < cost(i, types[i]))
          types[i] = type, changed = true;
    if (!changed)
      break;
  }
  return types;
}

LayerTypes typesOf(const std::vector<LayerCosts> &layers, const std::vector<ComputeType> &types) {
  LayerTypes result;
  for (auto [layer, type] : llvm::zip_equal(layers, types))
    result.layers[layer.name] = type;
  return result;
}

} // namespace convoy::compiler
