#include "runtime/ops/ops.h"

#include <gtest/gtest.h>
#include <numeric>
#include <random>
#include <vector>

#if defined(__x86_64__)

namespace {

using Function = int32_t (*)(uint8_t *, const uint8_t *, int64_t, const uint8_t *);

/// Looks up counts around the lengths of vectors, from odd addresses; what surrounds the results stays.
void check(Function function) {
  std::mt19937 random(7);
  std::vector<uint8_t> table(256), index(700);
  for (uint8_t &entry : table)
    entry = uint8_t(random());
  std::iota(index.begin(), index.end(), uint8_t(0));
  for (int64_t count : {0, 1, 16, 31, 32, 33, 63, 64, 65, 448, 699}) {
    std::vector<uint8_t> result(size_t(count) + 2, 77);
    EXPECT_EQ(function(result.data() + 1, index.data() + 1, count, table.data()), 0);
    EXPECT_EQ(result.front(), 77);
    EXPECT_EQ(result.back(), 77);
    for (int64_t i = 0; i < count; ++i)
      ASSERT_EQ(result[size_t(i) + 1], table[index[size_t(i) + 1]]) << i << " of " << count;
  }
}

TEST(Lookup, Avx2) {
  if (!__builtin_cpu_supports("avx2"))
    GTEST_SKIP() << "this processor has no AVX2";
  check(convoy_look_up_avx2);
}

TEST(Lookup, Vbmi) {
  if (!__builtin_cpu_supports("avx512vbmi"))
    GTEST_SKIP() << "this processor has no AVX-512 VBMI";
  check(convoy_look_up_vbmi);
}

} // namespace

#endif
