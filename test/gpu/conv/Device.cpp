#include "test/gpu/conv/Device.h"

#include <gtest/gtest.h>

namespace convoy::test {

std::string deviceMissing() {
  static const std::string missing = [] {
    ConvSpec smallest;
    smallest.in = smallest.out = 4, smallest.extents = {2, 2}, smallest.halo = false, smallest.target = "opencl";
    auto kernel = convKernel(smallest);
    if (!kernel)
      return kernel.error();
    auto loaded = schedules::load(*kernel);
    return loaded ? std::string() : loaded.error();
  }();
  return missing;
}

void expectRightOnDevice(ConvSpec spec, const std::string &wantedTemplate, unsigned seed) {
  if (!deviceMissing().empty())
    GTEST_SKIP() << deviceMissing();
  spec.target = "opencl";
  spec.halo = false;
  expectRight(spec, wantedTemplate, seed);
}

void expectExactOnDevice(ConvSpec spec, const std::string &wantedTemplate, unsigned seed) {
  if (!deviceMissing().empty())
    GTEST_SKIP() << deviceMissing();
  spec.target = "opencl";
  spec.halo = false;
  expectExact(spec, wantedTemplate, seed);
}

} // namespace convoy::test
