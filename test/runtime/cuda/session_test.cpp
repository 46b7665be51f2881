/// Runs on a device, and what the driver is asked for.
#include "test/runtime/cuda/Device.h"

#include <cstdlib>
#include <thread>

namespace {

TEST_F(Cuda, DescribesTheDevice) {
  begin({.devices = 2, .capability = 86, .memory = 1000000});
  Device device(1);
  ASSERT_EQ(device.status, CONVOY_OK) << device.error.message;
  const convoy_cuda_about *about = convoy_cuda_describe(device.handle);
  EXPECT_STREQ(about->name, "Stand-in 1");
  EXPECT_EQ(about->ordinal, 1);
  EXPECT_EQ(about->capability, 86);
  EXPECT_EQ(about->memory_bytes, 1000000u);
  EXPECT_EQ(about->multiprocessors, 10);
  EXPECT_EQ(about->flops, 10 * 128 * 2 * 1e9);
}

TEST_F(Cuda, RunsAndReplaysOneGraph) {
  Device device;
  Session session(device_module, device);
  ASSERT_EQ(session.status, CONVOY_OK) << session.error.message;
  for (int i = 0; i < 5; ++i)
    expectRightResult(session, 7);
  EXPECT_EQ(callsOf("cuStreamBeginCapture_v2"), 1);
  EXPECT_EQ(callsOf("cuGraphLaunch"), 5);
  EXPECT_EQ(callsOf("cuLaunchKernel"), 3); // one prepares
  EXPECT_EQ(callsOf("cuModuleLoadDataEx"), 2);
  EXPECT_EQ(callsOf("cuFuncSetAttribute"), 1);
}

TEST_F(Cuda, AStaticModuleTakesItsArenaAtOnce) {
  Device device;
  Session session(device_module_static, device);
  size_t taken = standinTaken();
  expectRightResult(session, 3);
  EXPECT_EQ(standinTaken(), taken);
  EXPECT_GT(convoy_session_bytes(session.handle), 128u);
}

TEST_F(Cuda, KeepsTheNewestGraphs) {
  Device device;
  Session session(device_module, device);
  expectRightResult(session, 9); // the largest: later ones need no other memory
  for (int rows : {1, 2, 3, 1, 2, 3, 9})
    expectRightResult(session, rows);
  EXPECT_EQ(callsOf("cuStreamBeginCapture_v2"), 4);
  expectRightResult(session, 5); // takes the place of 1
  for (int rows : {2, 3, 9, 5})
    expectRightResult(session, rows);
  EXPECT_EQ(callsOf("cuStreamBeginCapture_v2"), 5);
  expectRightResult(session, 1);
  EXPECT_EQ(callsOf("cuStreamBeginCapture_v2"), 6);
  EXPECT_EQ(callsOf("cuGraphExecDestroy"), 2);
}

TEST_F(Cuda, LargerDimensionsDropGraphsOfOldMemory) {
  Device device;
  Session session(device_module, device);
  for (int rows : {2, 100, 2, 3000, 0, 100})
    expectRightResult(session, rows ? rows : 1);
}

TEST_F(Cuda, TensorsOnTheDevice) {
  Device device;
  Session session(device_module, device);
  auto x = numbers(6);
  void *there[3];
  for (void *&memory : there)
    ASSERT_EQ(convoy_cuda_allocate(device.handle, 96, &memory, nullptr), CONVOY_OK);
  ASSERT_EQ(convoy_cuda_write(device.handle, there[0], x.data(), 96, nullptr), CONVOY_OK);
  for (int to : {1, 2, 1, 2}) {
    convoy_tensor input = tensor(there[0], 6, CONVOY_CUDA);
    convoy_tensor outputs[2] = {tensor(there[to], 6, CONVOY_CUDA), {}};
    ASSERT_EQ(convoy_session_run(session.handle, &input, outputs, &session.error), CONVOY_OK) << session.error.message;
    EXPECT_EQ(outputs[0].data, there[to]);
    EXPECT_EQ(outputs[0].device, CONVOY_CUDA);
    std::vector<float> y(24);
    ASSERT_EQ(convoy_cuda_read(device.handle, y.data(), there[to], 96, nullptr), CONVOY_OK);
    EXPECT_EQ(y[23], 47);
    EXPECT_EQ(static_cast<float *>(outputs[1].data)[3], 40);
  }
  EXPECT_EQ(callsOf("cuStreamBeginCapture_v2"), 2); // one for each address
  for (void *memory : there)
    convoy_cuda_free(device.handle, memory);
}

TEST_F(Cuda, TheSessionKeepsResultsOnTheDevice) {
  Device device;
  Session session(device_module, device);
  auto x = numbers(2);
  convoy_tensor input = tensor(x.data(), 2), outputs[2] = {};
  outputs[0].device = CONVOY_CUDA;
  ASSERT_EQ(convoy_session_run(session.handle, &input, outputs, &session.error), CONVOY_OK) << session.error.message;
  EXPECT_EQ(outputs[0].device, CONVOY_CUDA);
  float y[8];
  ASSERT_EQ(convoy_cuda_read(device.handle, y, outputs[0].data, sizeof y, nullptr), CONVOY_OK);
  EXPECT_EQ(y[7], 15);
}

TEST_F(Cuda, WritesIntoTheCallersOutput) {
  Device device;
  Session session(device_module, device);
  auto x = numbers(2);
  std::vector<float> y(12, -1);
  convoy_tensor input = tensor(x.data(), 2), outputs[2] = {tensor(y.data(), 3), {}};
  ASSERT_EQ(convoy_session_run(session.handle, &input, outputs, nullptr), CONVOY_OK);
  EXPECT_EQ(outputs[0].data, y.data());
  EXPECT_EQ(outputs[0].dims[0], 2);
  EXPECT_EQ(y[7], 15);
  EXPECT_EQ(y[8], -1);
}

TEST_F(Cuda, HostCallsRunStepByStep) {
  Device device;
  for (const convoy_module *module : {&device_module_on_host, &device_module_by_copy}) {
    Session session(*module, device);
    for (int rows : {3, 3, 50})
      expectRightResult(session, rows);
  }
  EXPECT_EQ(callsOf("cuStreamBeginCapture_v2"), 0);
}

TEST_F(Cuda, AModuleThatReadsResultsWithoutSayingSoIsNotCaptured) {
  Device device;
  for (convoy_module silent : {device_module_on_host, device_module_by_copy}) {
    silent.host_calls = 0;
    Session session(silent, device);
    expectRightResult(session, 3);
    expectRightResult(session, 3);
  }
  EXPECT_EQ(callsOf("cuStreamBeginCapture_v2"), 0);
}

TEST_F(Cuda, KeepsTheDevicesTimesOfLaunches) {
  Device device;
  convoy_session_options options = {};
  options.profile = 1;
  for (const convoy_module *module : {&device_module, &device_module_on_host}) {
    Session session(*module, device, options);
    for (int i = 0; i < 3; ++i)
      expectRightResult(session, 10);
    const convoy_launch_time *times = convoy_session_times(session.handle);
    for (int i = 0; i < module->launch_count; ++i) {
      EXPECT_EQ(times[i].runs, 3);
      EXPECT_GT(times[i].fastest, 0);
      EXPECT_NEAR(times[i].total, 3 * times[i].fastest, 1e-9);
    }
  }
}

TEST_F(Cuda, ResultsAreObservedOnTheHost) {
  Device device;
  std::vector<float> seen;
  convoy_session_options options = {};
  options.user = &seen;
  options.observe = [](void *user, int32_t launch, const convoy_tensor *result) {
    EXPECT_EQ(result->device, CONVOY_HOST);
    static_cast<std::vector<float> *>(user)->push_back(static_cast<float *>(result->data)[7] + 100.0f * launch);
  };
  Session session(device_module, device, options);
  expectRightResult(session, 2);
  EXPECT_EQ(seen, (std::vector<float>{14, 115}));
}

TEST_F(Cuda, SessionsShareCodeAndWeights) {
  Device device;
  Session first(device_module, device);
  size_t one = standinTaken();
  Session second(device_module, device);
  expectRightResult(first, 3);
  expectRightResult(second, 4);
  EXPECT_LT(standinTaken() - one, 1024u); // two arenas and scratch, no weights
  EXPECT_EQ(callsOf("cuModuleLoadDataEx"), 2);
}

TEST_F(Cuda, ManySessionsAtOnceOnTwoDevices) {
  begin({.devices = 2});
  Device devices[2] = {Device(0), Device(1)};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&devices, t] {
      for (int round = 0; round < 3; ++round) {
        Session session(t < 3 ? device_module : device_module_on_host, devices[t % 2]);
        for (int i = 0; i < 20; ++i)
          expectRightResult(session, 1 + (7 * i + t) % 13);
      }
    });
  for (std::thread &thread : threads)
    thread.join();
}

