#pragma once

#include "schedules/core/Schedules.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace convoy::dev {

using Symbols = std::map<int, int64_t>; ///< Extents of symbolic dimensions.

int64_t elementBytes(proto::DataType type);

/// Memory of one tensor of a kernel, laid out as its layout says, with poison where nothing may be read and guards
/// around. Dense bytes are the logical tensor in row-major order.
class LaidOut {
public:
  LaidOut(const proto::Tensor &tensor, const Symbols &symbols);

  schedules::HostTensor host();
  void fromDense(const std::string &bytes);
  std::string toDense() const;
  /// What was written that must not be: guards, halo, neighbours of a shared tensor. Empty if nothing.
  std::string damage() const;
  int64_t elements() const;

private:
  template <typename Visit> void forEach(Visit visit) const;
  bool mayBeWritten(int64_t offset) const;
  void fillHalo();

  proto::Tensor tensor;
  std::vector<int64_t> extents;
  std::vector<int64_t> strides; ///< Of logical dimensions; of the quotient for a blocked one.
  int64_t origin = 0;           ///< Element with all logical indices zero.
  int64_t bytes = 0;            ///< Of an element.
  std::string memory, untouched;
};

/// Seeded random elements: floats in (-1, 1), integers in [0, 3], booleans.
std::string randomDense(const proto::Tensor &tensor, const Symbols &symbols, uint64_t seed);

struct Difference {
  double largest = 0;   ///< Of |a - b|.
  double magnitude = 0; ///< Largest |b|.
  int64_t where = -1;
  int64_t unlike = 0; ///< Elements of which one is NaN or infinite and the other is not.
  double relative() const { return magnitude > 0 ? largest / magnitude : largest; }
};
Difference compare(proto::DataType type, const std::string &a, const std::string &b);

/// Reads a kernel from protobuf text.
Result<proto::Kernel> readKernel(const std::string &path);

/// Paths of the NAME.textproto of a folder, sorted.
std::vector<std::string> kernelFiles(const std::string &folder);

/// The kernel with the schedule that judges others: `plain`, on the processor even if the kernel's target is a GPU.
proto::Kernel plainOnHost(const proto::Kernel &kernel);

/// Runs the kernel with its schedule on dense inputs; dense outputs. An output that was written out of bounds is an
/// error.
Result<std::vector<std::string>> runDense(const proto::Kernel &kernel, const std::vector<std::string> &inputs,
                                          const Symbols &symbols);

} // namespace convoy::dev
