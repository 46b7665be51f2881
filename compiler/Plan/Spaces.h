#pragma once

#include "compiler/Plan/Expressions.h"

namespace convoy::compiler {

/// What wants memory of a space while a run goes from step `first` to step `last`, both included.
struct Tenant {
  int number = 0; ///< Of the storage class.
  mlir::AffineExpr bytes;
  int first = 0, last = 0;
};

struct SpacePlan {
  llvm::DenseMap<int, proto::Size> offsets; ///< By the tenants' numbers.
  proto::Size bytes;
};

/// Buffers begin at a multiple of this: on the host, see CONVOY_ALIGNMENT; on a device, what its memory is read in.
constexpr int64_t hostAlignment = 64, deviceAlignment = 256;

/// Static sizes are placed now; symbolic ones share slots whose sizes are known when the module runs.
SpacePlan placeTenants(llvm::ArrayRef<Tenant> tenants, int64_t alignment, ExpressionWriter &expressions);

} // namespace convoy::compiler
