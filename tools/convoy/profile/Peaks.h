#pragma once

#include <convoy/runtime.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

namespace convoy::tools {

/// Operations a second (a multiply-add is two) that `threads` threads of this machine reach at once out of registers,
/// with the widest instructions that it has for the type of the factors: f32, bf16, or bytes (i8, u8). Types without
/// instructions of their own count as f32. Takes some 50 ms.
double measureArithmetic(int threads, convoy_type type);

/// The vectors that were used: "AVX-512", ...
const char *peakVectors();

/// Bytes a second; of a copy, those read and those written.
struct Bandwidth {
  double read = 0, write = 0, copy = 0;

  /// As much is copied as can be, the rest read or written.
  double seconds(double bytesRead, double bytesWritten) const {
    double both = std::min(bytesRead, bytesWritten);
    return 2 * both / copy + (bytesRead - both) / read + (bytesWritten - both) / write;
  }
};

/// What `threads` threads reach at once when each goes over `bytes` of its own again and again.
Bandwidth measureBandwidth(int threads, int64_t bytes);

/// Seconds of a launch that does nothing, and of one that hands two empty tasks to each thread, as `bench` times them.
struct HandOver {
  double launch = 0, loop = 0;
};
HandOver measureHandOver(int threads);

enum Level { InL2, InL3, InMemory };

/// What this machine can do at most, measured in this process.
struct Peaks {
  int threads = 1;
  double f32 = 0, bf16 = 0, bytes = 0; ///< Operations a second by type of the factors.
  std::array<Bandwidth, 3> levels;     ///< By Level.
  int64_t l2Bytes = 0, l3Bytes = 0;    ///< L2: of one core.
  HandOver handOver;

  double operations(convoy_type type) const;
};

/// Takes some half second.
Peaks measurePeaks(int threads);

/// "1 thread: 230 GFLOP/s in f32, ...", for the foot of a table.
std::string describe(const Peaks &peaks);

} // namespace convoy::tools
