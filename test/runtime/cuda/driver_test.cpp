/// Machines without a usable driver: nothing is loaded until something usable is.
#include "test/runtime/cuda/Device.h"

namespace {

void expectRefused(const Standin &standin, const std::string &part) {
  standinReset(&standin);
  Device device;
  EXPECT_EQ(device.status, CONVOY_NO_DEVICE);
  expectPart(device.error.message, part);
  int32_t count = 7;
  EXPECT_EQ(convoy_cuda_count(&count, nullptr), CONVOY_NO_DEVICE);
  EXPECT_EQ(count, 0);
}

TEST(Driver, TellsWhyThereIsNoDevice) {
  expectRefused({.devices = 0}, "the NVIDIA driver finds no GPU on this machine");
  expectRefused({.version = 11030}, "it is for CUDA 11.3; Convoy needs one for CUDA 11.4 or newer");
  expectRefused({.initResult = 803}, "the NVIDIA driver doesn't start: unknown error");
  Standin good;
  standinReset(&good);
  Device device;
  EXPECT_EQ(device.status, CONVOY_OK) << device.error.message;
}

} // namespace
