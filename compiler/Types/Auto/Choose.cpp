#include "compiler/Types/Auto/Choose.h"

#include "compiler/Types/Auto/Costs.h"
#include "compiler/Types/Auto/Errors.h"
#include "dialects/cnn/Cnn.h"

#include <algorithm>
#include <optional>

using namespace mlir;

namespace convoy::compiler {

namespace {

/// Seconds per element that a change of type between neighbours costs: it is stored and read once more, by caches.
constexpr double change = 0.05e-9;
/// Where layers of narrow types give way, so many networks are tried.
constexpr int mostProbes = 6;

/// A network of some types.
struct Candidate {
  std::string name;
  std::vector<ComputeType> types;
  OwningOpRef<ModuleOp> network = {};
  std::optional<NetworkErrors> errors = {};
  NetworkTime time = {};
};

class Chooser {
public:
  Chooser(ModuleOp network, const ChoiceOptions &options)
      : network(network), options(options), layers(layersInOrder(network)) {}

  FailureOr<LayerTypes> run() {
    if (failed(addUniform()) || failed(timeAll()))
      return failure();
    learnCosts();
    if (failed(addMixed("mixed", change)) || failed(addMixed("mixed, few changes", 6 * change)) || failed(timeAll()))
      return failure();
    if (failed(addRepaired()) || failed(timeAll()))
      return failure();
    const Candidate &best = *fastest();
    if (options.report)
      describe(best);
    return typesOf(layers, best.types);
  }

private:
  bool isWithin(const Candidate &candidate) const { return candidate.errors->results <= options.budget; }

  const Candidate *fastest() const {
    const Candidate *best = nullptr;
    for (const Candidate &candidate : candidates)
      if (isWithin(candidate) && (!best || candidate.time.seconds < best->time.seconds))
        best = &candidate;
    return best; // f32 at least.
  }

  /// Converts a copy and measures its error.
  LogicalResult build(Candidate &candidate) {
    candidate.network = network.clone();
    LayerTypes types = typesOf(layers, candidate.types);
    if (failed(quantise(*candidate.network, types, *options.calibration)) ||
        (options.hasBf16 && failed(convertToBf16(*candidate.network, types))))
      return failure();
    if (llvm::all_of(candidate.types, [](ComputeType type) { return type == ComputeType::F32; })) {
      candidate.errors = NetworkErrors();
      for (const LayerCosts &layer : layers)
        candidate.errors->layers[layer.name] = 0;
      return success();
    }
    FailureOr<NetworkErrors> errors = measureErrors(network, *candidate.network, *options.runner);
    if (failed(errors))
      return failure();
    candidate.errors = std::move(*errors);
    return success();
  }

  bool isKept(const LayerCosts &layer) const { return options.kept.contains(layer.name); }

  LogicalResult addUniform() {
    for (ComputeType type : allTypes) {
      if (type == ComputeType::BF16 && !options.hasBf16)
        continue;
      Candidate &added = candidates.emplace_back();
      added.name = type == ComputeType::F32 ? "f32" : type == ComputeType::BF16 ? "bf16" : "i8";
      for (const LayerCosts &layer : layers)
        added.types.push_back(isKept(layer) ? ComputeType::F32 : type);
      if (failed(build(added)))
        return failure();
    }
    return success();
  }

  /// All in turns: times of one call can be compared.
  LogicalResult timeAll() {
    std::vector<ModuleOp> networks;
    for (const Candidate &candidate : candidates)
      networks.push_back(*candidate.network);
    FailureOr<std::vector<NetworkTime>> times = options.timer->time(networks);
    if (failed(times))
      return failure();
    for (auto [candidate, time] : llvm::zip_equal(candidates, *times))
      candidate.time = std::move(time);
    return success();
  }

  void learnCosts() {
    for (const Candidate &candidate : candidates)
      addTimes(candidate.time, candidate.types.empty() ? ComputeType::F32 : typeNamed(candidate.name), layers);
    llvm::StringMap<double> noise;
    for (const auto &[number, layer] : options.calibration->layers)
      noise[layer.name] = layer.signal > 0 ? layer.noise / layer.signal : 0;
    for (LayerCosts &layer : layers) {
      bool canBe8Bit = noise.contains(layer.name);
      layer.noise = noise.lookup(layer.name);
      if (isKept(layer))
        layer.seconds[static_cast<size_t>(ComputeType::BF16)] = -1;
      if (isKept(layer) || !canBe8Bit)
        layer.seconds[static_cast<size_t>(ComputeType::I8)] = -1;
    }
  }

  static ComputeType typeNamed(const std::string &name) {
    return name == "i8" ? ComputeType::I8 : name == "bf16" ? ComputeType::BF16 : ComputeType::F32;
  }

  LogicalResult addMixed(const std::string &name, double changeCost) {
    return addWithin(name, cheapestTypes(layers, changeCost));
  }

