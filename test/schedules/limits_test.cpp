#include "schedules/limits/Limits.h"
#include "test/schedules/conv/ConvKernels.h"

#include <algorithm>
#include <gtest/gtest.h>

namespace convoy::test {

/// What the limits of a pointwise layer say of its sums; empty: nothing.
static std::string reasonOfSums(ConvSpec spec) {
  spec.target = "x86-64-linux-avx-avx2-avx512-avx512_skylake-avx512_cannonlake-avx512_zen4-f16c-fma-sse41";
  spec.window = {1, 1}, spec.pads = {0, 0, 0, 0}, spec.extents = {14, 14};
  auto kernel = convKernel(spec);
  if (!kernel)
    return kernel.error();
  for (const std::string &reason : schedules::limitsOf(*kernel).reasons)
    if (reason.starts_with("sums of"))
      return reason;
  return {};
}

static ConvSpec layer(int64_t in, proto::DataType type, const std::string &activation = "relu") {
  ConvSpec spec;
  spec.in = in, spec.out = 32, spec.type = type, spec.activation = activation;
  return spec;
}

TEST(Limits, OperationsBehindSumsOfFloats) {
  EXPECT_EQ(reasonOfSums(layer(8, proto::F32)), "sums of 8 steps, then 1 operation and a store a vector");
  EXPECT_EQ(reasonOfSums(layer(8, proto::F32, "")), "");
  EXPECT_EQ(reasonOfSums(layer(64, proto::F32)), "");
  ConvSpec residual = layer(16, proto::F32);
  residual.residual = true; // Read, added and bounded.
  EXPECT_EQ(reasonOfSums(residual), "sums of 16 steps, then 3 operations and a store a vector");
}

/// Four bytes are one step.
TEST(Limits, OperationsBehindSumsOfBytes) {
  ConvSpec bytes = layer(64, proto::U8, "");
  bytes.scaled = "requantize";
  EXPECT_EQ(reasonOfSums(bytes), "sums of 16 steps, then 7 operations and a store a vector");
  bytes.in = 256;
  EXPECT_EQ(reasonOfSums(bytes), "");
  ConvSpec residual = layer(256, proto::U8);
  residual.scaled = "quantize", residual.residual = true;
  EXPECT_EQ(reasonOfSums(residual), "sums of 64 steps, then 19 operations and a store a vector");
  residual.residual = false;
  EXPECT_EQ(reasonOfSums(residual), "sums of 64 steps, then 13 operations and a store a vector");
  residual.in = 1024;
  EXPECT_EQ(reasonOfSums(residual), "");
}

} // namespace convoy::test
