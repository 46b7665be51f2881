#pragma once

#include "test/schedules/conv/ConvKernels.h"

namespace convoy::test {

/// The distinct convolutions of test/perf/kernels/NETWORK.layers, without halo; none if there is no such file.
std::vector<ConvSpec> layersOf(const std::string &network, const std::string &target);

} // namespace convoy::test
