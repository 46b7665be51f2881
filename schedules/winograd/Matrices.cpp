#include "schedules/winograd/Matrices.h"

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
                             {{4, 0, -5, 0, 1, 0},
                              {0, -4, -4, 1, 1, 0},
                              {0, 4, -4, -1, 1, 0},
                              {0, -2, -1, 2, 1, 0},
                              {0, 2, -1, -2, 1, 0},
                              {0, 4, 0, -5, 0, 1}},
                             {{1. / 4, 0, 0},
                              {-1. / 6, -1. / 6, -1. / 6},
                              {-1. / 6, 1. / 6, -1. / 6},
                              {1. / 24, 1. / 12, 1. / 6},
                              {1. / 24, -1. / 12, 1. / 6},
                              {0, 0, 1}},
                             {{1, 1, 1, 1, 1, 0}, {0, 1, -1, 2, -2, 0}, {0, 1, 1, 4, 4, 0}, {0, 1, -1, 8, -8, 1}}};
  return outputs == 2 ? two : four;
}

Expr rowTimes(const std::vector<double> &row, const std::vector<Expr> &vector) {
  Expr sum;
  for (size_t i = 0; i < row.size(); ++i) {
    if (row[i] == 0)
      continue;
    Expr term = row[i] == 1 ? vector[i] : row[i] == -1 ? -vector[i] : vector[i] * float(row[i]);
    sum = sum.defined() ? sum + term : term;
  }
  return sum;
}

} // namespace convoy::schedules
