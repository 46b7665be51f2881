#pragma once

#include <Halide.h>

#include <string>
#include <vector>

namespace convoy::schedules {

/// A capability that kernels are made for, by the usual device that has it: T4, A100, A10, L4, H100, B200, RTX 5090.
struct Capability {
  int number;                   ///< 80 of sm_80.
  Halide::Target::Feature code; ///< The newest that Halide generates code for at or below it.
  int multiprocessors;
  int64_t l2Megabytes;
  // Of a multiprocessor, from the CUDA programming guide's table of capabilities:
  int sharedKilobytes;
  int threads, blocks; ///< Resident at once.
  int lanes;           ///< Multiply-adds of floats that it starts per cycle.
  double gigahertz, gigabytesPerSecond;
};

/// In rising order.
const std::vector<Capability> &capabilities();
/// The one of that number; none if kernels are not made for it.
const Capability *findCapability(int number);
/// The newest at or below it, else the oldest.
const Capability &nearestCapability(int number);
/// "sm_75, sm_80, ..."
std::string knownCapabilities();

/// What every device has: shared memory that a block gets without asking the driver for more, and registers of a
/// multiprocessor.
constexpr int64_t sharedBytesOfBlock = 48 << 10;
constexpr int registersOfMultiprocessor = 65536;

} // namespace convoy::schedules
