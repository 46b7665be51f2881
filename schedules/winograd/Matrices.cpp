#include "schedules/winograd/Matrices.h"

#include <cmath>

using namespace Halide;

namespace convoy::schedules {

const Winograd &winograd(int outputs) {
  static const Winograd two{2,
                            4,
                            {{1, 0, -1, 0}, {0, 1, 1, 0}, {0, -1, 1, 0}, {0, 1, 0, -1}},
                            {{1, 0, 0}, {.5, .5, .5}, {.5, -.5, .5}, {0, 0, 1}},
                            {{1, 1, 1, 0}, {0, 1, -1, -1}}};
  static const Winograd four{4,
                             6,
                             {{1, 0, -5. / 4, 0, 1. / 4, 0},
                              {0, 4. / 6, 4. / 6, -1. / 6, -1. / 6, 0},
                              {0, -4. / 6, 4. / 6, 1. / 6, -1. / 6, 0},
                              {0, -2. / 24, -1. / 24, 2. / 24, 1. / 24, 0},
                              {0, 2. / 24, -1. / 24, -2. / 24, 1. / 24, 0},
                              {0, 4, 0, -5, 0, 1}},
                             {{1, 0, 0}, {1, 1, 1}, {1, -1, 1}, {1, 2, 4}, {1, -2, 4}, {0, 0, 1}},
                             {{1, 1, 1, 1, 1, 0}, {0, 1, -1, 2, -2, 0}, {0, 1, 1, 4, 4, 0}, {0, 1, -1, 8, -8, 1}}};
  return outputs == 2 ? two : four;
}

namespace {

/// Adds `factor` times `value` to a sum that may be empty yet.
void add(Expr &sum, double factor, const Expr &value) {
  const double size = std::abs(factor);
  Expr term = size == 1 ? value : value * float(size);
  if (!sum.defined())
    sum = factor < 0 ? value * float(factor) : term;
  else
    sum = factor < 0 ? sum - term : sum + term;
}

} // namespace

Expr rowTimes(const std::vector<double> &row, const std::vector<Expr> &vector) {
  Expr sums[2];
  double sign[2] = {1, 0}; // The odd sum begins with a positive factor, whatever the row's sign.
  for (size_t i = 0; i < row.size(); ++i) {
    if (row[i] == 0)
      continue;
    if (i % 2 == 1 && sign[1] == 0)
      sign[1] = row[i] < 0 ? -1 : 1;
    add(sums[i % 2], row[i] * sign[i % 2], vector[i]);
  }
  if (sums[1].defined())
    add(sums[0], sign[1], sums[1]);
  return sums[0];
}

Expr outputRowTimes(const std::vector<double> &row, const std::vector<Expr> &vector) {
  Expr sum;
  for (size_t i = 0; i < row.size(); ++i) {
    const bool paired = i % 2 == 1 && i + 1 < row.size() && std::abs(row[i]) == std::abs(row[i + 1]);
    if (row[i] == 0)
      continue;
    add(sum, row[i],
        paired ? (row[i] == row[i + 1] ? vector[i] + vector[i + 1] : vector[i] - vector[i + 1]) : vector[i]);
    i += paired;
  }
  return sum;
}

} // namespace convoy::schedules
