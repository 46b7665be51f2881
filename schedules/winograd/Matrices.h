#pragma once

#include <Halide.h>

#include <vector>

namespace convoy::schedules {

using Matrix = std::vector<std::vector<double>>;

/// The transforms of F(m, 3): results of m outputs from m + 2 inputs through m + 2 products. After Lavin and Gray,
/// "Fast algorithms for convolutional neural networks", 2015; their fractions stand in the input's matrix here, where
/// they cost nothing, so that weights are transformed by few additions.
struct Winograd {
  int outputs;   ///< m.
  int points;    ///< m + 2.
  Matrix input;  ///< points x points.
  Matrix weight; ///< points x 3.
  Matrix output; ///< m x points.
};

/// `outputs` is 2 or 4.
const Winograd &winograd(int outputs);

/// Row `row` of an input's or a weight's matrix times a vector. Rows that differ in the sign of their odd elements have
/// both partial sums in common.
Halide::Expr rowTimes(const std::vector<double> &row, const std::vector<Halide::Expr> &vector);

/// Row `row` of an output's matrix times a vector. Rows have sums and differences of the elements 1 and 2, 3 and 4 in
/// common.
Halide::Expr outputRowTimes(const std::vector<double> &row, const std::vector<Halide::Expr> &vector);

} // namespace convoy::schedules
