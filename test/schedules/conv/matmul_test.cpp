#include "test/schedules/conv/MatmulKernels.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>

namespace convoy::test {

static void expectProduct(const MatmulSpec &spec) { expectProduct(spec, "matmul_tiled", 3); }

TEST(MatmulTiled, FullyConnected) {
  expectProduct({{1, 64}, {64, 1000}});
  expectProduct({{5, 40}, {40, 10}});
  expectProduct({{33, 70}, {50, 70}, false, true});
}

TEST(MatmulTiled, RowsOfAnImage) { expectProduct({{2, 7, 9, 24}, {24, 96}}); }

TEST(MatmulTiled, Batched) {
  expectProduct({{2, 3, 20, 32}, {2, 3, 32, 36}, false, false, false});
  expectProduct({{2, 3, 20, 32}, {2, 3, 36, 32}, false, true, false});
  expectProduct({{4, 6, 5}, {4, 5, 7}, false, false, false});
  expectProduct({{4, 6, 5}, {4, 7, 5}, false, true, false});
  expectProduct({{4, 6, 5}, {1, 6, 40}, true, false, false});
}

TEST(MatmulTiled, SymbolicRows) {
  for (int64_t rows : {1, 13, 40})
    expectProduct({{rows, 48}, {48, 64}, false, false, true, true});
}

TEST(MatmulTiled, Integers) {
  for (proto::DataType type : {proto::U8, proto::I8}) {
    auto expect = [&](MatmulSpec spec) {
      spec.type = type;
      expectProduct(spec);
    };
    expect({{1, 64}, {64, 1000}});
    expect({{5, 40}, {40, 10}});
    expect({{9, 22}, {22, 48}}); // No whole number of groups of four.
    expect({{33, 72}, {50, 72}, false, true});
    expect({{2, 7, 9, 24}, {24, 96}});
    expect({{2, 3, 20, 32}, {2, 3, 32, 36}, false, false, false});
    expect({{13, 48}, {48, 64}, false, false, true, true});
  }
}

TEST(MatmulTiled, HalfFloats) {
  auto expect = [&](MatmulSpec spec) {
    spec.type = proto::BF16;
    expectProduct(spec);
  };
  expect({{1, 64}, {64, 1000}});
  expect({{9, 23}, {23, 48}});
  expect({{33, 72}, {50, 72}, false, true});
  expect({{2, 3, 20, 32}, {2, 3, 32, 36}, false, false, false});
}

} // namespace convoy::test
