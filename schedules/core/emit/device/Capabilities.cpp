#include "schedules/core/emit/device/Capabilities.h"

using Halide::Target;

namespace convoy::schedules {

const std::vector<Capability> &capabilities() {
  static const std::vector<Capability> known{
      {75, Target::CUDACapability75, 40, 4, 64, 1024, 16, 64, 1.59, 320},
      {80, Target::CUDACapability80, 108, 40, 164, 2048, 32, 64, 1.41, 1555},
      {86, Target::CUDACapability86, 72, 6, 100, 1536, 16, 128, 1.70, 600},
      {89, Target::CUDACapability86, 58, 48, 100, 1536, 24, 128, 2.04, 300},
      {90, Target::CUDACapability86, 132, 50, 228, 2048, 32, 128, 1.75, 3350},
      {100, Target::CUDACapability86, 148, 126, 228, 2048, 32, 128, 1.85, 8000},
      {120, Target::CUDACapability86, 170, 96, 100, 1536, 24, 128, 2.41, 1792},
  };
  return known;
}

const Capability *findCapability(int number) {
  for (const Capability &capability : capabilities())
    if (capability.number == number)
      return &capability;
  return nullptr;
}

const Capability &nearestCapability(int number) {
  const Capability *found = &capabilities().front();
  for (const Capability &capability : capabilities())
    if (capability.number <= number)
      found = &capability;
  return *found;
}

std::string knownCapabilities() {
  std::string text;
  for (const Capability &capability : capabilities())
    text += (text.empty() ? "sm_" : ", sm_") + std::to_string(capability.number);
  return text;
}

} // namespace convoy::schedules
