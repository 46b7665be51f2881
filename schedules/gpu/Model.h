#pragma once

#include "schedules/kernel.pb.h"

#include <cstdint>

namespace convoy::schedules::gpu {

/// What the estimates of templates need to know of a device, from its capability and Target.gpu.
struct Device {
  int multiprocessors;
  int64_t registers;      ///< Of a multiprocessor.
  int64_t sharedBytes;    ///< Of a multiprocessor.
  int64_t sharedPerBlock; ///< That one block may use.
  int threads;            ///< Resident on a multiprocessor.
  int blocks;             ///< Resident on a multiprocessor.
  int lanes;              ///< Multiply-adds of floats that a multiprocessor starts per cycle.
  double gigahertz;
  double gigabytesPerSecond; ///< From and to memory.
  double cacheFactor;        ///< How much faster the L2 cache is.
  int64_t l2Bytes;
};
Device deviceOf(const proto::Target &target);

/// Limits of a launch that hold for every device.
constexpr int warp = 32;
constexpr int mostThreads = 1024;        ///< Of a block.
constexpr double launchMicroseconds = 2; ///< Of a launch that has nothing to do.
constexpr int64_t mostRows = 65535;      ///< Blocks along y and z; along x there are 2^31 - 1.

/// How a kernel is launched.
struct Launch {
  double blocks = 1;
  int threads = 256;       ///< Of a block.
  double loads = 1;        ///< Elements that a thread loads before it waits for the first.
  int registers = 32;      ///< Of a thread.
  int64_t sharedBytes = 0; ///< Of a block.
};
/// Blocks of the launch that a multiprocessor keeps resident at once; 0 if one does not fit.
int residentBlocks(const Device &device, const Launch &launch);
/// Threads that are resident, as a share of what fits.
double occupancy(const Device &device, const Launch &launch);

/// What a launch does.
struct Work {
  double multiplyAdds = 0; ///< Arithmetic instructions, each of one lane.
  double memoryBytes = 0;  ///< From and to memory.
  double cacheBytes = 0;   ///< Through L2 beside that: data that is read again.
};
/// Microseconds of the kernel on the device: start, and the slower of arithmetic and memory, with as many
/// multiprocessors and as much latency hidden as the launch has threads for.
double microseconds(const Device &device, const Launch &launch, const Work &work);

} // namespace convoy::schedules::gpu
