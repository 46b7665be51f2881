#pragma once

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <functional>
#include <vector>

// Which numbers 8 bits stand for.
namespace convoy::compiler {

/// What ends of a tensor's values are worth bits.
enum class RangeMethod {
  MinMax,     ///< All that was seen.
  Percentile, ///< All but the outermost few in a hundred thousand.
  Mse,        ///< The ends with the least mean square error.
};

struct Range {
  double low = 0, high = 0; ///< low <= 0 <= high: zero is always one of the numbers.

  void include(double value);
};

/// Of ui8.
struct Scale {
  float scale = 1;
  int64_t zero = 0;
};

/// scale = (high - low) / 255 and the zero point that rounding gives; 1 and 0 where all values are zero.
Scale scaleOf(Range range);

/// How often values were seen, by bins of a range; zeros, which many activations give, are counted aside.
class Histogram {
public:
  explicit Histogram(Range range);

  void add(llvm::ArrayRef<float> values);

  /// With `function`, errors count as far as they change what it gives: all that a swish is applied to may be cut off
  /// where it is next to zero anyway.
  Range choose(RangeMethod method, const std::function<double(double)> &function = nullptr) const;

private:
  double centre(size_t bin) const;
  Range percentile(double outside) const;
  Range leastError(const std::function<double(double)> &function) const;

  Range range;
  double width = 0; ///< Of a bin; 0 where there is nothing but zeros.
  std::vector<double> counts;
  double zeros = 0;
};

} // namespace convoy::compiler
