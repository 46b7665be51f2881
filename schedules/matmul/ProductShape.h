#pragma once

#include "schedules/kernel.pb.h"

#include <cstdint>

namespace convoy::schedules {

/// A matrix product op with its extents; -1 stands for a symbol.
struct ProductShape {
  static constexpr int64_t symbolicExtent = 420; ///< What models assume of a symbol.

  int rank = 0;
  int lhs = -1, rhs = -1;          ///< Positions in Kernel.tensors.
  int lhsRow = 0, lhsDepth = 0;    ///< Dimensions of lhs.
  int rhsColumn = 0, rhsDepth = 0; ///< Dimensions of rhs.
  int64_t rows = 0, columns = 0, depth = 0;
  int64_t images = 1, outer = 1; ///< Extent of the dimension before the rows; product of those before it.
};

/// Reads the anchor of the kernel, which must be a matrix product.
ProductShape productShape(const proto::Kernel &kernel);

} // namespace convoy::schedules
