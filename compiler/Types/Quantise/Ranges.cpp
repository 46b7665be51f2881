#include "compiler/Types/Quantise/Ranges.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace convoy::compiler {

static constexpr size_t bins = 2048;
static constexpr double steps = 255;

void Range::include(double value) {
  low = std::min(low, value);
  high = std::max(high, value);
}

Scale scaleOf(Range range) {
  auto scale = static_cast<float>((range.high - range.low) / steps);
  if (scale < std::numeric_limits<float>::min())
    return {};
  double zero = std::clamp(std::nearbyint(-range.low / scale), 0.0, steps);
  return {scale, static_cast<int64_t>(zero)};
}

Histogram::Histogram(Range range) : range(range), counts(bins) {
  double extent = (range.high - range.low) / bins;
  if (extent >= std::numeric_limits<float>::min())
    width = extent;
}

void Histogram::add(llvm::ArrayRef<float> values) {
  if (width == 0)
    return;
  auto low = static_cast<float>(range.low), perBin = static_cast<float>(1 / width);
  for (float value : values) {
    if (value == 0) {
      ++zeros;
      continue;
    }
    float bin = std::clamp((value - low) * perBin, 0.0F, static_cast<float>(bins - 1)); // Of infinity, too.
    counts[static_cast<size_t>(bin)] += 1;
  }
}

Range Histogram::choose(RangeMethod method, const std::function<double(double)> &function) const {
  if (method == RangeMethod::MinMax || width == 0)
    return range;
  return method == RangeMethod::Percentile ? percentile(1e-5) : leastError(function);
}

double Histogram::centre(size_t bin) const { return range.low + (static_cast<double>(bin) + 0.5) * width; }

/// Leaves that share of all values outside, half of it at each end that isn't zero.
Range Histogram::percentile(double outside) const {
  double total = zeros;
  for (double count : counts)
    total += count;
  double allowed = total * outside / (range.low < 0 && range.high > 0 ? 2 : 1);
  Range result = range;
  double below = 0, above = 0;
  for (size_t bin = 0; bin < bins && (below += counts[bin]) <= allowed; ++bin)
    result.low = range.low + static_cast<double>(bin + 1) * width;
  for (size_t bin = bins; bin-- > 0 && (above += counts[bin]) <= allowed;)
    result.high = range.low + static_cast<double>(bin) * width;
  return {std::min(result.low, 0.0), std::max(result.high, 0.0)};
}

namespace {

/// How much rounding and cutting off change what a function gives of the values of one bin.
struct Bin {
  double count, value, result;
  double slope; ///< Squared.
};

} // namespace

/// Sum of the squares of what rounding and cutting off change.
static double errorOf(llvm::ArrayRef<Bin> bins, Range candidate, const std::function<double(double)> &function) {
  Scale scale = scaleOf(candidate);
  auto zero = static_cast<double>(scale.zero);
  double error = 0, rounding = static_cast<double>(scale.scale) * scale.scale / 12;
  double least = -zero * scale.scale, most = (steps - zero) * scale.scale;
  double atLeast = function ? function(least) : least, atMost = function ? function(most) : most;
  for (const Bin &bin : bins) {
    double beyond = bin.value < least ? bin.result - atLeast : bin.value > most ? bin.result - atMost : 0;
    bool isInside = bin.value >= least && bin.value <= most;
    error += bin.count * (isInside ? rounding * bin.slope : beyond * beyond);
  }
  return error;
}

/// Draws both ends in together, then each alone.
Range Histogram::leastError(const std::function<double(double)> &function) const {
  constexpr int candidates = 64;
  std::vector<Bin> filled;
  for (size_t bin = 0; bin < bins; ++bin) {
    if (counts[bin] == 0)
      continue;
    double value = centre(bin), slope = 1;
    if (function)
      slope = (function(value + width / 2) - function(value - width / 2)) / width;
    filled.push_back({counts[bin], value, function ? function(value) : value, slope * slope});
  }
  Range best = range;
  double least = errorOf(filled, best, function);
  auto consider = [&](Range candidate) {
    double error = errorOf(filled, candidate, function);
    if (error < least)
      least = error, best = candidate;
  };
  auto share = [](int i) { return 1 - 0.8 * i / candidates; };
  for (int i = 1; i < candidates; ++i)
    consider({range.low * share(i), range.high * share(i)});
  Range both = best;
  for (int i = 1; i < candidates; ++i)
    consider({both.low, both.high * share(i)});
  both = best;
  for (int i = 1; i < candidates; ++i)
    consider({both.low * share(i), both.high});
  return best;
}

} // namespace convoy::compiler