  const Candidate *find(const std::vector<ComputeType> &types) const {
    auto found = llvm::find_if(candidates, [&](const Candidate &candidate) { return candidate.types == types; });
    return found == candidates.end() ? nullptr : &*found;
  }

  /// Halves help where a whole network of them is within the budget.
  bool allowsHalves() const {
    return llvm::any_of(candidates, [&](const Candidate &one) { return one.name == "bf16" && isWithin(one); });
  }

  /// Over the signal. That of halves is not known by layer: they count as noisier than any 8 bits if they are to give
  /// way at all.
  double noiseOf(size_t layer, ComputeType type) const {
    return type == ComputeType::I8 ? layers[layer].noise : type == ComputeType::BF16 && !allowsHalves() ? 1e9 : 0;
  }

  /// The layers of narrow types, those with the most noise first.
  std::vector<size_t> noisiest(const std::vector<ComputeType> &types) const {
    std::vector<size_t> order;
    for (size_t i = 0; i < layers.size(); ++i)
      if (types[i] != ComputeType::F32)
        order.push_back(i);
    llvm::sort(order, [&](size_t a, size_t b) {
      return std::pair(-noiseOf(a, types[a]), a) < std::pair(-noiseOf(b, types[b]), b);
    });
    return order;
  }

  /// The layers `given` in a type of less noise: in halves, if that is worth it, else in f32.
  std::vector<ComputeType> without(std::vector<ComputeType> types, ArrayRef<size_t> given) const {
    for (size_t i : given) {
      const LayerCosts &layer = layers[i];
      bool halves = types[i] == ComputeType::I8 && allowsHalves() && layer.has(ComputeType::BF16) &&
                    layer.in(ComputeType::BF16) < layer.in(ComputeType::F32);
      types[i] = halves ? ComputeType::BF16 : ComputeType::F32;
    }
    return types;
  }

  /// Adds the network if its error is within the budget, else one in which as few layers as need be give way.
  LogicalResult addWithin(const std::string &name, const std::vector<ComputeType> &types) {
    if (const Candidate *there = find(types); there && isWithin(*there))
      return success();
    else if (there)
      return addReduced(name, types);
    Candidate whole{name, types};
    if (failed(build(whole)))
      return failure();
    if (!isWithin(whole))
      return addReduced(name, types);
    candidates.push_back(std::move(whole));
    return success();
  }

  LogicalResult addReduced(const std::string &name, const std::vector<ComputeType> &types) {
    std::vector<size_t> order = noisiest(types);
    std::optional<Candidate> found;
    size_t least = 1, most = order.size(); // So many give way: fewer than `least` are too few.
    for (int probe = 0; probe < mostProbes && least <= most; ++probe) {
      size_t middle = (least + most) / 2;
      Candidate probed{name, without(types, ArrayRef(order).take_front(middle))};
      if (failed(build(probed)))
        return failure();
      if (isWithin(probed))
        found = std::move(probed), most = middle - 1;
      else
        least = middle + 1;
    }
    if (found && !find(found->types))
      candidates.push_back(std::move(*found));
    return success();
  }

  /// Layers that are slower in the fastest mixed network than they were in f32 go back: what changes of type cost there
  /// was more than expected.
  LogicalResult addRepaired() {
    const Candidate *mixed = nullptr;
    for (const Candidate &candidate : candidates)
      if (StringRef(candidate.name).starts_with("mixed") && (!mixed || candidate.time.seconds < mixed->time.seconds))
        mixed = &candidate;
    if (!mixed)
      return success();
    std::vector<LayerCosts> measured = layers;
    addTimes(mixed->time, ComputeType::I8, measured);
    std::vector<ComputeType> types = mixed->types;
    for (size_t i = 0; i < layers.size(); ++i)
      if (types[i] != ComputeType::F32 && measured[i].in(ComputeType::I8) > layers[i].in(ComputeType::F32))
        types[i] = ComputeType::F32;
    return addWithin("mixed, repaired", types);
  }

  void describe(const Candidate &best) const {
    TypeReport &report = *options.report;
    report.budget = options.budget;
    for (const Candidate &candidate : candidates)
      report.candidates.push_back(
          {candidate.name, candidate.time.seconds, candidate.errors->results, &candidate == &best});
    for (auto [layer, type] : llvm::zip_equal(layers, best.types))
      report.layers.push_back({layer.name, type, best.errors->layers.lookup(layer.name), layer.seconds});
  }

  ModuleOp network;
  const ChoiceOptions &options;
  std::vector<LayerCosts> layers;
  std::vector<Candidate> candidates;
};

} // namespace

FailureOr<LayerTypes> chooseTypes(ModuleOp network, const ChoiceOptions &options) {
  return Chooser(network, options).run();
}

} // namespace convoy::compiler
