/// What goes wrong: each has a message, nothing hangs, nothing is left.
#include "test/runtime/cuda/Device.h"

#include <set>

namespace {

TEST_F(Cuda, RefusesADeviceThatIsNotThere) {
  Device device(1);
  EXPECT_EQ(device.status, CONVOY_NO_DEVICE);
  EXPECT_EQ(device.handle, nullptr);
  EXPECT_STREQ(device.error.message, "there is no CUDA device 1: this machine has 1, counted from 0");
}

TEST_F(Cuda, RefusesADeviceModuleWithoutABackend) {
  Device none(5);
  Session session(device_module, none);
  EXPECT_EQ(session.status, CONVOY_NO_DEVICE);
  expectPart(session.error.message, "hand was compiled for a CUDA device: open one (convoy/cuda.h)");
}

TEST_F(Cuda, RefusesABackendOfAnotherSizeOrKind) {
  Device device;
  convoy_backend other = *convoy_cuda_backend(device.handle);
  convoy_session_options options = {};
  options.size = sizeof options;
  options.backend = &other;
  convoy_session *session = nullptr;
  convoy_error error = {};
  other.size = 8;
  EXPECT_EQ(convoy_session_create(&device_module, &options, &session, &error), CONVOY_WRONG_ABI);
  other = *convoy_cuda_backend(device.handle);
  other.device = static_cast<convoy_device>(7);
  EXPECT_EQ(convoy_session_create(&device_module, &options, &session, &error), CONVOY_NO_DEVICE);
}

TEST_F(Cuda, RefusesTheCallersArena) {
  alignas(64) static unsigned char arena[64];
  Device device;
  convoy_session_options options = {};
  options.arena = arena;
  options.arena_bytes = sizeof arena;
  Session session(device_module, device, options);
  EXPECT_EQ(session.status, CONVOY_INVALID_ARGUMENT);
}

TEST_F(Cuda, RefusesAnOlderDevice) {
  begin({.capability = 75});
  Device device;
  Session session(device_module, device);
  EXPECT_EQ(session.status, CONVOY_NO_DEVICE);
  EXPECT_STREQ(session.error.message, "hand: it was compiled for GPUs of capability 8.0 or newer, CUDA device 0 "
                                      "(Stand-in 0) has 7.5: compile it for those or older ones (--target=cuda-sm_NN)");
}

TEST_F(Cuda, TellsHowMuchMemoryIsMissing) {
  begin({.memory = 2000});
  Device device;
  Session session(device_module, device);
  ASSERT_EQ(session.status, CONVOY_OK) << session.error.message;
  EXPECT_EQ(runOnce(session, 100), CONVOY_OUT_OF_MEMORY);
  EXPECT_STREQ(session.error.message, "hand: CUDA device 0 (Stand-in 0) has too little memory: 3200 bytes are needed "
                                      "for the arena, 1616 of its 2000 bytes are free");
  expectRightResult(session, 5); // smaller inputs still fit
  convoy_module large = device_module;
  large.device_scratch_bytes = 5000;
  Session other(large, device);
  EXPECT_EQ(other.status, CONVOY_OUT_OF_MEMORY);
  expectPart(other.error.message, "5000 bytes are needed for scratch");
}

TEST_F(Cuda, TellsHowMuchPinnedMemoryIsMissing) {
  begin({.pinned = 1000});
  Device device;
  Session session(device_module, device);
  EXPECT_EQ(runOnce(session, 100), CONVOY_OUT_OF_MEMORY);
  expectPart(session.error.message, "the host has too little memory that devices reach");
}

TEST_F(Cuda, TellsTheDriversLog) {
  Device device;
  Session session(device_module_no_code, device);
  EXPECT_EQ(runOnce(session, 2), CONVOY_DEVICE_FAILED);
  expectPart(session.error.message, "hand: layer 'add': CUDA device 0 (Stand-in 0): cuModuleLoadDataEx: "
                                    "CUDA_ERROR_INVALID_PTX (the driver has no words for it)\nline 1: Missing");
}

TEST_F(Cuda, NamesAMissingKernelsLayer) {
  Device device;
  Session session(device_module_no_entry, device);
  EXPECT_EQ(runOnce(session, 2), CONVOY_DEVICE_FAILED);
  expectPart(session.error.message, "layer 'add'");
  expectPart(session.error.message, "cuModuleGetFunction: CUDA_ERROR_NOT_FOUND");
}

TEST_F(Cuda, RefusesMoreSharedMemoryThanThereIs) {
  Device device;
  Session session(device_module_greedy, device);
  EXPECT_EQ(runOnce(session, 2), CONVOY_KERNEL_FAILED);
  expectPart(session.error.message, "layer 'add': kernel plus_one needs 204800 bytes of shared memory a block");
}

TEST_F(Cuda, RefusesLargerGridsThanThereAre) {
  Device device;
  Session session(device_module_wide, device);
  EXPECT_EQ(runOnce(session, 2), CONVOY_KERNEL_FAILED);
  expectPart(session.error.message, "layer 'add': kernel plus_one wants 1x70000x1 blocks");
}

TEST_F(Cuda, WaitsForWhatAFailedPrepareBegan) {
  convoy_module broken = device_module;
  broken.prepare = [](convoy_context *context, void *prepared) {
    EXPECT_EQ(device_module.prepare(context, prepared), CONVOY_OK);
    context->error(context, "another layer failed");
    return CONVOY_KERNEL_FAILED;
  };
  Device device;
  Session session(broken, device);
  EXPECT_EQ(session.status, CONVOY_KERNEL_FAILED);
  EXPECT_STREQ(session.error.message, "hand: another layer failed");
  long launch = 0, wait = 0, unload = 0;
  for (long i = 0; i < standinCalls(); ++i) {
    std::string name = standinCall(i);
    (name == "cuLaunchKernel" ? launch : name == "cuStreamSynchronize" ? wait : unload) = i;
    if (name == "cuModuleUnload")
      break;
  }
  EXPECT_LT(0, launch);
  EXPECT_LT(launch, wait);
  EXPECT_LT(wait, unload);
}

TEST_F(Cuda, ALostDeviceStaysLost) {
  Device device;
  Session session(device_module, device), faulty(device_module_faulty, device);
  expectRightResult(session, 2);
  EXPECT_EQ(runOnce(faulty, 2), CONVOY_DEVICE_FAILED);
  expectPart(faulty.error.message, "CUDA_ERROR_ILLEGAL_ADDRESS");
  expectPart(faulty.error.message, "CONVOY_CUDA_BLOCKING=1 in the environment tells in which layer");
  EXPECT_EQ(runOnce(faulty, 2), CONVOY_DEVICE_FAILED);
  expectPart(faulty.error.message, "the session failed before");
  long calls = standinCalls();
  EXPECT_EQ(runOnce(session, 2), CONVOY_DEVICE_FAILED);
  expectPart(session.error.message,
             "hand: CUDA device 0 (Stand-in 0) was lost: cuStreamSynchronize: CUDA_ERROR_ILLEGAL");
  EXPECT_EQ(standinCalls(), calls); // the device is left alone
  Session later(device_module, device);
  EXPECT_EQ(later.status, CONVOY_DEVICE_FAILED);
}

/// Opens, runs twice, grows, runs in other ways, closes; the first message of what failed, "" if nothing did.
std::string scenario(const convoy_module &module, bool profile) {
  Device device;
  if (device.status)
    return device.error.message;
  convoy_session_options options = {};
  options.profile = profile;
  Session session(module, device, options);
  if (session.status)
    return session.error.message;
  for (int64_t rows : {2, 2, 30})
    if (runOnce(session, rows))
      return session.error.message;
  void *memory = nullptr;
  float number = 1;
  convoy_error error = {};
  if (convoy_cuda_allocate(device.handle, 4, &memory, &error) ||
      convoy_cuda_write(device.handle, memory, &number, 4, &error) ||
      convoy_cuda_read(device.handle, &number, memory, 4, &error)) {
    convoy_cuda_free(device.handle, memory);
    return error.message;
  }
  convoy_cuda_free(device.handle, memory);
  return "";
}

/// Calls whose failure nobody needs to hear of: what they end is over, or a missing time is no missing result.
const std::set<std::string> silent = {"cuCtxPopCurrent_v2", "cuMemFree_v2",       "cuMemFreeHost",
                                      "cuModuleUnload",     "cuStreamDestroy_v2", "cuGraphDestroy",
                                      "cuEventDestroy_v2",  "cuGraphExecDestroy", "cuDevicePrimaryCtxRelease_v2",
                                      "cuEventRecord"};

void failEachCall(const convoy_module &module, bool profile, int code, bool lose) {
  Standin standin;
  standinReset(&standin);
  ASSERT_EQ(scenario(module, profile), "");
  long calls = standinCalls();
  ASSERT_GT(calls, 40);
  for (long n = 1; n <= calls; ++n) {
    standinReset(&standin);
    standinFail(n, code, lose);
    std::string message = scenario(module, profile), name = standinCall(n - 1);
    SCOPED_TRACE("call " + std::to_string(n) + " of " + std::to_string(calls) + ", " + name + ": " + message);
    bool closes = name == "cuCtxPushCurrent_v2" && message.empty();
    EXPECT_TRUE(!message.empty() || closes || silent.count(name));
    EXPECT_STREQ(standinLiving(), "");
    if (!closes) // without a context memory is given back in vain, and that is all that can be done
      EXPECT_STREQ(standinViolations(), "");
    standinReset(&standin);
  }
}

TEST_F(Cuda, EachCallMayFail) {
  for (const convoy_module *module : {&device_module, &device_module_on_host})
    for (bool profile : {false, true})
      failEachCall(*module, profile, 1, false);
}

TEST_F(Cuda, EachCallMayFindTooLittleMemory) { failEachCall(device_module, false, 2, false); }

TEST_F(Cuda, EachCallMayLoseTheDevice) {
  for (const convoy_module *module : {&device_module, &device_module_on_host})
    failEachCall(*module, false, 700, true);
}

} // namespace
