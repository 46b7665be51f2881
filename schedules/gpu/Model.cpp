#include "schedules/gpu/Model.h"
#include "schedules/core/emit/device/Capabilities.h"

#include <algorithm>
#include <cmath>

namespace convoy::schedules::gpu {

namespace {

/// Threads of a multiprocessor that hide the latency of memory when all of them load.
constexpr double hidingThreads = 1024;
constexpr double hidingWarpsPerLane = 8;

} // namespace

Device deviceOf(const proto::Target &target) {
  const Capability &found = nearestCapability(target.gpu().capability());
  Device device{};
  device.multiprocessors = std::max(1, target.gpu().multiprocessors());
  device.registers = target.gpu().registers() > 0 ? target.gpu().registers() : registersOfMultiprocessor;
  device.sharedBytes = int64_t(found.sharedKilobytes) << 10;
  device.sharedPerBlock = target.gpu().shared_bytes() > 0 ? target.gpu().shared_bytes() : sharedBytesOfBlock;
  device.threads = found.threads;
  device.blocks = found.blocks;
  device.lanes = found.lanes;
  device.gigahertz = found.gigahertz;
  device.gigabytesPerSecond = found.gigabytesPerSecond;
  device.cacheFactor = 3;
  device.l2Bytes = target.gpu().l2_bytes();
  return device;
}

int residentBlocks(const Device &device, const Launch &launch) {
  const int64_t threads = (int64_t(launch.threads) + warp - 1) / warp * warp;
  if (threads > mostThreads || launch.sharedBytes > device.sharedPerBlock)
    return 0;
  int64_t blocks = std::min<int64_t>(device.blocks, device.threads / threads);
  blocks = std::min(blocks, device.registers / (threads * std::max(16, (launch.registers + 7) / 8 * 8)));
  // A kilobyte of each block's belongs to the system.
  blocks = std::min(blocks, device.sharedBytes / (launch.sharedBytes + 1024));
  return int(std::max<int64_t>(0, blocks));
}

double occupancy(const Device &device, const Launch &launch) {
  return double(residentBlocks(device, launch)) * launch.threads / device.threads;
}

double microseconds(const Device &device, const Launch &launch, const Work &work) {
  const int resident = residentBlocks(device, launch);
  if (resident == 0)
    return 1e9;
  const double atOnce = double(resident) * device.multiprocessors;
  const double waves = std::ceil(launch.blocks / atOnce);
  // The last wave may leave multiprocessors without work; a lone block per multiprocessor hides little latency.
  const double share = launch.blocks / (waves * atOnce);
  const double threads = std::min(launch.blocks / device.multiprocessors, double(resident)) * launch.threads;
  const double hidden = std::min(1.0, threads * launch.loads / hidingThreads);
  const double busy = std::min(1.0, launch.blocks / device.multiprocessors);
  const double issued = std::min(1.0, threads / (hidingWarpsPerLane * warp)) * busy;
  const double spread = waves > 1 ? share : 1;
  const double arithmetic =
      work.multiplyAdds / (device.lanes * device.multiprocessors * device.gigahertz * issued * spread * 1e3);
  const double bandwidth = device.gigabytesPerSecond * 1e3; // Bytes per microsecond.
  const double memory = work.memoryBytes / (bandwidth * hidden);
  const double cache = work.cacheBytes / (bandwidth * device.cacheFactor * hidden);
  return launchMicroseconds + std::max(arithmetic, memory + cache);
}

} // namespace convoy::schedules::gpu
