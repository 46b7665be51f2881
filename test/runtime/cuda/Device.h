/// What tests of runtime/cuda share: a device of the stand-in, sessions on it, and that all was given back.
#pragma once

#include "test/runtime/cuda/driver/standin.h"

#include <convoy/cuda.h>

#include <gtest/gtest.h>
#include <string>
#include <vector>

extern "C" const convoy_module device_module, device_module_static, device_module_on_host, device_module_faulty,
    device_module_greedy, device_module_no_code, device_module_no_entry, device_module_wide, device_module_assembled,
    device_module_by_copy, small_module;

struct Device {
  convoy_cuda *handle = nullptr;
  convoy_error error = {};
  convoy_status status;
  explicit Device(int ordinal = 0) { status = convoy_cuda_open(ordinal, &handle, &error); }
  Device(const Device &) = delete;
  ~Device() { convoy_cuda_close(handle); }
};

struct Session {
  convoy_session *handle = nullptr;
  convoy_error error = {};
  convoy_status status;
  Session(const convoy_module &module, const Device &device, convoy_session_options options = {}) {
    options.size = sizeof options;
    options.threads = 1;
    options.backend = device.handle ? convoy_cuda_backend(device.handle) : nullptr;
    status = convoy_session_create(&module, &options, &handle, &error);
  }
  Session(const Session &) = delete;
  ~Session() { convoy_session_destroy(handle); }
};

inline convoy_tensor tensor(void *data, int64_t rows, convoy_device device = CONVOY_HOST) {
  convoy_tensor t = {};
  t.data = data;
  t.dims[0] = rows;
  t.dims[1] = 4;
  t.rank = 2;
  t.type = CONVOY_F32;
  t.device = device;
  return t;
}

inline std::vector<float> numbers(int64_t rows) {
  std::vector<float> data(static_cast<size_t>(rows) * 4);
  for (size_t i = 0; i < data.size(); ++i)
    data[i] = static_cast<float>(i);
  return data;
}

/// Runs on the host's tensors; the status.
inline convoy_status runOnce(Session &session, int64_t rows) {
  auto x = numbers(rows);
  convoy_tensor input = tensor(x.data(), rows), outputs[2] = {};
  return convoy_session_run(session.handle, &input, outputs, &session.error);
}

inline void expectRightResult(Session &session, int64_t rows) {
  auto x = numbers(rows);
  convoy_tensor input = tensor(x.data(), rows), outputs[2] = {};
  ASSERT_EQ(convoy_session_run(session.handle, &input, outputs, &session.error), CONVOY_OK) << session.error.message;
  ASSERT_EQ(outputs[0].dims[0], rows);
  for (size_t i = 0; i < x.size(); ++i)
    ASSERT_EQ(static_cast<float *>(outputs[0].data)[i], 2 * x[i] + 1);
  for (int i = 0; i < 4; ++i)
    ASSERT_EQ(static_cast<float *>(outputs[1].data)[i], 10.0f * static_cast<float>(i + 1));
}

inline int callsOf(const std::string &name) {
  int count = 0;
  for (long i = 0; i < standinCalls(); ++i)
    count += name == standinCall(i);
  return count;
}

class Cuda : public testing::Test {
protected:
  void begin(const Standin &standin) { standinReset(&standin); }
  void SetUp() override { begin({}); }
  void TearDown() override {
    EXPECT_STREQ(standinViolations(), "");
    EXPECT_STREQ(standinLiving(), "");
  }
};

inline void expectPart(const char *message, const std::string &part) {
  EXPECT_NE(std::string(message).find(part), std::string::npos) << message;
}
