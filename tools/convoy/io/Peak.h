#pragma once

namespace convoy::tools {

/// Floating-point operations a second (a multiply-add is two) that `threads` threads of this machine reach at once
/// with the widest vectors it has, out of registers. Takes some 50 ms.
double measurePeak(int threads);

/// The vectors that were used: "AVX-512", ...
const char *peakVectors();

} // namespace convoy::tools
