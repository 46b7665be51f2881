#pragma once

#include "compiler/Weights/DataTypes.h"
#include "schedules/kernel.pb.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace convoy::compiler {

/// A tensor of the evaluator: dense, row-major. Copies share the bytes, which don't change once made.
struct HostValue {
  proto::DataType type = proto::DATA_TYPE_UNSPECIFIED;
  llvm::SmallVector<int64_t, 6> dims;
  std::shared_ptr<const void> owner; ///< Keeps `data` alive; null where somebody else does.
  const char *data = nullptr;

  int64_t elements() const;
  int64_t bytes() const;

  /// A new value and the bytes to fill.
  static std::pair<HostValue, char *> make(proto::DataType type, llvm::ArrayRef<int64_t> dims);

  /// The same bytes under another shape.
  HostValue reshaped(llvm::ArrayRef<int64_t> newDims) const;
};

/// The value's bytes as `layout` allocates them; surroundings and the rest of the last block are zeros.
std::vector<char> layOut(const HostValue &value, const proto::Layout &layout);

} // namespace convoy::compiler
