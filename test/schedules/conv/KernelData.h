#pragma once

#include "schedules/core/Schedules.h"

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace convoy::test {

/// Memory of one tensor of a kernel in its layout; surroundings hold what the layout promises, NaN (of integers a byte
/// that stands out) where it promises nothing.
class Storage {
public:
  /// `extents`: of all dimensions, for tensors with symbols.
  Storage(const proto::Tensor &tensor, std::vector<int64_t> extents);

  /// Of single floats.
  float &at(const std::vector<int64_t> &index);
  /// Of any type.
  double value(const std::vector<int64_t> &index) const;
  void set(const std::vector<int64_t> &index, double value);
  const std::vector<int64_t> &extents() const { return logical; }
  schedules::HostTensor host();
  /// Visits each logical index in row-major order.
  template <typename Visit> void each(Visit visit) {
    eachIndex([&](const std::vector<int64_t> &index) { visit(index, at(index)); });
  }
  template <typename Visit> void eachIndex(Visit visit) const {
    std::vector<int64_t> index(logical.size(), 0);
    for (;;) {
      visit(index);
      int dim = int(index.size()) - 1;
      for (; dim >= 0 && ++index[dim] == logical[dim]; --dim)
        index[dim] = 0;
      if (dim < 0)
        return;
    }
  }
  /// Floats within -1 and 1, all values of bytes, sums of some thousands.
  void fillRandom(std::mt19937 &random);
  int64_t count() const { return total; }
  /// Elements that are neither logical nor padding of the innermost dimension (with `shared`: nor logical) and do not
  /// hold any more what they were created with.
  int64_t strayWrites(bool shared) const;

private:
  int64_t offset(const std::vector<int64_t> &index) const;

  proto::Tensor tensor;
  std::vector<int64_t> logical, stride;
  int64_t blockStride = 0, total = 0, origin = 0;
  int64_t size = 4;         ///< Bytes of an element.
  std::vector<char> around; ///< The bytes of an element of the surroundings.
  std::unique_ptr<char, decltype(&std::free)> memory{nullptr, &std::free};
};

} // namespace convoy::test
