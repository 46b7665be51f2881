#include "schedules/core/emit/Targets.h"
#include "schedules/core/Schedules.h"
#include "schedules/core/emit/Guard.h"

#include <algorithm>
#include <fstream>
#include <thread>
#include <unistd.h>

using namespace Halide;

namespace convoy::schedules {

namespace {

int64_t cacheFromSystem(int level) {
  static const int names[] = {_SC_LEVEL1_DCACHE_SIZE, _SC_LEVEL2_CACHE_SIZE, _SC_LEVEL3_CACHE_SIZE};
  long size = sysconf(names[level - 1]);
  return size > 0 ? size : 0;
}

/// Size of the data cache of a level, from sysfs (`32768K`, `1M`), else from the C library.
int64_t cacheBytes(int level) {
  for (int index = 0; index < 8; ++index) {
    const std::string folder = "/sys/devices/system/cpu/cpu0/cache/index" + std::to_string(index);
    std::ifstream levelFile(folder + "/level"), typeFile(folder + "/type"), sizeFile(folder + "/size");
    int found = 0;
    int64_t size = 0;
    std::string type, unit;
    if (!(levelFile >> found) || !(typeFile >> type) || !(sizeFile >> size))
      break;
    sizeFile >> unit;
    if (found == level && type != "Instruction")
      return size * (unit == "M" ? 1 << 20 : unit == "K" ? 1 << 10 : 1);
  }
  return cacheFromSystem(level);
}

void fillSizes(proto::Target &target) {
  auto orDefault = [](int64_t size, int64_t otherwise) { return size > 0 ? size : otherwise; };
  target.set_cores(std::max(1u, std::thread::hardware_concurrency()));
  target.set_l1_bytes(orDefault(cacheBytes(1), 32 << 10));
  target.set_l2_bytes(orDefault(cacheBytes(2), 512 << 10));
  target.set_l3_bytes(orDefault(cacheBytes(3), 8 << 20));
}

} // namespace

proto::Target hostTarget() {
  proto::Target target;
  target.set_halide(get_host_target().to_string());
  fillSizes(target);
  return target;
}

Result<proto::Target> parseTarget(const std::string &text) {
  if (text.empty() || text == "host")
    return hostTarget();
  if (std::optional<Result<proto::Target>> gpu = parseGpuTarget(text, hostTarget()))
    return *gpu;
  return guarded([&]() -> Result<proto::Target> {
    if (!Target::validate_target_string(text))
      return Error{"'" + text + "' is no Halide target (example: x86-64-linux-avx2-fma), nor cuda, cuda-sm_NN"};
    Target parsed(text);
    if (parsed.bits != 64 || parsed.os == Target::OSUnknown || parsed.arch == Target::ArchUnknown)
      return Error{"'" + text + "' must name a 64-bit architecture and an operating system"};
    proto::Target target;
    target.set_halide(parsed.to_string());
    fillSizes(target);
    if (parsed.arch != get_host_target().arch) {
      target.set_cores(4);
      target.set_l1_bytes(32 << 10);
      target.set_l2_bytes(512 << 10);
      target.set_l3_bytes(2 << 20);
    }
    if (parsed.has_gpu_feature()) {
      Result<proto::Gpu> gpu = gpuOf(parsed);
      if (!gpu)
        return Error{gpu.error()};
      *target.mutable_gpu() = *gpu;
    }
    return target;
  });
}

Target kernelTarget(const proto::Kernel &kernel) {
  Target target = kernel.target().halide().empty() ? get_host_target() : Target(kernel.target().halide());
  for (Target::Feature feature : {Target::NoRuntime, Target::UserContext, Target::NoAsserts, Target::NoBoundsQuery})
    target.set_feature(feature);
  return target;
}

Target processTarget(const proto::Kernel &kernel) {
  const Target host = get_jit_target_from_environment();
  Target target = host;
  if (!kernel.target().halide().empty()) {
    const Target wanted(kernel.target().halide());
    bool runs = wanted.arch == host.arch && wanted.bits == host.bits && wanted.os == host.os;
    if (wanted.has_gpu_feature()) // Whether there is such a device is asked elsewhere.
      return wanted.with_feature(Target::JIT).with_feature(Target::NoAsserts).with_feature(Target::NoBoundsQuery);
    for (int feature = 0; feature < Target::FeatureEnd; ++feature)
      runs = runs && (!wanted.has_feature(Target::Feature(feature)) || host.has_feature(Target::Feature(feature)));
    if (runs)
      target = wanted.with_feature(Target::JIT);
  }
  target.set_feature(Target::NoAsserts);
  target.set_feature(Target::NoBoundsQuery);
  return target;
}

} // namespace convoy::schedules
