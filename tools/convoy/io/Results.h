#pragma once

#include "tools/convoy/io/Module.h"

#include <cstddef>

namespace convoy::tools {

/// The elements of a dense tensor as numbers.
std::vector<double> numbersOf(const convoy_tensor &tensor);

/// A class and how sure the network is of it.
struct Guess {
  size_t index;
  double probability;
};

/// The `count` likeliest classes of one picture's output (1 x classes, extents of 1 aside). Numbers that are no
/// probabilities go through softmax. Nothing if the tensor is none such.
std::vector<Guess> likeliest(const convoy_tensor &output, size_t count);

/// How far a tensor is from what it should be.
struct Difference {
  double largest = 0;  ///< largest absolute difference
  double relative = 0; ///< the same, relative to the largest expected magnitude
  size_t index = 0;    ///< where
};

/// An error if type or dimensions differ. NaN equals NaN alone.
Result<Difference> compare(const convoy_tensor &actual, const convoy_tensor &expected);

/// "f32 1x1000, from -3.1 to 12.4, mean 0.02".
std::string summarise(const convoy_tensor &tensor);

} // namespace convoy::tools
