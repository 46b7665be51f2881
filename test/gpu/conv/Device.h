#pragma once

#include "test/schedules/conv/Runs.h"

namespace convoy::test {

/// As `expectRight`, on an OpenCL device; skips the test aloud where there is none. No tensor of a GPU has a halo.
void expectRightOnDevice(ConvSpec spec, const std::string &wantedTemplate, unsigned seed = 1);

/// As `expectExact`, the same way.
void expectExactOnDevice(ConvSpec spec, const std::string &wantedTemplate, unsigned seed = 1);

/// Why there is no device; empty if there is one.
std::string deviceMissing();

} // namespace convoy::test
