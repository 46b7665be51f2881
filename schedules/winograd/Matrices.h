#pragma once

#include <Halide.h>

#include <vector>

namespace convoy::schedules {

using Matrix = std::vector<std::vector<double>>;

/// The transforms of F(m, 3): results of m outputs from m + 2 inputs through m + 2 products. After Lavin and Gray,
/// "Fast algorithms for convolutional neural networks", 2015.
struct Winograd {
  int outputs;   ///< m.
  int points;    ///< m + 2.
  Matrix input;  ///< points x points.
  Matrix weight; ///< points x 3.
  Matrix output; ///< m x points.
};

/// `outputs` is 2 or 4.
const Winograd &winograd(int outputs);

/// Row `row` of a matrix times a vector, zeros and ones left out.
Halide::Expr rowTimes(const std::vector<double> &row, const std::vector<Halide::Expr> &vector);

} // namespace convoy::schedules