TEST_F(Cuda, TakesAssembledCodeWhereItFits) {
  for (auto [capability, status] : {std::pair(80, CONVOY_OK), std::pair(86, CONVOY_OK),
                                    std::pair(90, CONVOY_DEVICE_FAILED)}) { // there is PTX for it, which is wrong
    begin({.capability = capability});
    Device device;
    Session session(device_module_assembled, device);
    EXPECT_EQ(runOnce(session, 2), status) << capability;
  }
}

TEST_F(Cuda, HostModulesDontLookAtTheBackend) {
  Device device;
  Session session(small_module, device);
  auto x = numbers(2);
  convoy_tensor input = tensor(x.data(), 2), output = {};
  ASSERT_EQ(convoy_session_run(session.handle, &input, &output, &session.error), CONVOY_OK) << session.error.message;
  input.device = CONVOY_CUDA;
  EXPECT_EQ(convoy_session_run(session.handle, &input, &output, &session.error), CONVOY_INVALID_ARGUMENT);
  expectPart(session.error.message, "input 'x' is not in the memory of the host");
}

TEST_F(Cuda, WaitsAfterEachLaunchWhenTold) {
  setenv("CONVOY_CUDA_BLOCKING", "1", 1);
  {
    Device device;
    Session session(device_module, device), faulty(device_module_faulty, device);
    unsetenv("CONVOY_CUDA_BLOCKING");
    expectRightResult(session, 3);
    EXPECT_EQ(callsOf("cuStreamBeginCapture_v2"), 0);
    EXPECT_EQ(runOnce(faulty, 3), CONVOY_DEVICE_FAILED);
    expectPart(faulty.error.message, "hand: layer 'add': CUDA device 0 (Stand-in 0): cuStreamSynchronize: "
                                     "CUDA_ERROR_ILLEGAL_ADDRESS (an illegal memory access was encountered)");
  }
}

} // namespace
